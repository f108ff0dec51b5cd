// Tokens as a hostile or careless issuer would mint them: any header and any
// payload under a good signature.
#ifndef CLAIMCHECK_TESTS_CLAIMCHECK_MINTED_H_
#define CLAIMCHECK_TESTS_CLAIMCHECK_MINTED_H_

#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "claimcheck/jws.h"
#include "claimcheck/jwt.h"
#include "claimcheck/key_set.h"
#include "claimcheck/result.h"

namespace claimcheck::testing {

inline constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
inline constexpr std::string_view kOtherSecret =
    "another secret of thirty-two bytes, or a few more";
inline constexpr UnixTime kNow{1'700'000'000'000};
inline constexpr std::string_view kHeader = R"({"alg":"HS256"})";

inline Key test_key(std::string kid = {}) {
  return *Key::hs256(kSecret, std::move(kid));
}

inline Key other_key(std::string kid = {}) {
  return *Key::hs256(kOtherSecret, std::move(kid));
}

// mint_parts signs two parts that may be anything, base64url or not.
inline std::string mint_parts(std::string_view header, std::string_view payload,
                              const Key& key) {
  const std::string input = std::string(header) + '.' + std::string(payload);
  return input + '.' + base64url_encode(*key.sign(input));
}

inline std::string mint(std::string_view header, std::string_view payload,
                        const Key& key = test_key()) {
  return mint_parts(base64url_encode(header), base64url_encode(payload), key);
}

// mint_claims is a token of kNow that is good but for `members`, which follow
// exp: `,"jti":"a"`.
inline std::string mint_claims(std::string_view members) {
  return mint(kHeader, R"({"iat":1700000000,"exp":1700000002)" +
                           std::string(members) + "}");
}

// outcome spells a result for comparisons: "ok" or why not.
template <typename T>
std::string outcome(const Result<T>& result) {
  if (result) {
    return "ok";
  }
  switch (result.error().code) {
    case Errc::kTokenInvalid:
      return "token_invalid";
    case Errc::kTokenExpired:
      return "token_expired";
    case Errc::kConfig:
      return "config";
    default:
      return "another code";
  }
}

inline std::string verdict(std::string_view token, const KeySet& keys,
                           const TokenRules& rules = {}, UnixTime now = kNow) {
  return outcome(verify(token, keys, rules, now));
}

inline std::string verdict(std::string_view token) {
  return verdict(token, KeySet{test_key()});
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_CLAIMCHECK_MINTED_H_
