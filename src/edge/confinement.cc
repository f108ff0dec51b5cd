#include "edge/confinement.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "edge/dial.h"
#include "edge/redis_connection.h"
#include "edge/redis_url.h"
#include "policy/fd.h"

namespace claimcheck {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRead =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kAppend =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
constexpr std::uint64_t kKeep = kRead | kAppend | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                LANDLOCK_ACCESS_FS_REMOVE_DIR;
// All that the first version of Landlock knows.
constexpr std::uint64_t kHandled =
    kKeep | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

constexpr int kMaxLinks = 40;

// Set once, before there are threads.
bool confined = false;

Fd make_ruleset() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kHandled;
  return Fd(static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
}

void allow(const Fd& ruleset, const fs::path& path, std::uint64_t access) {
  const Fd place(open(path.c_str(), O_PATH | O_CLOEXEC));
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = place.get();
  if (place.is_open()) {
    syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH,
            &rule, 0);
  }
}

// allow_above allows the folder that holds `path`, unless that is all there is.
void allow_above(const Fd& ruleset, const fs::path& path,
                 std::uint64_t access) {
  const fs::path folder = path.parent_path();
  allow(ruleset, folder.has_relative_path() ? folder : path, access);
}

// A rule holds for a folder, not for its name. So that a tree or a file that is
// put in another's place, by a rename or by a link that is switched, is served
// without a restart, the folder that holds it may be read, and the folder of
// each link on the way to it.
void allow_name(const Fd& ruleset, const fs::path& name, std::uint64_t access) {
  std::error_code ignored;
  fs::path real;
  fs::path left = name.lexically_normal();
  for (int links = 0; !left.empty() && links < kMaxLinks;) {
    const fs::path next = real / *left.begin();
    left = left.lexically_relative(*left.begin());
    left = left == "." ? fs::path() : left;
    if (!fs::is_symlink(next, ignored)) {
      real = next;
      continue;
    }
    ++links;
    allow_above(ruleset, next, access);
    left = (real / fs::read_symlink(next, ignored) / left).lexically_normal();
    real.clear();
  }
  allow_above(ruleset, real, access);
}

void allow_downloads(const Fd& ruleset, const Config& config) {
  for (const Download& download : config.downloads) {
    if (download.is_command()) {
      continue;  // the spawner's affair, who is not confined
    }
    const std::string prefix = download.file.substr(0, download.file.find('{'));
    allow_name(ruleset,
               download.is_tree() ? fs::path(download.root)
                                  : fs::path(prefix).parent_path(),
               kRead);
  }
}

// The first that is there is taken, as StateDirectory does it. One that is made
// later is made in the folder above.
void allow_state(const Fd& ruleset, const Config& config) {
  std::error_code ignored;
  for (const fs::path folder : config.state) {
    if (fs::exists(folder, ignored)) {
      allow(ruleset, folder, kKeep);
      return;
    }
  }
  for (const fs::path folder : config.state) {
    if (folder.parent_path().has_relative_path()) {
      allow(ruleset, folder.parent_path(), kKeep);
    }
  }
}

// What getaddrinfo(3) reads, and the folder of the modules that it may load
// (nsswitch.conf(5)), which is libc's own. systemd-resolved and others replace
// what resolv.conf leads to.
[[maybe_unused]] void allow_name_lookups(const Fd& ruleset) {
  for (const char* file :
       {"/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
        "/etc/ld.so.cache", "/etc/resolv.conf"}) {
    allow(ruleset, file, LANDLOCK_ACCESS_FS_READ_FILE);
  }
  std::error_code ignored;
  const fs::path resolver = fs::canonical("/etc/resolv.conf", ignored);
  if (!resolver.empty() && resolver.parent_path() != "/etc") {
    allow_above(ruleset, resolver, kRead);
  }
  Dl_info libc;
  if (dladdr(reinterpret_cast<const void*>(&getaddrinfo), &libc) != 0 &&
      libc.dli_fname != nullptr) {
    allow_name(ruleset, libc.dli_fname, kRead);
  }
}

[[maybe_unused]] bool has_name_to_look_up(const Config& config) {
  const Result<RedisAddress> redis = parse_redis_url(config.state_url);
  return redis && redis->socket.empty() && !is_address(redis->host);
}

}  // namespace

bool confine(const Config& config) {
  const Fd ruleset = make_ruleset();
  if (!ruleset.is_open()) {
    return false;
  }
  allow_downloads(ruleset, config);
  allow_state(ruleset, config);
  if (!config.keys.empty()) {
    allow_name(ruleset, config.keys, kRead);
  }
  if (config.audit.starts_with('/')) {
    allow_above(ruleset, config.audit, kAppend);
  }
  if constexpr (kHasHiredis) {
    if (has_name_to_look_up(config)) {
      allow_name_lookups(ruleset);
    }
  }
  // libcrypto's configuration, which it reads with the first key pair, and the
  // time zone of syslog's lines.
  for (const char* file : {"/etc/ssl/openssl.cnf", "/etc/localtime"}) {
    allow(ruleset, file, LANDLOCK_ACCESS_FS_READ_FILE);
  }
  confined = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
             syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
  return confined;
}

bool can_confine() { return make_ruleset().is_open(); }

bool is_confined() { return confined; }

}  // namespace claimcheck
