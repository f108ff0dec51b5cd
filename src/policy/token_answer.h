// What get-token answers with when a token is issued.
#ifndef CLAIMCHECK_POLICY_TOKEN_ANSWER_H_
#define CLAIMCHECK_POLICY_TOKEN_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "policy/config.h"
#include "policy/http.h"

namespace claimcheck {

// Offer is the file that a bound token will be good for, as far as the page
// wants to know it. Nobody knows how much a command will write.
struct Offer {
  std::string filename;
  std::optional<std::uint64_t> size;
};

struct IssuedToken {
  std::string text;
  std::string handle;
};

// answer_token tells the page its token, and what the token is for where it is
// bound. The audit event is "issued".
Response answer_token(const Config& config, const IssuedToken& token,
                      const std::optional<Offer>& offer, AuditRecord audit);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_TOKEN_ANSWER_H_
