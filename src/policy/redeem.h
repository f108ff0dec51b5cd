// download: a token is redeemed for a file.
//
//   GET /downloads/report.csv?token=eyJ…
//   200, Content-Disposition: attachment; …, and the bytes
#ifndef CLAIMCHECK_POLICY_REDEEM_H_
#define CLAIMCHECK_POLICY_REDEEM_H_

#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// redeem answers a request for a download. The checks come in this order:
// bad_url, method, not_found, token_missing, the token's own and what its lease
// allows (policy/lease.h), prefetch, the file's existence, its version (412,
// 304) and the ranges asked for (416); redemption is the last step before the
// bytes, and nothing but a body that will be sent redeems. HEAD is checked like
// GET and redeems nothing. Ranges are answered where a part can be followed by
// another: not under reuse = "never", nor for a client that a lease could not
// know again.
//
// A command is started where a file would be opened, unless the token was used:
// the answer is then Starting, and the rest is done when the program has begun.
// `config` and `world` must outlive it.
Response redeem(const Config& config, const Request& request, World& world);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_REDEEM_H_
