#include "policy/handover.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "policy/query.h"

namespace claimcheck {
namespace {

// RFC 3986 section 2.3, and the slash.
std::string encoded(std::string_view path) {
  return percent_encode(path, "-._~/");
}

std::string beneath(const std::string& folder, const std::string& path) {
  return folder + (folder.ends_with('/') ? "" : "/") + path;
}

bool is_digits(std::string_view text) {
  constexpr std::size_t kMostDigits = 18;
  return text.size() <= kMostDigits &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

// One range, without blanks.
bool is_plain_range(std::string_view range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit)) {
    return false;
  }
  range.remove_prefix(kUnit.size());
  const std::size_t dash = range.find('-');
  return dash != std::string_view::npos && range.size() > 1 &&
         is_digits(range.substr(0, dash)) && is_digits(range.substr(dash + 1));
}

// Of HTTP/1.0, which has no ranges, lighttpd ignores them.
bool has_ranges(const Request& request) {
  return request.protocol != "HTTP/1.0";
}

bool is_absent_or(const std::string* value, const std::string& expected) {
  return value == nullptr || *value == expected;
}

}  // namespace

std::optional<Header> handover_of(const Download& download,
                                  const FileRef& file) {
  switch (download.deliver) {
    case Deliver::kStream:
      return std::nullopt;
    case Deliver::kXSendfile: {
      const std::string path = beneath(file.root, file.path);
      return path.ends_with(' ') ? std::nullopt
                                 : std::optional(Header{"X-Sendfile", path});
    }
    case Deliver::kXLighttpdSendFile:
      return Header{"X-Sendfile", encoded(beneath(file.root, file.path))};
    case Deliver::kXAccelRedirect:
      return Header{std::string(kXAccelRedirect),
                    encoded(beneath(download.internal, file.path))};
  }
  __builtin_unreachable();
}

bool is_read_alike(const Request& request, const Selection& selection) {
  for (const char* condition :
       {"if-none-match", "if-modified-since", "if-unmodified-since"}) {
    if (request.header(condition) != nullptr) {
      return false;
    }
  }
  const std::string* range = request.header("range");
  const std::string& etag = selection.validators.etag;
  return is_absent_or(request.header("if-match"), etag) &&
         (range == nullptr ||
          (has_ranges(request) && selection.ranges.size() == 1 &&
           is_plain_range(*range) &&
           is_absent_or(request.header("if-range"), etag)));
}

// ngx_http_set_etag(): "%xT-%xO", the time in whole seconds.
std::string nginx_etag_of(const FileIdentity& file) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(
      std::chrono::nanoseconds(file.mtime_ns));
  char text[48];
  std::snprintf(text, sizeof text, "\"%llx-%llx\"",
                static_cast<unsigned long long>(seconds.count()),
                static_cast<unsigned long long>(file.size));
  return text;
}

}  // namespace claimcheck
