#include "policy/cookie.h"

#include <algorithm>
#include <utility>

#include "claimcheck/base64url.h"
#include "policy/origin.h"

namespace claimcheck {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t begin =
      std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// The prefix __Host- makes the browser refuse the cookie from another host or
// path (RFC 6265bis section 4.1.3.2); it wants HTTPS.
std::string_view client_cookie_name(bool https) {
  return https ? "__Host-claimcheck" : "claimcheck";
}

// Apache joins two Cookie lines with a comma. A name with a prefix is not
// looked for behind one: another host of the domain may set a cookie with a
// comma in its value, which would pass as the start of ours.
std::string_view separators_for(std::string_view name) {
  return name.starts_with("__") ? ";" : ";,";
}

std::string_view attributes(bool https) {
  return https ? "; Path=/; SameSite=Lax; Secure" : "; Path=/; SameSite=Lax";
}

// In bytes, so that each is allocated once.
constexpr std::size_t kUsualCookie = 128;

}  // namespace

std::vector<std::string> find_cookies(const Request& request,
                                      std::string_view name) {
  std::vector<std::string> values;
  const std::string* header = request.header("cookie");
  std::string_view rest = header == nullptr ? std::string_view() : *header;
  const std::string_view separators = separators_for(name);
  while (!rest.empty()) {
    const std::size_t end =
        std::min(rest.find_first_of(separators), rest.size());
    const std::string_view pair = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos ||
        trim(pair.substr(0, equals)) != name) {
      continue;
    }
    std::string_view value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    values.emplace_back(value);
  }
  return values;
}

std::optional<std::string> find_cookie(const Request& request,
                                       std::string_view name) {
  std::vector<std::string> values = find_cookies(request, name);
  return values.empty() ? std::nullopt : std::optional(std::move(values[0]));
}

std::optional<std::string> client_cookie(const Config& config,
                                         const Request& request) {
  if (config.client == ClientBinding::kOff) {
    return std::nullopt;
  }
  const bool https = is_https(config, request);
  std::optional<std::string> value =
      find_cookie(request, client_cookie_name(https));
  if (!value) {
    return std::nullopt;
  }
  const Result<std::string> bytes = base64url_decode(*value);
  return bytes && bytes->size() == 16 ? value : std::nullopt;
}

Header set_client_cookie(bool https,
                         const std::array<unsigned char, 16>& name) {
  std::string cookie;
  cookie.reserve(kUsualCookie);
  cookie.append(client_cookie_name(https)).append("=");
  base64url_encode_to(cookie, name);
  cookie.append(attributes(https)).append("; Max-Age=2592000; HttpOnly");
  return {"Set-Cookie", std::move(cookie)};
}

Header set_started_cookie(bool https, std::string_view handle) {
  std::string cookie;
  cookie.reserve(kUsualCookie);
  cookie.append("claimcheck_started_").append(short_handle(handle));
  cookie.append("=1").append(attributes(https)).append("; Max-Age=60");
  return {"Set-Cookie", std::move(cookie)};
}

std::string_view short_handle(std::string_view handle) {
  return handle.substr(0, 8);
}

}  // namespace claimcheck
