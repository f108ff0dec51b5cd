// Where used tokens are kept: one interface, the spool of one host and Redis
// for several behind it.
#ifndef CLAIMCHECK_EDGE_STORE_H_
#define CLAIMCHECK_EDGE_STORE_H_

#include <optional>

#include "claimcheck/result.h"
#include "policy/world.h"

namespace claimcheck {

// Store is thread-safe, and atomic among all processes that share what it keeps
// in. Every error is kUnavailable, its detail says what to do. `now` is the
// time of day that the caller judged the token by.
class Store {
 public:
  virtual ~Store() = default;

  // check tells whether redeem() could work now.
  virtual Result<void> check(UnixTime now) = 0;

  // find returns what is kept of a used token. A record that cannot be read
  // is a lease that nobody holds.
  virtual Result<std::optional<Lease>> find(const Redemption& redemption) = 0;

  // redeem keeps `lease` and returns nothing for the first caller, for the
  // others what is kept.
  virtual Result<std::optional<Lease>> redeem(const Lease& lease,
                                              UnixTime now) = 0;

  // repeat is true once.
  virtual Result<bool> repeat(const Redemption& redemption, UnixTime now) = 0;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_STORE_H_
