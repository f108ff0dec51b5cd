// Origins (RFC 6454): "https://www.example.org:8443".
#ifndef CLAIMCHECK_POLICY_ORIGIN_H_
#define CLAIMCHECK_POLICY_ORIGIN_H_

#include <string>
#include <string_view>

#include "policy/config.h"
#include "policy/http.h"

namespace claimcheck {

// normal_origin spells an origin in one way: lower case, without the scheme's
// default port; empty for what is no http or https origin, "null" among it.
std::string normal_origin(std::string_view origin);

// is_own_origin tells whether `origin` is that of the request's Host or one of
// the configured origins.
bool is_own_origin(const Config& config, const Request& request,
                   std::string_view origin);

// is_https tells whether the client speaks HTTPS, with us or with a proxy in
// front of us (https = "always").
bool is_https(const Config& config, const Request& request);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_ORIGIN_H_
