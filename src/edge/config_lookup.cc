#include "edge/config_lookup.h"

#include <sys/auxv.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <utility>

#include "edge/cgi.h"

extern char** environ;

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

Environment process_environment() {
  const Variables variables = variables_of(environ);
  return {variables.begin(), variables.end()};
}

// Without /proc, as in a chroot, the kernel still tells by what name it was
// executed, as seen from the folder that we start in.
std::string executable() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size > 0) {
    return std::string(path, static_cast<std::size_t>(size));
  }
  const auto name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  std::error_code ignored;
  return name != nullptr ? std::filesystem::absolute(name, ignored).string()
                         : std::string();
}

}  // namespace

ConfigSources process_sources(std::string flag) {
  return {std::move(flag), executable(), process_environment()};
}

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
  if (!sources.flag.empty()) {
    return {sources.flag, ConfigFile::By::kFlag};
  }
  if (!named.empty()) {
    return {named, ConfigFile::By::kVariable};
  }
  const std::string found = find_above(sources);
  if (!found.empty()) {
    return {found, ConfigFile::By::kExecutable};
  }
  if (access(kSystemConfigFile, F_OK) == 0) {
    return {kSystemConfigFile, ConfigFile::By::kSystem};
  }
  return {};
}

}  // namespace claimcheck
