// Who may ask, and who may have a download.
#ifndef CLAIMCHECK_POLICY_ACCESS_H_
#define CLAIMCHECK_POLICY_ACCESS_H_

#include <string>

#include "claimcheck/result.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// find_caller returns who asks for a token; empty: nobody in particular.
// kNotSignedIn where access = "server" and the server knows nobody; errors as
// bearer_user where access = "bearer".
Result<std::string> find_caller(const Config& config, const Request& request,
                                World& world);

// check_user returns kNotAllowed unless `download` is for everyone or for
// `user`.
Result<void> check_user(const Download& download, const std::string& user);

// check_repeated returns kBadUrl if a header or variable that decides came
// with two values: which one counts would be the server's choice.
Result<void> check_repeated(const Config& config, const Request& request);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_ACCESS_H_
