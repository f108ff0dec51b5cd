// New keys, and key sets in which they take the place of old ones.
//
//   Result<std::string> jwk = generate_jwk(Algorithm::kEs256, "2026-11");
//   Result<std::string> set = rotate_keys(text_of_file, *jwk, now,
//                                         std::chrono::hours(1));
//
// The texts hold secrets: the caller cleanses them.
#ifndef CLAIMCHECK_KEYGEN_H_
#define CLAIMCHECK_KEYGEN_H_

#include <chrono>
#include <string>
#include <string_view>

#include "claimcheck/algorithm.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

// generate_jwk makes a key and spells it as a JWK of one line, with `kid` if
// it is not empty: a secret as long as the hash, or a key pair with its private
// half (RSA: 2048 bits). kConfig for a kid that key_set.h refuses; kUnavailable
// if OpenSSL's generator fails.
Result<std::string> generate_jwk(Algorithm algorithm, std::string_view kid);

// rotate_keys returns a JWK Set, a key a line: `jwk` first, which signs from
// now on, then the keys of `text`, in any form that parse_keys takes, each with
// an `exp` that retires it `retire_after` from `now`, or earlier if it had one.
// Keys that are retired already are left out. kConfig if `text` holds no keys,
// or only public ones: those follow the private ones of another host.
Result<std::string> rotate_keys(std::string_view text, std::string_view jwk,
                                UnixTime now,
                                std::chrono::milliseconds retire_after);

}  // namespace claimcheck

#endif  // CLAIMCHECK_KEYGEN_H_
