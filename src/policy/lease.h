// The resume lease: what a used token is still good for, and for whom.
//
//   GET /a.zip?token=…                            redeems, opens the lease
//   GET /a.zip?token=…                            in the token's lifetime, by
//                                                 who holds the lease: again
//   Range: bytes=5000-                            later, until the deadline
//   Range: bytes=0-, If-Range: "the lease's"      later, until the deadline
//   GET /a.zip?token=…                            later: used already
//
// A browser that lost its connection goes on by itself with a Range behind what
// it has, or names the version that it has a part of. Whoever opens a copied
// link does neither. The file has to be the version that was begun with.
#ifndef CLAIMCHECK_POLICY_LEASE_H_
#define CLAIMCHECK_POLICY_LEASE_H_

#include <string>

#include "claimcheck/result.h"
#include "policy/conditional.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// Client is who asks, by what a lease knows him again. Neither is kept or
// logged as it came.
struct Client {
  // The client cookie as it came; empty without a valid one.
  std::string cookie;
  // A hash of REMOTE_ADDR and User-Agent; empty unless
  // client_fallback = "address".
  std::string address;

  // name tells clients apart whose tokens are the same (VerifiedToken::handle).
  const std::string& name() const { return cookie.empty() ? address : cookie; }
  bool is_known() const { return !name().empty(); }
};

Client client_of(const Config& config, const Request& request);

// lend makes the lease its client's. Who has a cookie is known by that alone:
// others share his address.
void lend(const Client& client, Lease& lease);

// is_holder tells whether the lease is this client's.
bool is_holder(const Lease& lease, const Client& client);

// may_resume tells whether the holder may have what he asks for now that the
// token has expired: until the deadline, ranges that all begin beyond byte 0,
// or any if If-Range or If-Match is exactly the lease's ETag ("*" and dates
// tell no version, and do not count).
bool may_resume(const Request& request, const Lease& lease, UnixTime now);

// kRepeatAgentsWindow is how long after the first request `repeat_agents` may
// ask again.
inline constexpr std::chrono::milliseconds kRepeatAgentsWindow{60'000};

// lease_window is how long after its token's exp a used token may be good for
// something: the beginning of a command, a resume, or one of `repeat_agents`.
std::chrono::milliseconds lease_window(const Config& config);

// kept_after_expiry is how long after its token's exp a record is needed, by
// any host's clock that `leeway` allows for.
std::chrono::milliseconds kept_after_expiry(const Config& config);

// may_repeat_late tells whether the holder's browser is one of `repeat_agents`
// and in time; World::repeat() then lets one request pass.
bool may_repeat_late(const Config& config, const Request& request,
                     const Lease& lease, UnixTime now);

// What a lease is good for is a part of one version, never the whole of
// another.
//
// check_version is kPreconditionFailed unless `file` is the one that was
// leased; check_if_range, unless If-Range, if it came, names it by
// `validators`.
Result<void> check_version(const Lease& lease, const OpenFile& file);
Result<void> check_if_range(const Request& request,
                            const Validators& validators, UnixTime now);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_LEASE_H_
