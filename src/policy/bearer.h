// Bearer tokens (RFC 6750): the JWT by which another server of the site vouches
// for a caller of get-token.
//
//   Authorization: Bearer eyJhbGci…     from a server
//   Cookie: NAME=eyJhbGci…              from a browser; NAME is bearer_cookie
//
//   {"alg":"HS256","typ":"JWT"}
//   {"iss":"https://www.example.org","aud":"claimcheck","sub":"alice",
//    "exp":1700000900}
//
// Where Authorization names the scheme Bearer it decides alone: a bad token
// there is not mended by a good one in the cookie. Another scheme is another's
// affair, as the password of a folder, and the cookie decides.
//
// No bearer token is a download token, and none of these a bearer token (RFC
// 8725 sections 3.11 and 3.12): their keys are different, and so are `typ` and
// the claims that each must have.
#ifndef CLAIMCHECK_POLICY_BEARER_H_
#define CLAIMCHECK_POLICY_BEARER_H_

#include <string>

#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// bearer_user returns the `sub` of the request's bearer token, which is never
// empty. kNotSignedIn, with the rule that failed, if there is no token, or one
// that is not by config.bearer; kConfig if its keys are none or among
// world.keys().
Result<std::string> bearer_user(const Config& config, const Request& request,
                                World& world);

// check_apart is kConfig if one of `bearer_keys` is in `keys` too.
Result<void> check_apart(const KeySet& bearer_keys, const KeySet& keys);

// bearer_challenge is the WWW-Authenticate of a 401 (RFC 6750 section 3): with
// an error if the request had a token.
Header bearer_challenge(const Config& config, const Request& request);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_BEARER_H_
