// Whether a caller is a person or a program, by its Accept header (RFC 9110
// section 12.5.1).
#ifndef CLAIMCHECK_POLICY_ACCEPT_H_
#define CLAIMCHECK_POLICY_ACCEPT_H_

#include <string_view>

namespace claimcheck {

// prefers_html tells whether `accept` names text/html with a higher quality
// than it gives to application/json. A bare "*/*" does not.
bool prefers_html(std::string_view accept);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_ACCEPT_H_
