// What parse_keys owes for a text in any form (key_set.h).
#ifndef CLAIMCHECK_FUZZ_KEY_TEXT_H_
#define CLAIMCHECK_FUZZ_KEY_TEXT_H_

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "claimcheck/jwk.h"
#include "claimcheck/jws.h"
#include "claimcheck/key_set.h"
#include "claimcheck/utf8.h"
#include "property.h"
#include "randomness.h"

namespace claimcheck::fuzz {

// kBeforeAll is a time at which no key is retired.
inline constexpr UnixTime kBeforeAll{-100'000'000'000'001};

// kMaxRsaSigned bounds what a set costs: an RSA signature takes a millisecond
// or, of 8192 bits, fifty.
inline constexpr std::size_t kMaxRsaSigned = 2;

inline bool is_rsa(const Key& key) {
  return key.algorithm() == Algorithm::kRs256 ||
         key.algorithm() == Algorithm::kPs256;
}

// A public key that is a point of small order takes this for a signature of
// any text: R is the neutral point and S is 0 (RFC 8032 section 5.1.7).
inline void check_not_forged(const Key& key, std::string_view text) {
  std::string forged(64, '\0');
  require(!key.verify(text, forged), "no key takes zeros for a signature");
  forged.front() = 1;
  require(!key.verify(text, forged), "no key takes what nobody signed");
  require(!key.verify(text, ""), "no key takes an empty signature");
}

inline void check_use(const Key& key) {
  require(key.kid().size() <= kMaxKidSize && !has_control(key.kid()),
          "a kid is of at most 128 bytes without controls");
  require(key.may_sign() || key.may_verify(), "a key is good for something");
  require(!key.may_sign() || key.is_private(), "no public key signs");
  require(!key.exp() || *key.exp() > kBeforeAll, "exp is a time");
}

// check_signs signs once and tries what the signature must and must not do.
inline void check_signs(const Key& key, const KeySet& keys) {
  const Result<std::string> token = jws_sign(key, kTokenType, "{}");
  require(token.has_value(), "a key that may sign signs");
  const std::string_view text = signing_input(*token);
  std::string signature = *base64url_decode(token->substr(text.size() + 1));
  require(key.verify(text, signature) == key.may_verify(),
          "a key verifies its own signature");
  require(!key.verify(std::string(text) + 'x', signature),
          "a signature is good for its text alone");
  require(!key.verify(text, signature + '\0'), "a longer signature is none");
  signature.back() ^= 1;
  require(!key.verify(text, signature), "a changed signature is none");
  signature.pop_back();
  require(!key.verify(text, signature), "a shorter signature is none");
  // A token without kid is tried with kMaxKeysTried keys, not with all.
  if (key.may_verify() &&
      (!key.kid().empty() || keys.size() <= kMaxKeysTried)) {
    const Result<Jws> jws = jws_verify(*token, keys, JwsRules{}, kBeforeAll);
    require(jws && (key.kid().empty() || jws->key == &key),
            "the set verifies the tokens of its keys");
  }
}

inline void check_keys(const KeySet& keys) {
  require(!keys.empty() && keys.size() <= kMaxKeys, "a set is of 1 to 32 keys");
  std::set<std::string_view> kids;
  std::size_t rsa_signed = 0;
  for (const Key& key : keys) {
    require(key.kid().empty() || kids.insert(key.kid()).second,
            "no two keys have the same kid");
    require(key.is_private() == keys.front().is_private(),
            "no private key is beside a public one");
    check_use(key);
    check_not_forged(key, "text");
    if (!key.may_sign()) {
      require(!key.sign("text"), "a key that may not sign does not");
    } else if (!is_rsa(key) || rsa_signed++ < kMaxRsaSigned) {
      check_signs(key, keys);
    }
  }
}

inline bool same(const Key& a, const Key& b) {
  return a.algorithm() == b.algorithm() && a.kid() == b.kid() &&
         a.thumbprint() == b.thumbprint() && a.may_sign() == b.may_sign() &&
         a.may_verify() == b.may_verify() && a.exp() == b.exp() &&
         a.is_private() == b.is_private();
}

inline bool same(const Result<KeySet>& a, const Result<KeySet>& b) {
  if (a && b) {
    return std::equal(a->begin(), a->end(), b->begin(), b->end(),
                      [](const Key& x, const Key& y) { return same(x, y); });
  }
  return !a && !b && a.error().code == b.error().code &&
         a.error().detail == b.error().detail;
}

// A kid is named on purpose, and is no secret: (kid "…") goes.
inline std::string detail_of(const Result<KeySet>& keys) {
  if (keys) {
    return {};
  }
  std::string detail = keys.error().detail;
  const std::size_t begin = detail.find(" (kid \"");
  const std::size_t end = detail.rfind("\"): ");
  if (detail.starts_with("key ") && end != detail.npos && begin < end) {
    detail.erase(begin, end + 2 - begin);
  }
  return detail;
}

// Encoded keys are runs of digits that are longer than any word.
inline bool has_encoded_run(std::string_view detail) {
  constexpr std::size_t kRun = 16;
  std::size_t run = 0;
  return std::any_of(detail.begin(), detail.end(), [&run](char c) {
    const bool is_digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9') ||
        std::string_view("+/-_=").find(c) != std::string_view::npos;
    run = is_digit ? run + 1 : 0;
    return run == kRun;
  });
}

inline Result<KeySet> parse_repeatably(std::string_view text) {
  repeat_randomness();
  return parse_keys(text);
}

inline void check_refusal(const Result<KeySet>& keys, std::string_view text) {
  require(keys.error().code == Errc::kConfig, "a refusal is kConfig");
  const std::string detail = detail_of(keys);
  require(!detail.empty(), "a refusal has a reason");
  require(std::all_of(detail.begin(), detail.end(),
                      [](char c) { return c >= ' ' && c <= '~'; }),
          "a reason is one line of ASCII");
  require(!has_encoded_run(detail), "a reason holds no part of a key");
  check_tells_nothing(detail, std::string(text), [](std::string_view spoilt) {
    return detail_of(parse_keys(spoilt));
  });
}

inline Result<KeySet> check_key_text(std::string_view text) {
  Result<KeySet> keys = parse_repeatably(text);
  require(same(keys, parse_repeatably(text)), "a text has the same keys again");
  if (keys) {
    require(text.size() <= kMaxKeyText, "no long text holds keys");
    check_keys(*keys);
  } else {
    check_refusal(keys, text);
  }
  return keys;
}

}  // namespace claimcheck::fuzz

#endif  // CLAIMCHECK_FUZZ_KEY_TEXT_H_
