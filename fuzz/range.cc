// Reads any bytes as a Range header, behind eight bytes: the size of the file,
// the lowest byte first.
// Holds: what is read lies within the file, is never empty, never too much, and
// is what a second reading by other means finds; of no two ranges one could
// have been made; the answer's parts give the bytes that their Content-Range
// names and are as long as Content-Length says.
#include "policy/range.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "property.h"

namespace claimcheck::fuzz {
namespace {

constexpr std::size_t kSizeBytes = 8;
// In bytes: of a file of which each byte is looked at.
constexpr std::uint64_t kSmall = 300;
constexpr std::string_view kBoundary = "AAAAAAAAAAAAAAAAAAAAAQ";

using Ranges = std::vector<ByteRange>;

void check_ranges(const Ranges& ranges, std::uint64_t size) {
  require(ranges.size() <= kMaxRanges, "ranges are bounded in number");
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    require(ranges[i].first <= ranges[i].last && ranges[i].last < size,
            "a range is not empty and lies within the file");
    for (std::size_t j = 0; j < i; ++j) {
      require(ranges[i].last + 1 < ranges[j].first ||
                  ranges[j].last + 1 < ranges[i].first,
              "ranges neither overlap nor touch");
    }
  }
}

std::string spelt(const Ranges& ranges) {
  std::string text;
  for (const ByteRange& range : ranges) {
    text += (text.empty() ? "bytes=" : ",") + std::to_string(range.first) +
            '-' + std::to_string(range.last);
  }
  return text;
}

std::size_t trimmed_size(std::string_view header) {
  const std::size_t end = header.find_last_not_of(" \t") + 1;
  return end - std::min(header.find_first_not_of(" \t"), end);
}

// A number is of as many digits as it wants; beyond any size they are alike.
std::uint64_t number_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    value = std::min<std::uint64_t>(value * 10 + (c - '0'), kSmall + 1);
  }
  return value;
}

// bytes_of finds byte by byte what the elements of a header, which is known to
// be well formed, name of a small file.
std::set<std::uint64_t> bytes_of(std::string_view header, std::uint64_t size) {
  std::set<std::uint64_t> bytes;
  std::string elements;
  for (const char c : header.substr(header.find('=') + 1)) {
    elements += c == ' ' || c == '\t' ? "" : std::string(1, c);
  }
  elements += ',';
  for (std::size_t from = 0; from < elements.size();) {
    const std::size_t comma = elements.find(',', from);
    const std::string element = elements.substr(from, comma - from);
    const std::size_t dash = element.find('-');
    from = comma + 1;
    if (element.empty()) {
      continue;
    }
    const std::string end = element.substr(dash + 1);
    for (std::uint64_t i = 0; i < size; ++i) {
      const bool is_in = dash == 0 ? i + number_of(end) >= size
                                   : number_of(element.substr(0, dash)) <= i &&
                                         (end.empty() || i <= number_of(end));
      if (is_in) {
        bytes.insert(i);
      }
    }
  }
  return bytes;
}

void check_bytes(const Ranges& ranges, std::string_view header,
                 std::uint64_t size) {
  std::set<std::uint64_t> bytes;
  for (const ByteRange& range : ranges) {
    for (std::uint64_t i = range.first; i <= range.last; ++i) {
      bytes.insert(i);
    }
  }
  require(bytes == bytes_of(header, size),
          "ranges are of the bytes that the header names");
}

// take takes `expected` off the front.
void take(std::string_view& text, std::string_view expected) {
  require(text.starts_with(expected),
          "a multipart body is as section 14.6 says");
  text.remove_prefix(expected.size());
}

void check_multipart(const Ranges& ranges, std::uint64_t size) {
  std::string file;
  for (std::uint64_t i = 0; i < size; ++i) {
    file += static_cast<char>(i * 31 + (i >> 8));
  }
  const Multipart plan = multipart_of(ranges, size, "text/csv", kBoundary);
  std::string body;
  for (const Part& part : plan.parts) {
    require(part.offset <= size && part.length <= size - part.offset,
            "a part lies within the file");
    body += part.text + file.substr(part.offset, part.length);
  }
  require(body.size() == plan.length, "Content-Length is the sum of the parts");
  std::string_view rest = body;
  const std::string delimiter = "--" + std::string(kBoundary);
  for (const ByteRange& range : ranges) {
    take(rest, (rest.size() == body.size() ? "" : "\r\n") + delimiter +
                   "\r\nContent-Type: text/csv\r\nContent-Range: " +
                   content_range(range, size) + "\r\n\r\n");
    take(rest, std::string_view(file).substr(range.first, range.length()));
  }
  take(rest, "\r\n" + delimiter + "--\r\n");
  require(rest.empty(), "a multipart body ends with its last delimiter");
}

void check_length(const Ranges& ranges, std::uint64_t size) {
  std::uint64_t sum = 0;
  const Multipart plan = multipart_of(ranges, size, "text/csv", kBoundary);
  for (const Part& part : plan.parts) {
    sum += part.text.size() + part.length;
  }
  require(sum == plan.length, "Content-Length is the sum of the parts");
  require(plan.parts.size() == ranges.size() + 1, "a part for each range");
}

void check(std::string_view header, std::uint64_t size) {
  const std::optional<Ranges> ranges = parse_range(header, size);
  if (!ranges) {
    return;
  }
  require(trimmed_size(header) <= kMaxRangeHeader,
          "a header that is too long is ignored");
  check_ranges(*ranges, size);
  if (size <= kSmall) {
    check_bytes(*ranges, header, size);
  }
  if (ranges->empty()) {
    return;
  }
  require(parse_range(spelt(*ranges), size) == ranges,
          "ranges that are spelt are read as they were");
  check_length(*ranges, size);
  if (size <= kSmall) {
    check_multipart(*ranges, size);
  }
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck::fuzz;
  if (size < kSizeBytes) {
    return 0;
  }
  std::uint64_t file_size = 0;
  for (std::size_t i = 0; i < kSizeBytes; ++i) {
    file_size |= static_cast<std::uint64_t>(data[i]) << (8 * i);
  }
  // On the heap and of the exact size, so that a byte too many is noticed.
  const std::vector<char> header(data + kSizeBytes, data + size);
  const std::string_view text(header.data(), header.size());
  check(text, file_size);
  check(text, file_size % (kSmall + 1));
  // Most inputs would not find the way in by themselves.
  const std::string known = "bytes=" + std::string(text);
  check(known, file_size);
  check(known, file_size % (kSmall + 1));
  return 0;
}
