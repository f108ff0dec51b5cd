// What a program of the site writes, for a token: it has no version, and is
// never resumed.
#ifndef CLAIMCHECK_POLICY_COMMAND_DOWNLOAD_H_
#define CLAIMCHECK_POLICY_COMMAND_DOWNLOAD_H_

#include <functional>
#include <string>

#include "claimcheck/result.h"
#include "policy/claim.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/token_use.h"
#include "policy/world.h"

namespace claimcheck {

// Finish makes the answer of what came of the program: with its refusal, and
// its audit record.
using Finish = std::function<Response(Result<Response>)>;

// serve_command answers with what the command of the claim's resource writes:
// of GET by a body that is Starting. A token that was used starts nothing.
// `user` is whom the program is told.
// Errors as redeem() tells them; what fails later goes through `finish`.
// `config` and `world` must outlive the answer.
Result<Response> serve_command(const Config& config, const Request& request,
                               const Claim& claim, World& world,
                               const std::string& user, Finish finish);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_COMMAND_DOWNLOAD_H_
