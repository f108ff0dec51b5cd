// The configuration as it counts, for an admin to read:
//
//   keys = "/etc/claimcheck/key.jwk"        # /etc/claimcheck/claimcheck.toml:3
//   token_lifetime = "2s"                   # default
//   # issuer is not set
//
// It is TOML, and read again it is the same configuration, but that no secret
// is shown.
#ifndef CLAIMCHECK_EDGE_CONFIG_REPORT_H_
#define CLAIMCHECK_EDGE_CONFIG_REPORT_H_

#include <string>
#include <vector>

#include "edge/config_draft.h"

namespace claimcheck {

// report_config returns the lines, of each flat key and each [[download]] of a
// draft without mistakes.
std::vector<std::string> report_config(const Draft& draft);

// describe_file says which file was read and why that one, or that there is
// none.
std::string describe_file(const ConfigFile& file,
                          const std::string& executable);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_REPORT_H_
