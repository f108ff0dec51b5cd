#include "policy/range.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "claimcheck/ascii.h"

namespace claimcheck {
namespace {

constexpr std::string_view kBlank = " \t";  // OWS

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits without leading zeros: of any length, so that two of them compare as
// the numbers that they are beyond 64 bits too.
struct Digits {
  std::string_view text;

  bool operator<(const Digits& other) const {
    return text.size() != other.text.size() ? text.size() < other.text.size()
                                            : text < other.text;
  }
};

std::optional<Digits> parse_digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return std::nullopt;
  }
  return Digits{
      text.substr(std::min(text.find_first_not_of('0'), text.size() - 1))};
}

// No file is as large as the largest number, which stands for all beyond it.
std::uint64_t saturated(const Digits& digits) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char c : digits.text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMost - digit) / 10) {
      return kMost;
    }
    value = value * 10 + digit;
  }
  return value;
}

// Spec is one element: a range, or none where it is not satisfiable.
using Spec = std::optional<ByteRange>;

Spec suffix_of(std::uint64_t length, std::uint64_t size) {
  return length == 0 || size == 0
             ? Spec()
             : ByteRange{size - std::min(length, size), size - 1};
}

// parse_spec returns nothing for what is malformed.
std::optional<Spec> parse_spec(std::string_view text, std::uint64_t size) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view end = text.substr(dash + 1);
  const std::optional<Digits> last = parse_digits(end);
  if (!last && !end.empty()) {
    return std::nullopt;
  }
  if (dash == 0) {
    return last ? std::optional<Spec>(suffix_of(saturated(*last), size))
                : std::nullopt;
  }
  const std::optional<Digits> first = parse_digits(text.substr(0, dash));
  if (!first || (last && *last < *first)) {
    return std::nullopt;
  }
  const std::uint64_t begin = saturated(*first);
  if (begin >= size) {
    return Spec();
  }
  return ByteRange{begin,
                   last ? std::min(saturated(*last), size - 1) : size - 1};
}

bool touch(const ByteRange& a, const ByteRange& b) {
  return a.first <= b.last + 1 && b.first <= a.last + 1;
}

// The ranges that are there touch none of each other, so whatever touches the
// sum touches `range` or is a part of the sum: one turn finds them all.
void join(std::vector<ByteRange>& ranges, ByteRange range) {
  const auto touches = [&range](const ByteRange& other) {
    return touch(range, other);
  };
  const auto first = std::find_if(ranges.begin(), ranges.end(), touches);
  if (first == ranges.end()) {
    ranges.push_back(range);
    return;
  }
  ByteRange sum = range;
  for (auto each = first; each != ranges.end(); ++each) {
    if (touches(*each)) {
      sum.first = std::min(sum.first, each->first);
      sum.last = std::max(sum.last, each->last);
    }
  }
  ranges.erase(std::remove_if(first + 1, ranges.end(), touches), ranges.end());
  *first = sum;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// set_of returns what follows "bytes=".
std::optional<std::string_view> set_of(std::string_view header) {
  const std::size_t equals = header.find('=');
  if (header.size() > kMaxRangeHeader || equals == std::string_view::npos ||
      !equal_ignoring_case(header.substr(0, equals), "bytes")) {
    return std::nullopt;
  }
  const std::string_view set = header.substr(equals + 1);
  const auto elements = 1 + std::count(set.begin(), set.end(), ',');
  // Blanks stand around a comma and nowhere else.
  const std::size_t begin = set.find_first_not_of(kBlank);
  const bool is_spaced =
      begin != 0 && begin != std::string_view::npos && set[begin] != ',';
  if (elements > static_cast<std::ptrdiff_t>(kMaxRanges) || is_spaced) {
    return std::nullopt;
  }
  return set;
}

}  // namespace

std::optional<std::vector<ByteRange>> parse_range(std::string_view header,
                                                  std::uint64_t size) {
  const std::optional<std::string_view> set = set_of(trimmed(header));
  if (!set) {
    return std::nullopt;
  }
  std::vector<ByteRange> ranges;
  bool is_empty = true;
  std::string_view rest = *set;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view element = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (element.empty()) {
      continue;
    }
    const std::optional<Spec> spec = parse_spec(element, size);
    if (!spec) {
      return std::nullopt;
    }
    is_empty = false;
    if (*spec) {
      join(ranges, **spec);
    }
  }
  return is_empty ? std::nullopt : std::optional(std::move(ranges));
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' +
         std::to_string(range.last) + '/' + std::to_string(size);
}

std::string unsatisfied_range(std::uint64_t size) {
  return "bytes */" + std::to_string(size);
}

Multipart multipart_of(const std::vector<ByteRange>& ranges, std::uint64_t size,
                       std::string_view type, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  Multipart body;
  body.content_type = "multipart/byteranges; boundary=" + std::string(boundary);
  for (const ByteRange& range : ranges) {
    std::string head = body.parts.empty() ? "" : "\r\n";
    head += delimiter + "\r\nContent-Type: ";
    head += type;
    head += "\r\nContent-Range: " + content_range(range, size) + "\r\n\r\n";
    body.parts.push_back({std::move(head), range.first, range.length()});
  }
  body.parts.push_back({"\r\n" + delimiter + "--\r\n", 0, 0});
  for (const Part& part : body.parts) {
    body.length += part.text.size() + part.length;
  }
  return body;
}

}  // namespace claimcheck
