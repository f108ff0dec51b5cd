// What a request for a download claims: the resource, and a token that is good
// for it.
#ifndef CLAIMCHECK_POLICY_CLAIM_H_
#define CLAIMCHECK_POLICY_CLAIM_H_

#include "claimcheck/result.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/lease.h"
#include "policy/resource.h"
#include "policy/world.h"

namespace claimcheck {

// Claim is a request whose token has no other fault than that it may have
// expired.
struct Claim {
  Resource resource;
  Redemption token;
  bool is_expired = false;
  // Whether the token is one of its own: without jti, all that were minted
  // alike in one second are the same.
  bool has_jti = false;
  Client client;
};

// find_requested returns what the URL names. kBadUrl, kMethod, kNotFound.
Result<Resource> find_requested(const Config& config, const Request& request);

// check_claim checks the request's token for `resource`: kTokenMissing,
// kTokenInvalid, kTokenExpired, kTokenNotForThis, kTokenOtherClient,
// kNotAllowed; kConfig or kUnavailable if there are no keys. An expired token
// passes where reuse = "resume" and nothing else is wrong with it. `audit`
// learns which token it was, once its signature is verified.
Result<Claim> check_claim(const Config& config, const Request& request,
                          Resource resource, World& world, AuditRecord& audit);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_CLAIM_H_
