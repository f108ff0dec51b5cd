// A lease as the state keeps it, one line of JSON:
//
//   {"resource":"/downloads/a.zip","etag":"\"…\"","size":"1234",
//    "mtime_ns":"1700000000123456789","inode":"42","cookie":"…",
//    "redeemed_ms":1700000000123,"deadline_ms":1700003602123}
//
// What a double cannot hold exactly is a string. Cookie and address are hashes;
// they are left out where the lease has none.
#ifndef CLAIMCHECK_EDGE_LEASE_RECORD_H_
#define CLAIMCHECK_EDGE_LEASE_RECORD_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/world.h"

namespace claimcheck {

// kMaxLeaseRecord, in bytes: a resource is no longer than a token, and escaped
// at most six times as long.
inline constexpr std::size_t kMaxLeaseRecord = 32768;

// lease_record spells a lease, with its line end.
std::string lease_record(const Lease& lease);

// read_lease_record reads what lease_record() wrote of `token`. Of what cannot
// be read it makes a lease that nobody holds: the token was used.
Lease read_lease_record(std::string_view record, const Redemption& token);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_LEASE_RECORD_H_
