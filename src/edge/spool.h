// The spool: used tokens as files in the state directory.
//
//   STATE/spool/BUCKET/HANDLE      BUCKET = minute of the token's exp
//
// A record is written whole, linked to its name once and never changed; whole
// buckets go when their tokens have long expired. No record is synced: what a
// power cut loses has expired before the machine is up again.
#ifndef CLAIMCHECK_EDGE_SPOOL_H_
#define CLAIMCHECK_EDGE_SPOOL_H_

#include "claimcheck/jwt.h"
#include "claimcheck/result.h"
#include "edge/state_directory.h"
#include "policy/world.h"

namespace claimcheck {

// Spool is thread-safe, and atomic among all processes that share the state
// directory. `state` must outlive it.
class Spool {
 public:
  explicit Spool(StateDirectory& state) : state_(state) {}

  // check tells whether the state directory can be used. kUnavailable.
  Result<void> check();

  // is_redeemed looks a token up. kUnavailable.
  Result<bool> is_redeemed(const Redemption& redemption);

  // redeem is true for the first caller. One call in 16 also removes up to
  // kSweepAtMost records that expired over an hour before `now`.
  Result<bool> redeem(const Redemption& redemption, UnixTime now);

  static constexpr int kSweepAtMost = 256;

 private:
  StateDirectory& state_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SPOOL_H_
