#include "edge/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "edge/file.h"
#include "edge/lease_record.h"
#include "edge/temporary.h"

namespace claimcheck {
namespace {

constexpr const char* kFolder = "spool";
constexpr std::int64_t kFullMs = 1000;

Error unavailable(const char* what) {
  return Error{Errc::kUnavailable, system_error(what)};
}

std::string name_of(const Redemption& redemption) {
  return bucket_path(redemption.expires) + '/' + redemption.handle;
}

bool is_folder(int state, const std::string& path) {
  struct stat status;
  return fstatat(state, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

bool make_folder(int state, const std::string& path) {
  return mkdirat(state, path.c_str(), 0700) == 0 ||
         (errno == EEXIST && is_folder(state, path));
}

Lease read_lease(int fd, const Redemption& redemption) {
  struct stat status;
  const auto text = fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
                        ? read_text(fd, status, kMaxLeaseRecord)
                        : std::nullopt;
  return read_lease_record(text.value_or(""), redemption);
}

}  // namespace

Result<void> Spool::check(UnixTime now) {
  Result<HeldFile::Use> state = state_.open();
  if (!state) {
    return state.error();
  }
  if (faccessat((*state)->get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return unavailable("the state directory");
  }
  return check_bucket((*state)->get(), now);
}

Result<std::optional<Lease>> Spool::find(const Redemption& redemption) {
  Result<HeldFile::Use> state = state_.open();
  if (!state) {
    return state.error();
  }
  const Fd record(openat((*state)->get(), name_of(redemption).c_str(),
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!record.is_open()) {
    return errno == ENOENT ? Result<std::optional<Lease>>(std::nullopt)
                           : unavailable("reading the spool");
  }
  const Lease lease = read_lease(record.get(), redemption);
  if (Result<void> r = check_bucket((*state)->get(), redemption.expires); !r) {
    return r.error();
  }
  return std::optional(lease);
}

Result<void> Spool::make_bucket(int state, const Redemption& redemption,
                                UnixTime now) {
  const bool is_missing = !is_folder(state, kFolder) && errno == ENOENT;
  if (is_missing && was_there_) {
    std::int64_t since = 0;
    if (missing_since_ms_.compare_exchange_strong(since, now.count())) {
      since = now.count();
    }
    if (now < UnixTime(since) + limits_.max_lifetime) {
      return Error{Errc::kUnavailable,
                   "the folder spool in the state directory was removed, and "
                   "with it which tokens were used: it is made again once they "
                   "have all expired, after max_lifetime"};
    }
  }
  missing_since_ms_ = 0;
  if (!make_folder(state, kFolder)) {
    return unavailable("the spool in the state directory");
  }
  return make_folder(state, bucket_path(redemption.expires))
             ? Result<void>()
             : unavailable("a bucket of the spool");
}

// keep gives `name` its record, in a bucket that it makes if need be.
Result<bool> Spool::keep(int state, const std::string& name,
                         const Redemption& redemption, std::string_view record,
                         UnixTime now) {
  Result<bool> first = link_once(state, name, record, Durability::kCached);
  if (!first && errno == ENOENT) {
    if (Result<void> r = make_bucket(state, redemption, now); !r) {
      return r.error();
    }
    first = link_once(state, name, record, Durability::kCached);
  }
  if (first && (!was_there_ || missing_since_ms_ != 0)) {
    was_there_ = true;
    missing_since_ms_ = 0;
  }
  if (first && *first && is_counted(redemption.handle, limits_)) {
    count_record(state, redemption.expires, limits_);
  }
  return first;
}

Result<void> Spool::keep_bounds(int state, const std::string& handle,
                                UnixTime now) {
  // The handle is a hash: its first digit is as good as a die.
  const int budget =
      handle.starts_with('0') ? sweep(state, limits_, now) : kSweepAtMost;
  if (!is_counted(handle, limits_) && now.count() >= full_until_ms_) {
    return {};
  }
  Result<void> room = make_room(state, limits_, now, budget);
  if (!room) {
    full_until_ms_ = now.count() + kFullMs;
  }
  return room;
}

Result<std::optional<Lease>> Spool::redeem(const Lease& lease, UnixTime now) {
  Result<HeldFile::Use> state = state_.open();
  if (!state) {
    return state.error();
  }
  if (Result<void> r = keep_bounds((*state)->get(), lease.token.handle, now);
      !r) {
    return r.error();
  }
  const Result<bool> first = keep((*state)->get(), name_of(lease.token),
                                  lease.token, lease_record(lease), now);
  if (!first) {
    return first.error();
  }
  if (*first) {
    const Result<void> r = check_bucket((*state)->get(), lease.token.expires);
    return r ? Result<std::optional<Lease>>(std::nullopt) : r.error();
  }
  Result<std::optional<Lease>> kept = find(lease.token);
  if (kept && !*kept) {
    return Error{Errc::kUnavailable,
                 "the record of a used token went while it was read"};
  }
  return kept;
}

Result<bool> Spool::repeat(const Redemption& redemption, UnixTime now) {
  Result<HeldFile::Use> state = state_.open();
  if (!state) {
    return state.error();
  }
  const Result<bool> first = keep(
      (*state)->get(), name_of(redemption) + ".again", redemption, "", now);
  if (!first) {
    return first;
  }
  const Result<void> r = check_bucket((*state)->get(), redemption.expires);
  return r ? first : r.error();
}

}  // namespace claimcheck
