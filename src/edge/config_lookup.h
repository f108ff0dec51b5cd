// Where the configuration is found.
#ifndef CLAIMCHECK_EDGE_CONFIG_LOOKUP_H_
#define CLAIMCHECK_EDGE_CONFIG_LOOKUP_H_

#include <map>
#include <string>
#include <string_view>

namespace claimcheck {

using Environment = std::map<std::string, std::string, std::less<>>;

// configure's --sysconfdir, which is /etc unless told.
inline constexpr const char* kSystemConfigFile =
    CLAIMCHECK_SYSCONFDIR "/claimcheck/claimcheck.toml";

// ConfigSources is where to look. The file is the first of: `flag` (--config),
// CLAIMCHECK_CONFIG, claimcheck/claimcheck.toml in a parent folder of
// `executable` outside DOCUMENT_ROOT, kSystemConfigFile. The
// environment is the process's own: what a request brings never configures.
struct ConfigSources {
  std::string flag;
  std::string executable;
  Environment environment;
};

// variable returns a variable's value, empty where it is not set.
std::string variable(const Environment& environment, std::string_view name);

// process_sources is where this process looks, for whom `flag` is --config.
ConfigSources process_sources(std::string flag);

// ConfigFile is a file's name; empty where there is none and none was asked
// for.
struct ConfigFile {
  // How it was come by.
  enum class By { kNothing, kFlag, kVariable, kExecutable, kSystem };
  std::string name;
  By by = By::kNothing;
};

ConfigFile find_config_file(const ConfigSources& sources);

// is_beneath tells whether `path` lies in `folder`, links followed. Nothing
// lies in an empty folder.
bool is_beneath(const std::string& path, const std::string& folder);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_LOOKUP_H_
