#include "edge/program_user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/config_file.h"
#include "edge/state_directory.h"
#include "edge/static_program.h"

namespace claimcheck {
namespace {

Owned owner_of(const std::string& path) {
  struct stat status;
  return !path.empty() && stat(path.c_str(), &status) == 0
             ? Owned{path, status.st_uid, status.st_gid}
             : Owned{};
}

// A file of another user's is only read by him (load_draft).
Draft read_as(uid_t uid, const ConfigSources& sources) {
  const uid_t before = geteuid();
  const bool is_changed = seteuid(uid) == 0;
  Draft draft = load_draft(sources);
  if (is_changed && seteuid(before) != 0) {
    _exit(EXIT_FAILURE);
  }
  return draft;
}

// What libc knows of a user, it may know by modules of the host.
const passwd* known_user(uid_t uid) {
  if constexpr (kIsStatic) {
    return nullptr;
  } else {
    return getpwuid(uid);
  }
}

bool set_groups(const passwd* user, gid_t gid) {
  if constexpr (!kIsStatic) {
    if (user != nullptr) {
      return initgroups(user->pw_name, gid) == 0;
    }
  }
  return setgroups(0, nullptr) == 0;
}

}  // namespace

std::string user_name(uid_t uid) {
  const passwd* user = known_user(uid);
  const std::string number = "uid " + std::to_string(uid);
  return user == nullptr ? number
                         : std::string(user->pw_name) + " (" + number + ')';
}

Owned program_user(const ConfigSources& sources) {
  const Owned file = owner_of(find_config_file(sources).name);
  const Draft draft = read_as(file.uid, sources);
  for (const Owned& owned : {owner_of(first_there(draft.config.state)),
                             owner_of(draft.config.keys), file}) {
    if (owned.uid != 0) {
      return owned;
    }
  }
  return {};
}

bool become(const Owned& owned) {
  if (geteuid() != 0 || owned.uid == 0) {
    return false;
  }
  const passwd* user = known_user(owned.uid);
  const gid_t gid = user != nullptr ? user->pw_gid : owned.gid;
  return set_groups(user, gid) && setresgid(gid, gid, gid) == 0 &&
         setresuid(owned.uid, owned.uid, owned.uid) == 0;
}

}  // namespace claimcheck
