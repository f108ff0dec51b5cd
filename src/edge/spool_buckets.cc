#include "edge/spool_buckets.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "edge/file.h"
#include "edge/temporary.h"
#include "policy/fd.h"

namespace claimcheck {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kSpan{10};
constexpr const char* kSpool = "spool";
constexpr const char* kSwept = "swept";
constexpr std::string_view kGone = ".gone";

// In the order of time.
using Bucket = std::int64_t;

Bucket bucket_of(UnixTime time) {
  const auto count = std::chrono::floor<seconds>(time).count();
  return count - count % kSpan.count();
}

UnixTime end_of(Bucket bucket) { return seconds(bucket) + kSpan; }

std::string name_of(Bucket bucket) { return std::to_string(bucket); }

UnixTime mtime_of(const struct stat& status) {
  return seconds(status.st_mtim.tv_sec) +
         milliseconds(status.st_mtim.tv_nsec / 1'000'000);
}

Fd open_folder_in(int parent, const std::string& name) {
  return Fd(openat(parent, name.c_str(),
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
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

struct Listing {
  std::vector<Bucket> buckets;  // the oldest first
  std::vector<std::string> gone;
};

std::optional<Bucket> parse_bucket(std::string_view name) {
  Bucket bucket = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, bucket);
  const bool is_one = error == std::errc() && stop == end && bucket >= 0;
  return is_one ? std::optional(bucket) : std::nullopt;
}

Listing list_buckets(int spool) {
  Listing listing;
  const Directory entries = list(open_folder_in(spool, "."));
  while (entries != nullptr) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) {
      break;
    }
    const std::string_view name = entry->d_name;
    if (name.ends_with(kGone)) {
      listing.gone.emplace_back(name);
    } else if (const auto bucket = parse_bucket(name)) {
      listing.buckets.push_back(*bucket);
    }
  }
  std::sort(listing.buckets.begin(), listing.buckets.end());
  return listing;
}

Fd open_swept(int spool) {
  return Fd(
      openat(spool, kSwept, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
}

// NFS without its lock service, and the like.
bool has_no_locks(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP;
}

// Swept is the file of that name, locked: of all processes one at a time lets
// buckets go, so that the time it tells never goes back. It tells none when it
// is made: what is there then is not gone. Without locks a spool that grows for
// ever would be worse than a time that two processes at once may set back,
// which matters where a clock is set back, too.
class Swept {
 public:
  explicit Swept(int spool) : fd_(open_swept(spool)) {
    if (!fd_.is_open() && errno == ENOENT &&
        link_once(spool, kSwept, "", Durability::kCached, Mtime::kZero)) {
      fd_ = open_swept(spool);
    }
    is_ours_ = fd_.is_open() && (flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 ||
                                 has_no_locks(errno));
  }

  // Else another process lets go now, or nobody can.
  bool is_ours() const { return is_ours_; }

  bool advance(UnixTime to) {
    struct stat status;
    if (fstat(fd_.get(), &status) != 0) {
      return false;
    }
    const auto whole = std::chrono::floor<seconds>(to);
    const timespec times[2] = {
        {0, UTIME_OMIT},
        {static_cast<time_t>(whole.count()),
         static_cast<long>((to - whole).count()) * 1'000'000}};
    return mtime_of(status) >= to || futimens(fd_.get(), times) == 0;
  }

 private:
  Fd fd_;
  bool is_ours_ = false;
};

// let_go takes a bucket's name away and adds the other one to `gone`, after it
// was told that the bucket may be gone: false if that could not be told. One
// that was made again, by a clock that was set back, while the other name is
// not emptied yet is renamed later.
bool let_go(int spool, Swept& swept, Bucket bucket,
            std::vector<std::string>& gone) {
  if (!swept.advance(end_of(bucket))) {
    return false;
  }
  const std::string name = name_of(bucket);
  std::string other = name + std::string(kGone);
  if (renameat(spool, name.c_str(), spool, other.c_str()) == 0) {
    gone.push_back(std::move(other));
  }
  return true;
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

// remove_gone returns what is left of the budget.
int remove_gone(int spool, const std::vector<std::string>& all, int budget) {
  for (const std::string& gone : all) {
    budget = empty_folder(open_folder_in(spool, gone), budget);
    if (budget == 0) {
      break;
    }
    if (unlinkat(spool, gone.c_str(), AT_REMOVEDIR) == 0) {
      --budget;
    }
  }
  return budget;
}

std::string tally_in(const std::string& bucket) { return bucket + "/tally"; }

std::uint64_t tally_of(int spool, Bucket bucket) {
  struct stat status;
  return fstatat(spool, tally_in(name_of(bucket)).c_str(), &status,
                 AT_SYMLINK_NOFOLLOW) == 0
             ? static_cast<std::uint64_t>(status.st_size)
             : 0;
}

// Counted is the buckets with their numbers of records.
struct Counted {
  std::vector<std::pair<Bucket, std::uint64_t>> buckets;  // the oldest first
  std::vector<std::string> gone;
  std::uint64_t total = 0;
};

Counted count_all(int spool) {
  Listing listing = list_buckets(spool);
  Counted counted{{}, std::move(listing.gone), 0};
  for (const Bucket bucket : listing.buckets) {
    const std::uint64_t count = tally_of(spool, bucket);
    counted.buckets.emplace_back(bucket, count);
    counted.total += count;
  }
  return counted;
}

Error full(const SpoolLimits& limits) {
  return Error{Errc::kUnavailable,
               "the state holds state_max (" +
                   std::to_string(limits.max_records) +
                   ") records of tokens that have not expired: if that many "
                   "downloads are right, raise state_max"};
}

}  // namespace

std::string bucket_path(UnixTime expires) {
  return std::string(kSpool) + '/' + name_of(bucket_of(expires));
}

bool is_counted(std::string_view handle, const SpoolLimits& limits) {
  return weight_of(limits) == 1 || handle.starts_with("00");
}

std::uint64_t weight_of(const SpoolLimits& limits) {
  return limits.max_records < kEstimatedFrom ? 1 : 256;
}

void count_record(int state, UnixTime expires, const SpoolLimits& limits) {
  const Fd tally(openat(state, tally_in(bucket_path(expires)).c_str(),
                        O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                        0600));
  if (tally.is_open()) {
    const std::string weight(weight_of(limits), '.');
    [[maybe_unused]] const ssize_t written =
        write(tally.get(), weight.data(), weight.size());
  }
}

Result<void> check_bucket(int state, UnixTime expires) {
  const std::string path = std::string(kSpool) + '/' + kSwept;
  struct stat status;
  if (fstatat(state, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Result<void>()
                           : Error{Errc::kUnavailable, system_error(path)};
  }
  const UnixTime until = mtime_of(status);
  if (end_of(bucket_of(expires)) > until) {
    return {};
  }
  return Error{
      Errc::kUnavailable,
      "the clock was set back: which tokens of this time were used is "
      "forgotten already, up to the mtime of " +
          path +
          " in the state directory. Set the clock right; or, if it is, wait "
          "until then, or remove that file once max_lifetime has passed, as "
          "after a copy that did not keep the times"};
}

int sweep(int state, const SpoolLimits& limits, UnixTime now) {
  int budget = kSweepAtMost;
  const Fd spool = open_folder_in(state, kSpool);
  if (!spool.is_open()) {
    return budget;
  }
  Swept swept(spool.get());
  if (!swept.is_ours()) {
    return budget;
  }
  Listing listing = list_buckets(spool.get());
  for (const Bucket bucket : listing.buckets) {
    if (end_of(bucket) + limits.kept_after_expiry > now || budget == 0) {
      break;
    }
    --budget;
    let_go(spool.get(), swept, bucket, listing.gone);
  }
  return remove_gone(spool.get(), listing.gone, budget);
}

// Letting go is not bounded by the budget: it alone makes room, and a request
// that may not would be refused though what is there has expired.
Result<void> make_room(int state, const SpoolLimits& limits, UnixTime now,
                       int budget) {
  const Fd spool = open_folder_in(state, kSpool);
  if (!spool.is_open()) {
    return {};
  }
  Counted counted = count_all(spool.get());
  std::uint64_t total = counted.total;
  if (total < limits.max_records) {
    return {};
  }
  Swept swept(spool.get());
  if (!swept.is_ours()) {
    // Another process makes room, or none can now.
    return {};
  }
  for (const auto& [bucket, count] : counted.buckets) {
    if (total < limits.max_records || end_of(bucket) + limits.leeway > now ||
        !let_go(spool.get(), swept, bucket, counted.gone)) {
      break;
    }
    total -= count;
  }
  remove_gone(spool.get(), counted.gone, budget);
  return total < limits.max_records ? Result<void>() : full(limits);
}

}  // namespace claimcheck
