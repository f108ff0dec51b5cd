// get-token: a signed token for a caller that the site knows.
//
//   GET /v1/api/get-token?for=/downloads/report.csv
//   200 {"token":"…","handle":"1a2b3c4d","expires_in":2,"filename":…,"size":…}
#ifndef CLAIMCHECK_POLICY_ISSUE_H_
#define CLAIMCHECK_POLICY_ISSUE_H_

#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// issue answers a request for a token. Whatever can be known to make the
// download fail fails here, as JSON that a script can show, in this order:
// method, xsrf, not_signed_in, bad_url, not_allowed, not_found, config,
// unavailable.
Response issue(const Config& config, const Request& request, World& world);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_ISSUE_H_
