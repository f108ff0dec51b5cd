// What names a version of a file (RFC 9110 section 8.8).
#ifndef CLAIMCHECK_POLICY_VALIDATORS_H_
#define CLAIMCHECK_POLICY_VALIDATORS_H_

#include <cstdint>
#include <string>

#include "policy/world.h"

namespace claimcheck {

// etag_of is a strong entity tag of the file's size, modification time in
// nanoseconds and inode, quotes included. Hashed: an inode's number is nobody's
// business.
std::string etag_of(const OpenFile& file);

// http_date spells a time since 1970 as IMF-fixdate (RFC 9110 section 5.6.7),
// cut to whole seconds.
std::string http_date(std::int64_t nanoseconds);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_VALIDATORS_H_
