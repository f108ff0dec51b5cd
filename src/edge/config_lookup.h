// Where the configuration is found.
#ifndef CLAIMCHECK_EDGE_CONFIG_LOOKUP_H_
#define CLAIMCHECK_EDGE_CONFIG_LOOKUP_H_

#include <map>
#include <string>
#include <string_view>

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

// variable returns a variable's value, empty where it is not set.
std::string variable(const Environment& environment, std::string_view name);

// ConfigFile is a file's name; empty where there is none and none was asked
// for.
struct ConfigFile {
  std::string name;
  // It was come upon above the executable; nobody named it.
  bool is_found = false;
};

ConfigFile find_config_file(const ConfigSources& sources);

// is_beneath tells whether `path` lies in `folder`, links followed. Nothing
// lies in an empty folder.
bool is_beneath(const std::string& path, const std::string& folder);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_LOOKUP_H_
