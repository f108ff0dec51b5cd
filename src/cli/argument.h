// What verbs read from their arguments.
#ifndef CLAIMCHECK_CLI_ARGUMENT_H_
#define CLAIMCHECK_CLI_ARGUMENT_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck::cli {

// read_text reads a file whole, up to kMaxKeyText bytes. kConfig otherwise.
Result<std::string> read_text(const std::string& file);

// read_keys reads the keys of a file, whoever may read it: a private key that
// others can read is complained of, and used. Errors as parse_keys.
Result<KeySet> read_keys(const std::string& file);

// parse_time reads seconds since 1970, with a fraction or without, or a time
// as in 2026-11-24T10:00:00Z.
std::optional<UnixTime> parse_time(const std::string& text);

// for_each_token calls `take` with the token that was given or, for "-", with
// each line of the standard input; `take` returns the exit status, and so does
// this, the worst of all. A line that is longer than any token is cut, and
// stays longer.
int for_each_token(const std::string& given,
                   const std::function<int(std::string_view)>& take);

}  // namespace claimcheck::cli

#endif  // CLAIMCHECK_CLI_ARGUMENT_H_
