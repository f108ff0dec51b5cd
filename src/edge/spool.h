// The spool: used tokens as files in the state directory, for one host or, on
// NFS, for several.
//
//   STATE/spool/BUCKET/HANDLE         the lease (edge/lease_record.h)
//   STATE/spool/BUCKET/HANDLE.again   its late repeat was taken
//
// A record is written whole, linked to its name once and never changed; whole
// buckets go when they are not needed any more (edge/spool_buckets.h). No
// record is synced: what a power cut loses has expired before the machine is up
// again.
#ifndef CLAIMCHECK_EDGE_SPOOL_H_
#define CLAIMCHECK_EDGE_SPOOL_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "edge/spool_buckets.h"
#include "edge/state_directory.h"
#include "edge/store.h"

namespace claimcheck {

// Spool is atomic among all processes that share the state directory. `state`
// must outlive it.
//
// Of the calls of redeem(), one in 16 sweeps, and those that count records make
// room (SpoolLimits): where even then max_records is exceeded, it refuses. One
// that does both removes no more than one that does either (kSweepAtMost).
class Spool : public Store {
 public:
  Spool(StateDirectory& state, const SpoolLimits& limits)
      : state_(state), limits_(limits) {}

  Result<void> check(UnixTime now) override;
  Result<std::optional<Lease>> find(const Redemption& redemption) override;
  Result<std::optional<Lease>> redeem(const Lease& lease,
                                      UnixTime now) override;
  Result<bool> repeat(const Redemption& redemption, UnixTime now) override;

 private:
  Result<void> keep_bounds(int state, const std::string& handle, UnixTime now);
  Result<bool> keep(int state, const std::string& name,
                    const Redemption& redemption, std::string_view record,
                    UnixTime now);
  Result<void> make_bucket(int state, const Redemption& redemption,
                           UnixTime now);

  StateDirectory& state_;
  const SpoolLimits limits_;
  // Whether there was a spool, and since when it is missing: whoever removed it
  // took with it which tokens were used.
  std::atomic<bool> was_there_ = false;
  std::atomic<std::int64_t> missing_since_ms_ = 0;
  // While it is full, without another count.
  std::atomic<std::int64_t> full_until_ms_ = 0;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SPOOL_H_
