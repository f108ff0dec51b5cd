// The configuration, from a TOML file and the environment:
//
//   # /etc/claimcheck/claimcheck.toml
//   reuse = "never"
//   [[download]]
//   path = "/downloads/"
//   root = "/srv/downloads"
//
//   Result<Config> config = load_config({.environment = environment});
//   if (!config) log(config.error().detail);   // each mistake a line
#ifndef CLAIMCHECK_EDGE_CONFIG_FILE_H_
#define CLAIMCHECK_EDGE_CONFIG_FILE_H_

#include <map>
#include <string>
#include <string_view>

#include "claimcheck/result.h"
#include "policy/config.h"

namespace claimcheck {

using Environment = std::map<std::string, std::string, std::less<>>;

// ConfigSources is where to look. The file is the first of: `flag` (--config),
// CLAIMCHECK_CONFIG, claimcheck/claimcheck.toml in a parent folder of
// `executable` outside DOCUMENT_ROOT, /etc/claimcheck/claimcheck.toml. The
// environment is the process's own: what a request brings never configures.
struct ConfigSources {
  std::string flag;
  std::string executable;
  Environment environment;
};

// load_config reads and validates the whole configuration. kConfig otherwise,
// with a line for each mistake: where it is, what was expected.
Result<Config> load_config(const ConfigSources& sources);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_FILE_H_
