// What a token that verified owes (jws.h, jwt.h), by a second reading of it.
#ifndef CLAIMCHECK_FUZZ_TOKEN_CLAIMS_H_
#define CLAIMCHECK_FUZZ_TOKEN_CLAIMS_H_

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "claimcheck/jws.h"
#include "claimcheck/jwt.h"
#include "claimcheck/utf8.h"
#include "json_tree.h"
#include "property.h"

namespace claimcheck::fuzz {

inline constexpr UnixTime kNow{1'800'000'000'500};

inline void check_header(std::string_view header, const Key& key,
                         const KeySet& keys) {
  const JsonNode json = read_object(std::string(header));
  const JsonNode* alg = member(json, "alg");
  require(alg != nullptr && alg->is_string() &&
              alg->text == name_of(key.algorithm()),
          "alg is that of the key");
  require(member(json, "crit") == nullptr, "no crit is accepted");
  const JsonNode* kid = member(json, "kid");
  require(kid == nullptr || kid->is_string(), "kid is a string");
  const bool is_nameless = keys.size() == 1 && key.kid().empty();
  require(kid == nullptr || is_nameless || kid->text == key.kid(),
          "kid is that of the key");
}

inline void check_text(const JsonNode& json, const char* name,
                       Claims::Text text) {
  const JsonNode* value = member(json, name);
  require((value != nullptr) == text.has_value(),
          "a claim is there if the payload has it");
  require(value == nullptr || (value->is_string() && value->text == *text),
          "a claim is what the payload says");
}

inline void check_date(const JsonNode& json, const char* name,
                       std::optional<UnixTime> date) {
  const JsonNode* value = member(json, name);
  require((value != nullptr) == date.has_value(),
          "a date is there if the payload has it");
  require(
      value == nullptr || (value->type == JsonNode::Type::kNumber &&
                           std::abs(value->number * 1000 -
                                    static_cast<double>(date->count())) <= 0.5),
      "a date is the payload's, to the millisecond");
}

// RFC 7519 section 4.1.3: a verifier that is not named must refuse.
inline void check_audience(const JsonNode& json, const TokenRules& rules) {
  const JsonNode* aud = member(json, "aud");
  if (rules.audience.empty()) {
    require(aud == nullptr, "no aud is accepted without an audience");
    return;
  }
  const auto names = [&rules](const JsonNode& value) {
    return value.is_string() && value.text == rules.audience;
  };
  require(aud != nullptr &&
              (names(*aud) || (aud->type == JsonNode::Type::kArray &&
                               std::any_of(aud->children.begin(),
                                           aud->children.end(), names))),
          "aud names the audience");
}

inline void check_payload(std::string_view payload, const Claims& claims,
                          const TokenRules& rules) {
  const JsonNode json = read_object(std::string(payload));
  check_date(json, "exp", claims.exp());
  check_date(json, "iat", claims.iat());
  check_date(json, "nbf", claims.nbf());
  check_text(json, "iss", claims.iss());
  check_text(json, "sub", claims.sub());
  check_text(json, "jti", claims.jti());
  check_text(json, "res", claims.res());
  check_audience(json, rules);
  const JsonNode* cnf = member(json, "cnf");
  require((cnf != nullptr) == claims.cnf_cookie().has_value(),
          "cnf is never passed over");
  if (cnf != nullptr) {
    require(cnf->type == JsonNode::Type::kObject, "cnf is an object");
    const JsonNode* cookie = member(*cnf, "cookie#S256");
    require(cookie != nullptr && cookie->is_string() &&
                cookie->text == *claims.cnf_cookie(),
            "cnf is the payload's");
  }
}

inline void check_contract(const Claims& claims, const TokenRules& rules) {
  const UnixTime latest = kNow + rules.leeway;
  require(claims.iat().value_or(kNow) <= latest, "iat is not in the future");
  require(claims.nbf().value_or(kNow) <= latest, "nbf is not in the future");
  require(!claims.iat() || *claims.iat() < claims.exp(), "exp is after iat");
  require(claims.exp() - claims.iat().value_or(kNow) <= rules.max_lifetime,
          "no token lives longer than max_lifetime");
  require(
      !claims.jti() || (!claims.jti()->empty() && claims.jti()->size() <= 128 &&
                        !has_control(*claims.jti())),
      "jti is of 1 to 128 bytes without controls");
  require(rules.issuer.empty() || claims.iss() == rules.issuer,
          "iss is the configured issuer");
}

// jwt.h: a jti and the key name a token; without one the resource and the
// client do, too.
inline void check_handle(const VerifiedToken& token, const Jws& jws) {
  const std::string handle = token.handle("/a", "b");
  require(handle.size() == 64 &&
              handle.find_first_not_of("0123456789abcdef") == handle.npos,
          "a handle is of 64 hexadecimal digits");
  if (token.claims().jti()) {
    require(handle == token_handle(*jws.key, *token.claims().jti()) &&
                handle == token.handle("/other", ""),
            "a handle is the key's and the jti's");
  } else {
    require(
        handle != token.handle("/", "ab") && handle != token.handle("/a", ""),
        "without jti a handle is also the resource's and the client's");
  }
}

inline void check_verified(const VerifiedToken& token, const Jws& jws,
                           const TokenRules& rules) {
  check_contract(token.claims(), rules);
  check_payload(jws.payload, token.claims(), rules);
  check_handle(token, jws);
}

inline bool same(const VerifiedToken& a, const VerifiedToken& b) {
  const Claims& x = a.claims();
  const Claims& y = b.claims();
  return x.exp() == y.exp() && x.iat() == y.iat() && x.nbf() == y.nbf() &&
         x.iss() == y.iss() && x.sub() == y.sub() && x.jti() == y.jti() &&
         x.res() == y.res() && x.cnf_cookie() == y.cnf_cookie() &&
         a.is_expired() == b.is_expired() &&
         a.handle("/a", "b") == b.handle("/a", "b");
}

inline bool same(const Result<VerifiedToken>& a,
                 const Result<VerifiedToken>& b) {
  if (a && b) {
    return same(*a, *b);
  }
  return !a && !b && a.error().code == b.error().code &&
         a.error().detail == b.error().detail;
}

// The accessors' views lie in the object itself: a copy must not look into the
// original, which is gone by then.
inline void check_copies(const VerifiedToken& token) {
  auto original = std::make_unique<VerifiedToken>(token);
  VerifiedToken copy = *original;
  original.reset();
  require(same(copy, token), "a copy says the same");
  auto moved = std::make_unique<VerifiedToken>(std::move(copy));
  require(same(*moved, token), "what was moved says the same");
  copy = *moved;
  moved.reset();
  require(same(copy, token), "what was assigned says the same");
}

}  // namespace claimcheck::fuzz

#endif  // CLAIMCHECK_FUZZ_TOKEN_CLAIMS_H_
