#include "policy/access.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "claimcheck/ascii.h"
#include "policy/bearer.h"

namespace claimcheck {
namespace {

constexpr std::array<std::string_view, 19> kDeciding = {"REQUEST_METHOD",
                                                        "REQUEST_URI",
                                                        "REMOTE_USER",
                                                        "REMOTE_ADDR",
                                                        "HTTPS",
                                                        "REQUEST_SCHEME",
                                                        "host",
                                                        "origin",
                                                        "sec-fetch-site",
                                                        "sec-purpose",
                                                        "authorization",
                                                        "cookie",
                                                        "user-agent",
                                                        "range",
                                                        "if-match",
                                                        "if-none-match",
                                                        "if-range",
                                                        "if-modified-since",
                                                        "if-unmodified-since"};

}  // namespace

Result<std::string> find_caller(const Config& config, const Request& request,
                                World& world) {
  if (config.access == Access::kBearer) {
    return bearer_user(config, request, world);
  }
  if (config.access == Access::kServer && request.remote_user.empty()) {
    return Error{Errc::kNotSignedIn,
                 "REMOTE_USER is not set: let the web server authenticate "
                 "get-token, or set access to \"bearer\" or \"anonymous\""};
  }
  return request.remote_user;
}

Result<void> check_user(const Download& download, const std::string& user) {
  if (download.users &&
      std::find(download.users->begin(), download.users->end(), user) ==
          download.users->end()) {
    return Error{Errc::kNotAllowed, "the user is not one of users"};
  }
  return {};
}

Result<void> check_repeated(const Config& config, const Request& request) {
  for (const std::string& name : request.repeated) {
    if (name == lower_case(config.xsrf_header) ||
        std::find(kDeciding.begin(), kDeciding.end(), name) !=
            kDeciding.end()) {
      return Error{Errc::kBadUrl, name + " came with two values"};
    }
  }
  return {};
}

}  // namespace claimcheck
