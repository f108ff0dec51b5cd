// Whether a request for a token comes from a page of this site. A page of
// another site can make the browser send it, with cookies and credentials; it
// cannot read our cookies, set our header or forge Sec-Fetch-Site and Origin.
#ifndef CLAIMCHECK_POLICY_XSRF_H_
#define CLAIMCHECK_POLICY_XSRF_H_

#include "claimcheck/result.h"
#include "policy/config.h"
#include "policy/http.h"

namespace claimcheck {

// check_xsrf returns kXsrf, with the rule that failed, unless all hold:
// Sec-Fetch-Site, if sent, is same-origin; Origin, if sent, is ours; the header
// repeats the cookie, where config.xsrf demands it.
Result<void> check_xsrf(const Config& config, const Request& request);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_XSRF_H_
