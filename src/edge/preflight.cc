#include "edge/preflight.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "claimcheck/key_set.h"
#include "edge/confinement.h"
#include "edge/file.h"

namespace claimcheck {
namespace {

constexpr rlim_t kFewDescriptors = 1024;

bool may(const std::string& path, int what) {
  return faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

std::string chown_to_us(const std::string& path) {
  return ": run `chown " + std::to_string(geteuid()) + ' ' + path + "`";
}

std::string why_not_made(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path();
  std::string why = what_denies(folder);
  if (why.empty() && !may(folder, W_OK | X_OK)) {
    why = system_error("the folder " + folder) +
          ", where it has to be made: run `install -d -m 0750 -o " +
          std::to_string(geteuid()) + ' ' + folder + "`";
  }
  return why;
}

// As audit.cc opens it.
std::string why_not_appended(const std::string& file) {
  struct stat status;
  if (lstat(file.c_str(), &status) != 0) {
    return why_not_made(file);
  }
  if (S_ISLNK(status.st_mode)) {
    return file + " is a link, which is not followed: name what it leads to";
  }
  if (S_ISDIR(status.st_mode)) {
    return file + " is a folder: name a file in it";
  }
  return may(file, W_OK) ? "" : system_error(file) + chown_to_us(file);
}

rlimit descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

}  // namespace

std::string text_of(const Finding& finding) {
  return finding.where + ": " + finding.key +
         (finding.key.empty() ? "" : ": ") + finding.why;
}

Findings check_audit(const Site& site) {
  const std::string& target = site.draft.config.audit;
  const std::string why =
      target.starts_with('/') ? why_not_appended(target) : "";
  return why.empty() ? Findings()
                     : Findings{{site.draft.place_of("audit"), "audit", why}};
}

// Programs raise what counts to what they may.
Findings check_limit(const rlimit& limit) {
  if (limit.rlim_max >= kFewDescriptors) {
    return {};
  }
  return {{"this shell", "open files",
           "a program may have " + std::to_string(limit.rlim_max) +
               " open, and each download in flight takes two, or four where "
               "there are commands: raise the hard limit, by LimitNOFILE= in "
               "the unit or `ulimit -Hn 65536` in what starts it"}};
}

Findings preflight(const Site& site) {
  Findings all;
  for (const auto check :
       {check_keys, check_bearer_keys, check_state, check_downloads,
        check_overlaps, check_docroot, check_audit}) {
    const Findings findings = check(site);
    all.insert(all.end(), findings.begin(), findings.end());
  }
  const Findings limit = check_limit(descriptor_limit());
  all.insert(all.end(), limit.begin(), limit.end());
  return all;
}

std::vector<std::string> preflight_notes(const Site& site) {
  std::vector<std::string> notes = state_notes(site.draft.config);
  const Result<KeySet> keys = own_keys(site.draft.config);
  if (keys && !keys->empty() && !is_private(*keys)) {
    notes.push_back(
        "keys are public: download verifies with them, get-token cannot sign");
  }
  if (!has_openat2()) {
    notes.push_back(
        "this kernel, or what confines us, has no openat2: files are opened "
        "component by component");
  }
  if (!can_confine()) {
    notes.push_back(
        "this kernel, or what confines us, has no Landlock: download does not "
        "confine itself");
  }
  return notes;
}

}  // namespace claimcheck
