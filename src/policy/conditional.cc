#include "policy/conditional.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "policy/validators.h"

namespace claimcheck {
namespace {

constexpr std::string_view kBlank = " \t";  // OWS
constexpr std::string_view kWeak = "W/";

enum class Comparison { kStrong, kWeak };

void skip_blank(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
}

std::string_view trimmed(std::string_view text) {
  skip_blank(text);
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// etagc of section 8.8.3: no blank, no control, no quote.
bool is_tag_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

// Tag is an entity tag; `opaque` has its quotes.
struct Tag {
  bool is_weak = false;
  std::string_view opaque;
};

// take_tag takes a tag off the front of `text`.
std::optional<Tag> take_tag(std::string_view& text) {
  Tag tag;
  tag.is_weak = text.starts_with(kWeak);
  text.remove_prefix(tag.is_weak ? kWeak.size() : 0);
  if (!text.starts_with('"')) {
    return std::nullopt;
  }
  const auto end = std::find_if_not(text.begin() + 1, text.end(), is_tag_char);
  if (end == text.end() || *end != '"') {
    return std::nullopt;
  }
  tag.opaque = text.substr(0, static_cast<std::size_t>(end - text.begin()) + 1);
  text.remove_prefix(tag.opaque.size());
  return tag;
}

bool is_match(const Tag& tag, std::string_view etag, Comparison comparison) {
  return tag.opaque == etag &&
         (comparison == Comparison::kWeak || !tag.is_weak);
}

// is_listed tells whether `field`, "*" or a list of tags, matches. The whole
// list has to be well formed.
bool is_listed(std::string_view field, std::string_view etag,
               Comparison comparison) {
  field = trimmed(field);
  if (field == "*") {
    return true;
  }
  bool is_found = false;
  while (!field.empty()) {
    if (field.front() != ',') {
      const std::optional<Tag> tag = take_tag(field);
      skip_blank(field);
      if (!tag || (!field.empty() && field.front() != ',')) {
        return false;
      }
      is_found = is_found || is_match(*tag, etag, comparison);
    }
    field.remove_prefix(field.empty() ? 0 : 1);
    skip_blank(field);
  }
  return is_found;
}

std::optional<std::chrono::sys_seconds> date_in(const std::string* field,
                                                UnixTime now) {
  return field == nullptr ? std::nullopt
                          : parse_http_date(trimmed(*field), now);
}

// Section 8.8.2.2: within its second a file may have changed again.
bool is_strong(std::chrono::sys_seconds last_modified, UnixTime now) {
  return last_modified.time_since_epoch() + std::chrono::seconds(1) <= now;
}

}  // namespace

Validators validators_of(const OpenFile& file, UnixTime now) {
  return {etag_of(file), last_modified_of(file, now)};
}

Precondition check_preconditions(const Request& request,
                                 const Validators& validators, UnixTime now) {
  if (const std::string* match = request.header("if-match")) {
    if (!is_listed(*match, validators.etag, Comparison::kStrong)) {
      return Precondition::kFailed;
    }
  } else if (const auto date =
                 date_in(request.header("if-unmodified-since"), now);
             date && validators.last_modified > date) {
    return Precondition::kFailed;
  }
  if (const std::string* none = request.header("if-none-match")) {
    return is_listed(*none, validators.etag, Comparison::kWeak)
               ? Precondition::kNotModified
               : Precondition::kHolds;
  }
  const auto date = date_in(request.header("if-modified-since"), now);
  return date && validators.last_modified && *validators.last_modified <= *date
             ? Precondition::kNotModified
             : Precondition::kHolds;
}

bool range_applies(const Request& request, const Validators& validators,
                   UnixTime now) {
  const std::string* field = request.header("if-range");
  if (field == nullptr) {
    return true;
  }
  std::string_view text = trimmed(*field);
  if (const auto date = parse_http_date(text, now)) {
    return *date == validators.last_modified && is_strong(*date, now);
  }
  const std::optional<Tag> tag = take_tag(text);
  return tag && text.empty() &&
         is_match(*tag, validators.etag, Comparison::kStrong);
}

}  // namespace claimcheck
