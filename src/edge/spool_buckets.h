// The buckets of the spool: how long they are kept, and how many records.
//
//   STATE/spool/1800000000/        tokens whose exp is in the 10 s from then on
//   STATE/spool/1800000000/tally   its size: how many records are there
//   STATE/spool/1800000000.gone/   is being emptied
//   STATE/spool/swept              its mtime: buckets that end by then may be
//                                  gone
//
// A token whose bucket may be gone cannot be told from a used one and is
// refused. That happens where a clock was set back, behind buckets that it had
// let go.
#ifndef CLAIMCHECK_EDGE_SPOOL_BUCKETS_H_
#define CLAIMCHECK_EDGE_SPOOL_BUCKETS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

struct SpoolLimits {
  // How long a record is kept after its token's exp; where max_records would be
  // exceeded, the oldest go from `leeway` on.
  std::chrono::milliseconds kept_after_expiry{3'601'000};
  std::chrono::milliseconds leeway{1000};
  // Exact below kEstimatedFrom; above it each 256th record is counted, which is
  // a few hundredths off.
  std::uint64_t max_records = 1'000'000;
  // A token is dead after this time, wherever it was used.
  std::chrono::milliseconds max_lifetime{10'000};
};

inline constexpr std::uint64_t kEstimatedFrom = 65'536;

// kSweepAtMost bounds what one request removes, files and folders. A bucket
// that a sweep lets go is one of them; of those that make room it lets go as
// many as it takes.
inline constexpr int kSweepAtMost = 256;

// bucket_path is "spool/BUCKET", relative to the state directory, of a token
// that expires then.
std::string bucket_path(UnixTime expires);

// is_counted tells whether the record of this handle counts, for as many as
// weight_of() says.
bool is_counted(std::string_view handle, const SpoolLimits& limits);
std::uint64_t weight_of(const SpoolLimits& limits);

// count_record adds what a record that is counted stands for to the tally of
// its bucket: there it means the same under every bound. What cannot be added
// is missing there, and no reason to refuse.
void count_record(int state, UnixTime expires, const SpoolLimits& limits);

// check_bucket is kUnavailable if the bucket of a token that expires then may
// be gone. Asked after the record was made, it holds from then on.
Result<void> check_bucket(int state, UnixTime expires);

// sweep lets go of buckets that are not needed any more, and removes what is in
// those that were let go. Returns what is left of kSweepAtMost. One process at
// a time sweeps, where the file system has locks.
int sweep(int state, const SpoolLimits& limits, UnixTime now);

// make_room lets go of the oldest buckets of expired tokens while there are
// max_records or more, and removes up to `budget` of what is in them: what was
// let go counts no more, removed or not. kUnavailable if what has not expired
// is that much.
Result<void> make_room(int state, const SpoolLimits& limits, UnixTime now,
                       int budget);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SPOOL_BUCKETS_H_
