#include "edge/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

#include "claimcheck/json.h"
#include "edge/file.h"
#include "edge/temporary.h"

namespace claimcheck {
namespace {

using std::chrono::minutes;

// Neither a clock that is set back by less than this nor another host's that
// is fast revives a used token.
constexpr minutes kKeptAfterExpiry{61};

long bucket_of(UnixTime time) {
  return std::chrono::floor<minutes>(time).count();
}

Error unavailable(const char* what) {
  return Error{Errc::kUnavailable, system_error(what)};
}

Fd open_folder_in(int parent, const std::string& name) {
  return Fd(openat(parent, name.c_str(),
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Fd make_folder_in(int parent, const std::string& name) {
  Fd folder = open_folder_in(parent, name);
  if (!folder.is_open() && errno == ENOENT &&
      (mkdirat(parent, name.c_str(), 0700) == 0 || errno == EEXIST)) {
    folder = open_folder_in(parent, name);
  }
  return folder;
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

Directory list(Fd folder) {
  Directory directory(fdopendir(folder.get()));
  if (directory != nullptr) {
    folder.release();
  }
  return directory;
}

// empty_folder unlinks up to `budget` files and returns what is left of it.
int empty_folder(Fd folder, int budget) {
  const Directory entries = list(std::move(folder));
  while (entries != nullptr && budget > 0) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) {
      break;
    }
    if (unlinkat(dirfd(entries.get()), entry->d_name, 0) == 0) {
      --budget;
    }
  }
  return budget;
}

bool is_expired_bucket(std::string_view name, long oldest_kept) {
  long bucket = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), bucket);
  return error == std::errc() && end == name.data() + name.size() &&
         bucket < oldest_kept;
}

void sweep(int spool, UnixTime now, int budget) {
  const long oldest_kept = bucket_of(now - kKeptAfterExpiry);
  const Directory buckets = list(open_folder_in(spool, "."));
  while (buckets != nullptr && budget > 0) {
    const dirent* entry = readdir(buckets.get());
    if (entry == nullptr) {
      return;
    }
    if (!is_expired_bucket(entry->d_name, oldest_kept)) {
      continue;
    }
    budget = empty_folder(open_folder_in(spool, entry->d_name), budget);
    unlinkat(spool, entry->d_name, AT_REMOVEDIR);
  }
}

std::string record(const Redemption& redemption) {
  return "{\"resource\":" + json_quote(redemption.resource) +
         ",\"expires_ms\":" + std::to_string(redemption.expires.count()) +
         "}\n";
}

}  // namespace

Result<void> Spool::check() {
  Result<Fd> state = state_.open();
  if (!state) {
    return state.error();
  }
  if (faccessat(state->get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return unavailable("the state directory");
  }
  return {};
}

Result<bool> Spool::is_redeemed(const Redemption& redemption) {
  Result<Fd> state = state_.open();
  if (!state) {
    return state.error();
  }
  const std::string name = "spool/" +
                           std::to_string(bucket_of(redemption.expires)) + '/' +
                           redemption.handle;
  if (faccessat(state->get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return true;
  }
  if (errno == ENOENT) {
    return false;
  }
  return unavailable("reading the spool");
}

Result<bool> Spool::redeem(const Redemption& redemption, UnixTime now) {
  Result<Fd> state = state_.open();
  if (!state) {
    return state.error();
  }
  const Fd spool = make_folder_in(state->get(), "spool");
  if (!spool.is_open()) {
    return unavailable("the spool in the state directory");
  }
  // The handle is a hash: its first digit is as good as a die.
  if (redemption.handle.starts_with('0')) {
    sweep(spool.get(), now, kSweepAtMost);
  }
  const Fd bucket = make_folder_in(
      spool.get(), std::to_string(bucket_of(redemption.expires)));
  if (!bucket.is_open()) {
    return unavailable("a bucket of the spool");
  }
  return link_once(bucket.get(), redemption.handle, record(redemption),
                   Durability::kCached);
}

}  // namespace claimcheck
