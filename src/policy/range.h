// Range (RFC 9110 section 14): which bytes of a file a request asks for.
//
//   Range: bytes=0-499          the first 500
//   Range: bytes=500-           from byte 500 to the end
//   Range: bytes=-500           the last 500
//   Range: bytes=0-0, -1        the first and the last
//
//   range-unit "=" [spec] *( OWS "," OWS [spec] )      section 14.1.1
//   spec = first-pos "-" [last-pos] | "-" suffix-length
//
// What is answered, by this rule:
// - The header is ignored, and the whole file sent, if its unit is not bytes,
//   if anything in it is malformed or ends before it begins, or if it is longer
//   than kMaxRangeHeader or has more than kMaxRanges elements, empty ones
//   counted.
// - What begins behind the end is left out. If that leaves nothing, no range is
//   satisfiable: of an empty file, none is.
// - Ranges that overlap or touch are joined, and what was joined stands where
//   the first of them stood (section 15.3.7.2). No byte is sent twice, and so
//   no answer is longer than the file and kMaxRanges heads of parts.
#ifndef CLAIMCHECK_POLICY_RANGE_H_
#define CLAIMCHECK_POLICY_RANGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/http.h"

namespace claimcheck {

// kMaxRangeHeader, in bytes.
inline constexpr std::size_t kMaxRangeHeader = 4096;
inline constexpr std::size_t kMaxRanges = 32;

// ByteRange is the bytes from `first` to `last`, both included and counted from
// 0.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  // length is in bytes, and never 0.
  std::uint64_t length() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

// parse_range returns what a Range header's value names of a file of `size`
// bytes (RFC 9110 section 14.2): nothing if the header is to be ignored, no
// range if none is satisfiable, else 1 to kMaxRanges within the file that
// neither overlap nor touch.
std::optional<std::vector<ByteRange>> parse_range(std::string_view header,
                                                  std::uint64_t size);

// content_range spells `bytes 0-499/1234` for a file of `size` bytes (RFC 9110
// section 14.4).
std::string content_range(const ByteRange& range, std::uint64_t size);

// unsatisfied_range spells `bytes */1234`, which a 416 has as Content-Range
// (RFC 9110 section 14.4).
std::string unsatisfied_range(std::uint64_t size);

// Multipart is a body of several ranges (RFC 9110 section 14.6), without the
// file.
struct Multipart {
  std::string content_type;
  std::vector<Part> parts;
  std::uint64_t length = 0;  // of the whole body, in bytes
};

// multipart_of plans the body for `ranges` of a file of `size` bytes, below
// 2^63 as of any file, and of media type `type`. `boundary` is 1 to 70
// characters of base64url that are nowhere in the file: random ones, which
// nobody could put there.
Multipart multipart_of(const std::vector<ByteRange>& ranges, std::uint64_t size,
                       std::string_view type, std::string_view boundary);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_RANGE_H_
