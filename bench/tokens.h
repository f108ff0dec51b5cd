// What the cases of the token benchmark share: one token, and one file of
// cases for each side.
#ifndef CLAIMCHECK_BENCH_TOKENS_H_
#define CLAIMCHECK_BENCH_TOKENS_H_

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "claimcheck/jwt.h"
#include "stopwatch.h"

// kSecret is of 43 characters, as `claimcheck keygen` makes them.
inline constexpr std::string_view kSecret =
    "q7Zp0sVd3XbYtK1mR9cLwE5uHfJ2nGaQ8oTiPxN4vBk";
inline constexpr std::string_view kJti = "Zm9vYmFyYmF6cXV4cXV1eA";
inline constexpr std::string_view kResource = "/downloads/report.csv";
inline constexpr claimcheck::UnixTime kNow{1700000000123};
inline constexpr std::chrono::seconds kLifetime{2};

// kTypes are the types of token that claimcheck::verify() takes.
inline constexpr std::string_view kTypes[] = {"jwt", claimcheck::kTokenType};

// must ends the program where there is no value.
template <typename T>
T must(claimcheck::Result<T> result) {
  if (!result) {
    std::cerr << "bench/tokens: " << result.error().detail << '\n';
    std::exit(1);
  }
  return *std::move(result);
}

// sign_token makes the token of about 200 bytes that get-token would make.
claimcheck::Result<std::string> sign_token(const claimcheck::Key& key);

// payload_of is the JSON of a token's claims.
std::string payload_of(std::string_view token);

// hmac.cc: what bare OpenSSL takes for the MAC of `token`, under kSecret.
void add_bare_hmac(Stopwatch& stopwatch, const std::string& token);

// key_pairs.cc: every algorithm but HS256, and bare OpenSSL beside it.
void add_other_algorithms(Stopwatch& stopwatch, const std::string& token);

// libjwt.cc: libjwt, for a token with the claims of `token`. Says so where it
// was not there to build with.
void add_libjwt(Stopwatch& stopwatch, const std::string& token);

#endif  // CLAIMCHECK_BENCH_TOKENS_H_
