// How a request uses its token: once for everybody, again as far as its lease
// goes. What is common to files and to what programs write.
#ifndef CLAIMCHECK_POLICY_TOKEN_USE_H_
#define CLAIMCHECK_POLICY_TOKEN_USE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "claimcheck/result.h"
#include "policy/claim.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// Known is what an answer tells, as far as the request came.
struct Known {
  AuditRecord audit;
  std::uint64_t size = 0;  // of the file, in bytes
};

// Standing is what is kept of a token, as far as it was looked up. A store out
// of reach is told by what needs it, after what needs none.
using Standing = Result<std::optional<Lease>>;

// Use is how a request uses its token: what the audit line says, and a client
// cookie where the lease goes by a new one.
struct Use {
  std::string_view event;
  std::optional<std::array<unsigned char, 16>> new_cookie;
};

// used_already is kTokenUsed.
Error used_already();

// check_prefetch is kPrefetch for a browser that only guesses what its person
// will want.
Result<void> check_prefetch(const Request& request);

// gets_cookie tells whether a client without one will be given the client
// cookie with the body. A token without jti may be another client's too.
bool gets_cookie(const Config& config, const Claim& claim);

// open_lease redeems the token for `use`, unless it was used already: then it
// returns what is kept of it. `file` and `etag` name the version that is
// leased.
Standing open_lease(const Config& config, const Claim& claim,
                    const FileIdentity& file, const std::string& etag,
                    World& world, Use& use);

// repeat is a use of a token that was used before, and that its holder may use
// again: after its end once.
Result<Use> repeat(const Claim& claim, World& world);

// tell_use adds what a use means for the audit line and, where the answer
// `is_given` with its body, for the browser.
Response tell_use(const Config& config, const Request& request,
                  const Claim& claim, const Use& use, bool is_given,
                  Response response);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_TOKEN_USE_H_
