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

#include "claimcheck/result.h"
#include "edge/config_draft.h"
#include "edge/config_lookup.h"
#include "policy/config.h"

namespace claimcheck {

// load_draft reads the whole configuration and validates what it reads.
Draft load_draft(const ConfigSources& sources);

// load_config reads and validates the whole configuration. kConfig otherwise,
// with a line for each mistake: where it is, what was expected.
Result<Config> load_config(const ConfigSources& sources);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_FILE_H_
