// A file for a token: which version of it, how much, and what use of the token
// that is.
#ifndef CLAIMCHECK_POLICY_FILE_DOWNLOAD_H_
#define CLAIMCHECK_POLICY_FILE_DOWNLOAD_H_

#include "claimcheck/result.h"
#include "policy/claim.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/token_use.h"
#include "policy/world.h"

namespace claimcheck {

// serve_file answers with the file that the claim's resource is, streamed or
// handed over to the web server. `known` learns its size. Errors as redeem()
// tells them.
Result<Response> serve_file(const Config& config, const Request& request,
                            const Claim& claim, World& world, Known& known);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_FILE_DOWNLOAD_H_
