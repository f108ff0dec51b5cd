// A token read aloud: what its parts say, verified or not. For an admin's eyes
// alone; nothing is decided by it.
#ifndef CLAIMCHECK_CLI_READING_H_
#define CLAIMCHECK_CLI_READING_H_

#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/unix_time.h"

namespace claimcheck::cli {

// time_in_words is "2026-11-24T10:00:00.000Z (3.2 s ago)".
std::string time_in_words(UnixTime time, UnixTime now);

// reading_of lists header and claims, a line a member, with controls escaped;
// or says why they cannot be read.
std::vector<std::string> reading_of(std::string_view token, UnixTime now);

// advice_for names what is often wrong with such a token, and what to look at;
// empty where nothing catches the eye.
std::vector<std::string> advice_for(std::string_view token, UnixTime now);

}  // namespace claimcheck::cli

#endif  // CLAIMCHECK_CLI_READING_H_
