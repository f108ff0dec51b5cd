// Keys for HMAC of each size, and JWKs of secrets.
#ifndef CLAIMCHECK_TESTS_CLAIMCHECK_OCT_KEYS_H_
#define CLAIMCHECK_TESTS_CLAIMCHECK_OCT_KEYS_H_

#include <array>
#include <string>
#include <string_view>

#include "claimcheck/algorithm.h"
#include "claimcheck/base64url.h"
#include "claimcheck/key_set.h"

namespace claimcheck::testing {

inline constexpr std::array kHmacs = {Algorithm::kHs256, Algorithm::kHs384,
                                      Algorithm::kHs512};

// oct_jwk is a JWK of a secret; `members` follow: `,"kid":"a"`.
inline std::string oct_jwk(std::string_view secret,
                           std::string_view members = "") {
  return R"({"kty":"oct","k":")" + base64url_encode(secret) + '"' +
         std::string(members) + '}';
}

inline std::string alg_member(Algorithm algorithm) {
  return R"(,"alg":")" + std::string(name_of(algorithm)) + '"';
}

// oct_key is a key for an HMAC, of a secret that is long enough for all.
inline Key oct_key(Algorithm algorithm, const std::string& members = "",
                   char letter = 's') {
  return parse_keys(
             oct_jwk(std::string(64, letter), alg_member(algorithm) + members))
      ->front();
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_CLAIMCHECK_OCT_KEYS_H_
