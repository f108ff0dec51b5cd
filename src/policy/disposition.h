// Content-Disposition for any file name (RFC 6266, RFC 8187).
#ifndef CLAIMCHECK_POLICY_DISPOSITION_H_
#define CLAIMCHECK_POLICY_DISPOSITION_H_

#include <string>
#include <string_view>

namespace claimcheck {

// attachment returns `attachment; filename="…"; filename*=UTF-8''…`. The first
// has "_" for what is not plain ASCII, for quotes, backslash and percent sign,
// and for the "?" of "=?", which readers take in different ways: what follows
// could be an encoded word (RFC 2047), and decode to slashes or controls.
// Control and bidirectional formatting characters and separators become "_" in
// both: they could make a name look like another, or end the header.
std::string attachment(std::string_view name);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_DISPOSITION_H_
