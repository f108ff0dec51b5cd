// Leases for the tests of what keeps them.
#ifndef CLAIMCHECK_TESTS_EDGE_LEASES_H_
#define CLAIMCHECK_TESTS_EDGE_LEASES_H_

#include <string>

#include "policy/world.h"

namespace claimcheck::testing {

inline constexpr UnixTime kNow{1'800'000'000'000};

// lease_of is what a browser got for a token of this handle.
inline Lease lease_of(const std::string& handle,
                      UnixTime expires = kNow + std::chrono::seconds(2)) {
  Lease lease;
  lease.token = {handle, expires};
  lease.resource = "/downloads/a \"quoted\" n\u00e4me\n";
  lease.file = {18'000'000'000'000'000'001U, 1'700'000'000'123'456'789,
                1U << 31};
  lease.etag = "\"e-tag\"";
  lease.cookie = "the hash of a cookie";
  lease.address = "";
  lease.redeemed = expires - std::chrono::seconds(1);
  lease.deadline = expires + std::chrono::hours(1);
  return lease;
}

inline bool is_same(const Lease& a, const Lease& b) {
  return a.token.handle == b.token.handle &&
         a.token.expires == b.token.expires && a.resource == b.resource &&
         a.file == b.file && a.etag == b.etag && a.cookie == b.cookie &&
         a.address == b.address && a.redeemed == b.redeemed &&
         a.deadline == b.deadline;
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_LEASES_H_
