// Time as tokens and keys have it.
#ifndef CLAIMCHECK_UNIX_TIME_H_
#define CLAIMCHECK_UNIX_TIME_H_

#include <chrono>

namespace claimcheck {

// UnixTime is the time since 1970-01-01T00:00:00Z, without leap seconds (a
// NumericDate of RFC 7519 section 2), in milliseconds.
using UnixTime = std::chrono::milliseconds;

// kMaxNumericDate, in seconds, is in the year 5138. A date beyond it is
// milliseconds taken for seconds, or an attempt at an exp that never comes.
inline constexpr double kMaxNumericDate = 1e11;

}  // namespace claimcheck

#endif  // CLAIMCHECK_UNIX_TIME_H_
