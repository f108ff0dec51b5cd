// Cookies (RFC 6265): reading them, and the client cookie, which names a
// browser by 128 random bits.
#ifndef CLAIMCHECK_POLICY_COOKIE_H_
#define CLAIMCHECK_POLICY_COOKIE_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/config.h"
#include "policy/http.h"

namespace claimcheck {

// find_cookies returns the values of all cookies `name` that the request has,
// without quotes, still encoded.
std::vector<std::string> find_cookies(const Request& request,
                                      std::string_view name);

// find_cookie returns the first of them.
std::optional<std::string> find_cookie(const Request& request,
                                       std::string_view name);

// client_cookie returns the browser's name if it sent a valid one: on HTTPS
// __Host-claimcheck, on plain HTTP claimcheck. Nothing where client = "off".
std::optional<std::string> client_cookie(const Config& config,
                                         const Request& request);

// set_client_cookie is the Set-Cookie that names a browser for 30 days.
Header set_client_cookie(bool https, const std::array<unsigned char, 16>& name);

// set_started_cookie is the Set-Cookie that tells the page's script, for one
// minute, that the download with this handle began.
Header set_started_cookie(bool https, std::string_view handle);

// short_handle is the handle's first 8 digits, as get-token tells it.
std::string_view short_handle(std::string_view handle);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_COOKIE_H_
