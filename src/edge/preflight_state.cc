#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "edge/file.h"
#include "edge/preflight.h"
#include "edge/state_directory.h"
#include "edge/system_world.h"

namespace claimcheck {
namespace {

// Each is a file in a block of its own.
constexpr std::uint64_t kRecordBytes = 4096;
constexpr std::uint64_t kLeastRecords = 1000;

struct CloseFolder {
  void operator()(DIR* list) const { closedir(list); }
};

std::string owner_of(const struct stat& status) {
  return "belongs to uid " + std::to_string(status.st_uid);
}

// The first that one of our own did not make, as when somebody ran a program by
// hand, as root.
std::string foreign_in(const Fd& folder, const std::string& path) {
  const std::unique_ptr<DIR, CloseFolder> list(fdopendir(
      openat(folder.get(), "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  struct stat status;
  if (fstatat(folder.get(), "spool", &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return "";
  }
  std::string foreign = status.st_uid != geteuid() ? "spool" : "";
  while (list != nullptr && foreign.empty()) {
    const dirent* entry = readdir(list.get());
    if (entry == nullptr) {
      return "";
    }
    if (fstatat(dirfd(list.get()), entry->d_name, &status,
                AT_SYMLINK_NOFOLLOW) == 0 &&
        entry->d_name != std::string_view("..") && status.st_uid != geteuid()) {
      foreign = std::string("spool/") + entry->d_name;
    }
  }
  return foreign.empty() ? ""
                         : path + '/' + foreign + ' ' + owner_of(status) +
                               " and we run as uid " +
                               std::to_string(geteuid()) + ": run `chown -R " +
                               std::to_string(geteuid()) + ' ' + path + "`";
}

// What the folder itself does not tell the programs before they write to it.
std::string why_of_no_use(const Fd& folder, const std::string& path) {
  struct stat status;
  struct statvfs file_system;
  if (fstat(folder.get(), &status) != 0 ||
      fstatvfs(folder.get(), &file_system) != 0) {
    return system_error("the state directory " + path) +
           ": see its file system";
  }
  if ((status.st_mode & S_IRWXU) != S_IRWXU) {
    return "the state directory " + path +
           " cannot be written by its owner: run `chmod 0700 " + path + "`";
  }
  if ((file_system.f_flag & ST_RDONLY) != 0) {
    return "the state directory " + path +
           " is mounted read-only: run `mount -o remount,rw` for it, after a "
           "look at dmesg, or name another folder in state";
  }
  const std::string room = why_no_room(file_system, path);
  return room.empty() ? foreign_in(folder, path) : room;
}

// A default that is not there is made by the first request; what root could
// make says nothing of others.
bool can_be_made(const std::string& path) {
  if (geteuid() == 0) {
    return false;
  }
  const std::string above = std::filesystem::path(path).parent_path();
  return faccessat(AT_FDCWD, above.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

std::string first_that_can_be_made(const Config& config) {
  const auto found =
      std::find_if(config.state.begin(), config.state.end(), can_be_made);
  return !config.state_is_made || found == config.state.end() ? "" : *found;
}

// Asks as get-token does. Of a folder, the one that is there: it makes none.
Result<void> ask_store(Config config, const std::string& path) {
  if (config.state_url.empty()) {
    config.state = {path};
    config.state_is_made = false;
  }
  return SystemWorld(config).check_redemptions();
}

// Programs that run as root are a mistake of their own.
std::string why_roots(const std::string& path) {
  struct stat status;
  if (geteuid() != 0 || stat(path.c_str(), &status) != 0 ||
      status.st_uid != 0) {
    return "";
  }
  return "the state directory " + path +
         " belongs to root: run `chown -R USER " + path +
         "`, USER being who runs the programs, and this once more";
}

std::string why_no_folder(const Config& config) {
  const std::string path = first_there(config.state);
  if (!path.empty() && !why_roots(path).empty()) {
    return why_roots(path);
  }
  if (path.empty() && !first_that_can_be_made(config).empty()) {
    return "";
  }
  if (path.empty() && geteuid() == 0) {
    return "the state directory " + config.state.front() +
           " is missing: run `install -d -m 0700 -o USER " +
           config.state.front() + "`, USER being who runs the programs";
  }
  const auto folder = StateDirectory(config.state, false).open();
  if (!folder) {
    return folder.error().detail +
           (config.state_is_made ? "; or set state" : "");
  }
  std::string why = why_of_no_use(**folder, path);
  if (why.empty()) {
    const Result<void> r = ask_store(config, path);
    why = r ? "" : r.error().detail;
  }
  return why;
}

}  // namespace

bool needs_state(const Config& config) {
  return config.reuse != Reuse::kWindow || makes_secret(config);
}

std::string why_no_room(const struct statvfs& file_system,
                        const std::string& folder) {
  const std::uint64_t blocks =
      file_system.f_bavail * file_system.f_frsize / kRecordBytes;
  // Some file systems count no inodes.
  const std::uint64_t inodes =
      file_system.f_files == 0 ? blocks : file_system.f_favail;
  const bool is_inodes = inodes < blocks;
  const std::uint64_t records = std::min(blocks, inodes);
  if (records >= kLeastRecords) {
    return "";
  }
  return "the file system of " + folder + " has " +
         (is_inodes ? "inodes" : "space") + " for " + std::to_string(records) +
         " more used tokens: see `df -" + (is_inodes ? 'i' : 'h') + ' ' +
         folder + "` and make room";
}

Findings check_state(const Site& site) {
  const Config& config = site.draft.config;
  if (!needs_state(config)) {
    return {};
  }
  std::string why;
  if (config.state_url.empty()) {
    why = why_no_folder(config);
  } else if (const Result<void> r = ask_store(config, ""); !r) {
    why = r.error().detail;
  }
  return why.empty() ? Findings()
                     : Findings{{site.draft.place_of("state"), "state", why}};
}

std::vector<std::string> state_notes(const Config& config) {
  if (!needs_state(config) || !config.state_url.empty()) {
    return {};
  }
  std::vector<std::string> notes;
  const std::string there = first_there(config.state);
  const std::string path =
      there.empty() ? first_that_can_be_made(config) : there;
  if (there.empty() && !path.empty()) {
    notes.push_back("the first request makes the state directory " + path);
  }
  if (makes_secret(config) && !path.empty()) {
    const std::string file = path + "/secret";
    struct stat status;
    notes.push_back(lstat(file.c_str(), &status) == 0
                        ? "the secret that made itself is " + file
                        : "the first token makes the secret " + file);
  }
  return notes;
}

}  // namespace claimcheck
