// What names a version of a file (RFC 9110 section 8.8), and dates as HTTP has
// them.
#ifndef CLAIMCHECK_POLICY_VALIDATORS_H_
#define CLAIMCHECK_POLICY_VALIDATORS_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "policy/world.h"

namespace claimcheck {

// etag_of is a strong entity tag of the file's size, modification time in
// nanoseconds and inode, quotes included. Hashed: an inode's number is nobody's
// business.
std::string etag_of(const OpenFile& file);

// last_modified_of is the file's modification time, cut to whole seconds, but
// never later than `now`: a file from the future would seem unchanged for ever
// (RFC 9110 section 8.8.2.1).
std::chrono::sys_seconds last_modified_of(const OpenFile& file, UnixTime now);

// http_date spells a time as IMF-fixdate (RFC 9110 section 5.6.7).
std::string http_date(std::chrono::sys_seconds time);

// parse_http_date reads any of the three forms of RFC 9110 section 5.6.7, to
// the letter: nothing for all else, a day of the week that is not the date's
// among it. `now` tells which century the two digits of the second form mean.
//
//   Sun, 06 Nov 1994 08:49:37 GMT
//   Sunday, 06-Nov-94 08:49:37 GMT
//   Sun Nov  6 08:49:37 1994
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        UnixTime now);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_VALIDATORS_H_
