// Used tokens in a Redis that several hosts share:
//
//   claimcheck:HANDLE         NONCE, a space and the lease
//   (edge/lease_record.h) claimcheck:HANDLE:again   NONCE: its late repeat was
//   taken claimcheck:check          NONCE: somebody asked whether we may write
//
// Each is set once and goes by itself, when Redis' clock says that it is not
// needed any more; by that clock nothing is set that late. NONCE is random: by
// it whoever asks again, since the first reply was lost, knows his own.
#ifndef CLAIMCHECK_EDGE_REDIS_STORE_H_
#define CLAIMCHECK_EDGE_REDIS_STORE_H_

#include <chrono>
#include <string>

#include "edge/redis.h"
#include "edge/store.h"

namespace claimcheck {

// RedisStore is atomic among all processes and hosts that share the Redis, as
// long as it keeps what it was told. Where it lost its last writes, in a
// restart or a failover that this process sees (Redis::call), tokens that may
// have been used before are refused; a process that was started since lets them
// in again, within their lifetime. `redis` must outlive it.
class RedisStore : public Store {
 public:
  // Records are kept for `kept_after_expiry` after their token's exp; the
  // clocks of hosts are `leeway` apart.
  RedisStore(Redis& redis, std::chrono::milliseconds kept_after_expiry,
             std::chrono::milliseconds leeway)
      : redis_(redis), kept_after_expiry_(kept_after_expiry), leeway_(leeway) {}

  Result<void> check(UnixTime now) override;
  Result<std::optional<Lease>> find(const Redemption& redemption) override;
  Result<std::optional<Lease>> redeem(const Lease& lease,
                                      UnixTime now) override;
  Result<bool> repeat(const Redemption& redemption, UnixTime now) override;

 private:
  struct Kept;
  Result<Kept> keep(const std::string& name, const std::string& record,
                    UnixTime until, UnixTime known_since);
  Error clocks_differ(UnixTime there, UnixTime here) const;

  Redis& redis_;
  const std::chrono::milliseconds kept_after_expiry_;
  const std::chrono::milliseconds leeway_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_REDIS_STORE_H_
