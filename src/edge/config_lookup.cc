#include "edge/config_lookup.h"

#include <unistd.h>

#include <filesystem>

namespace claimcheck {
namespace {

// A host with FTP alone can put a file beside its document root and set no
// variable. Inside the document root it could be downloaded.
std::string find_above(const ConfigSources& sources) {
  const std::string root = variable(sources.environment, "DOCUMENT_ROOT");
  std::filesystem::path folder(sources.executable);
  while (folder.has_relative_path()) {
    folder = folder.parent_path();
    const auto file = folder / "claimcheck" / "claimcheck.toml";
    if (access(file.c_str(), F_OK) == 0 && !is_beneath(file, root)) {
      return file;
    }
  }
  return {};
}

}  // namespace

std::string variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

bool is_beneath(const std::string& path, const std::string& folder) {
  if (folder.empty()) {
    return false;
  }
  std::error_code ignored;
  const auto real_path = std::filesystem::weakly_canonical(path, ignored);
  const auto real_folder = std::filesystem::weakly_canonical(folder, ignored);
  const auto relative = real_path.lexically_relative(real_folder);
  return !relative.empty() && *relative.begin() != "..";
}

ConfigFile find_config_file(const ConfigSources& sources) {
  const std::string named = variable(sources.environment, "CLAIMCHECK_CONFIG");
  if (!sources.flag.empty() || !named.empty()) {
    return {sources.flag.empty() ? named : sources.flag};
  }
  const std::string found = find_above(sources);
  if (!found.empty()) {
    return {found, true};
  }
  const std::string system_file = "/etc/claimcheck/claimcheck.toml";
  return {access(system_file.c_str(), F_OK) == 0 ? system_file : ""};
}

}  // namespace claimcheck
