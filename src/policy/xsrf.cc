#include "policy/xsrf.h"

#include <optional>

#include "claimcheck/sha256.h"
#include "policy/cookie.h"
#include "policy/origin.h"
#include "policy/query.h"

namespace claimcheck {
namespace {

Error refused(std::string why) { return Error{Errc::kXsrf, std::move(why)}; }

bool says_same_origin(const Request& request) {
  const std::string* site = request.header("sec-fetch-site");
  return site != nullptr && *site == "same-origin";
}

// axios and Laravel's script send the cookie's value percent-decoded; a value
// that is no percent-encoding stands for itself.
std::string decoded(const std::string& cookie) {
  Result<std::string> value = percent_decode(cookie);
  return value ? *std::move(value) : cookie;
}

Result<void> check_pair(const Config& config, const Request& request,
                        const std::string& cookie) {
  const std::string* header = request.header(config.xsrf_header);
  if (header == nullptr) {
    if (config.xsrf == Xsrf::kAuto && says_same_origin(request)) {
      return {};
    }
    return refused("there is a cookie " + config.xsrf_cookie +
                   " and no header " + config.xsrf_header);
  }
  if (header->empty() || !equal_in_constant_time(*header, decoded(cookie))) {
    return refused("the header " + config.xsrf_header +
                   " does not repeat the cookie " + config.xsrf_cookie);
  }
  return {};
}

}  // namespace

Result<void> check_xsrf(const Config& config, const Request& request) {
  if (request.header("sec-fetch-site") != nullptr &&
      !says_same_origin(request)) {
    return refused("Sec-Fetch-Site is not same-origin");
  }
  const std::string* origin = request.header("origin");
  if (origin != nullptr && !is_own_origin(config, request, *origin)) {
    return refused(
        "Origin is neither this host nor one of origins: behind a proxy, or on "
        "an odd port, set origins");
  }
  const auto cookie = find_cookie(request, config.xsrf_cookie);
  if (!cookie && config.xsrf == Xsrf::kRequired) {
    return refused("there is no cookie " + config.xsrf_cookie);
  }
  return cookie ? check_pair(config, request, *cookie) : Result<void>();
}

}  // namespace claimcheck
