// Conditional requests (RFC 9110 section 13): what a client already has, or
// wants to find, decides whether it gets a file.
//
//   If-None-Match: "abc", W/"def"     304 if the file is either
//   If-Match: "abc"                   412 if it is not
//   If-Range: "abc"                   with Range: the whole file if it is not
//
// Nothing is repaired, and what cannot be read takes the side on which nobody
// gets bytes of another version than he asked for: a list that is malformed
// matches nothing, so that If-Match fails and If-None-Match and If-Range lead
// to the whole file; a date that is none is ignored, as sections 13.1.3 and
// 13.1.4 want it, and as If-Range leads to the whole file.
#ifndef CLAIMCHECK_POLICY_CONDITIONAL_H_
#define CLAIMCHECK_POLICY_CONDITIONAL_H_

#include <chrono>
#include <optional>
#include <string>

#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// Validators name the version of a file that there is (RFC 9110 section 8.8).
// What is made anew each time has none.
struct Validators {
  std::string etag;  // strong, with its quotes
  std::optional<std::chrono::sys_seconds> last_modified;
};

// validators_of returns those of `file`, of which `now` limits the date.
Validators validators_of(const OpenFile& file, UnixTime now);

enum class Precondition {
  kHolds,        // answer as if there were no condition
  kNotModified,  // 304
  kFailed,       // 412
};

// check_preconditions evaluates If-Match, If-Unmodified-Since, If-None-Match
// and If-Modified-Since of a GET or HEAD, in the order and with the precedence
// of RFC 9110 section 13.2.2. If-Match compares strongly, If-None-Match weakly
// (section 8.8.3.2).
Precondition check_preconditions(const Request& request,
                                 const Validators& validators, UnixTime now);

// range_applies tells whether Range counts: without If-Range, or if that names
// this version (RFC 9110 section 13.1.5) by its tag, compared strongly, or by
// exactly its date, which must be a second old at least to be strong (section
// 8.8.2.2).
bool range_applies(const Request& request, const Validators& validators,
                   UnixTime now);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_CONDITIONAL_H_
