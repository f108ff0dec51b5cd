#include "claimcheck/jwt.h"

#include <cmath>
#include <cstdio>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/jws.h"
#include "claimcheck/utf8.h"

namespace claimcheck {
namespace {

constexpr std::string_view kType = "download+jwt";
constexpr std::string_view kCookieMethod = "cookie#S256";
constexpr std::size_t kMaxJtiSize = 128;

// Seconds in the year 5138. A date beyond it is milliseconds taken for
// seconds, or an attempt at an exp that never comes.
constexpr double kMaxNumericDate = 1e11;

Error invalid(std::string why) {
  return Error{Errc::kTokenInvalid, std::move(why)};
}

std::string numeric_date(UnixTime time) {
  char text[32];
  const long long ms = time.count();
  std::snprintf(text, sizeof text, "%lld.%03lld", ms / 1000, ms % 1000);
  return text;
}

// A claim of the wrong type is an error, never taken for an absent one: a
// verifier that skips a string "exp" lets a token live for ever.
Result<std::optional<UnixTime>> date_claim(const JsonObject& claims,
                                           const char* name) {
  const JsonValue* value = claims.find(name);
  if (value == nullptr) {
    return std::optional<UnixTime>();
  }
  if (!value->is_number() || !(std::abs(value->number) <= kMaxNumericDate)) {
    return invalid(std::string(name) + " is not a time in seconds");
  }
  return std::optional(UnixTime(std::llround(value->number * 1000)));
}

Result<std::optional<std::string>> string_claim(const JsonObject& claims,
                                                const char* name) {
  const JsonValue* value = claims.find(name);
  if (value == nullptr) {
    return std::optional<std::string>();
  }
  if (!value->is_string()) {
    return invalid(std::string(name) + " is not a string");
  }
  return std::optional(std::string(value->text));
}

Result<void> check_expiry(const JsonObject& json, Claims& claims,
                          const TokenRules& rules, UnixTime now) {
  Result<std::optional<UnixTime>> exp = date_claim(json, "exp");
  if (!exp) {
    return exp.error();
  }
  if (!*exp) {
    return invalid("the token has no exp");
  }
  claims.exp = **exp;
  if (now >= claims.exp && !rules.accept_expired) {
    return Error{Errc::kTokenExpired,
                 "the token expired " +
                     std::to_string((now - claims.exp).count()) + " ms ago"};
  }
  return {};
}

Result<void> check_start(const JsonObject& json, Claims& claims,
                         const TokenRules& rules, UnixTime now) {
  Result<std::optional<UnixTime>> iat = date_claim(json, "iat");
  Result<std::optional<UnixTime>> nbf = date_claim(json, "nbf");
  if (!iat || !nbf) {
    return iat ? nbf.error() : iat.error();
  }
  claims.iat = *iat;
  claims.nbf = *nbf;
  if (claims.iat && *claims.iat > now + rules.leeway) {
    return invalid("iat is in the future: compare the hosts' clocks");
  }
  if (claims.nbf && *claims.nbf > now + rules.leeway) {
    return invalid("nbf is in the future: compare the hosts' clocks");
  }
  if (claims.iat && *claims.iat >= claims.exp) {
    return invalid("exp is not after iat");
  }
  if (claims.exp - claims.iat.value_or(now) > rules.max_lifetime) {
    return invalid("the token lives longer than max_lifetime");
  }
  return {};
}

bool names_audience(const JsonObject& json, const JsonValue& aud,
                    std::string_view audience) {
  if (aud.is_string()) {
    return aud.text == audience;
  }
  for (const JsonValue* element : json.elements(aud)) {
    if (element->is_string() && element->text == audience) {
      return true;
    }
  }
  return false;
}

// RFC 7519 section 4.1.3: who does not find itself in aud must refuse.
Result<void> check_parties(const JsonObject& json, const TokenRules& rules) {
  const JsonValue* aud = json.find("aud");
  if (aud != nullptr && rules.audience.empty()) {
    return invalid("the token has aud, and no audience is configured");
  }
  if (!rules.audience.empty() &&
      (aud == nullptr || !names_audience(json, *aud, rules.audience))) {
    return invalid("aud does not name the configured audience");
  }
  Result<std::optional<std::string>> iss = string_claim(json, "iss");
  if (!iss) {
    return iss.error();
  }
  if (!rules.issuer.empty() && *iss != rules.issuer) {
    return invalid("iss is not the configured issuer");
  }
  return {};
}

bool well_formed_jti(std::string_view jti) {
  return !jti.empty() && jti.size() <= kMaxJtiSize && !has_control(jti);
}

// A cnf that holds other methods alone binds the token to something that is
// not checked here, so it is refused.
Result<std::optional<std::string>> read_confirmation(const JsonObject& json) {
  const JsonValue* cnf = json.find("cnf");
  if (cnf == nullptr) {
    return std::optional<std::string>();
  }
  const JsonValue* cookie = json.find_in(*cnf, kCookieMethod);
  if (cookie == nullptr || !cookie->is_string()) {
    return invalid("cnf has no cookie#S256");
  }
  return std::optional(std::string(cookie->text));
}

Result<void> read_names(const JsonObject& json, Claims& claims) {
  Result<std::optional<std::string>> jti = string_claim(json, "jti");
  Result<std::optional<std::string>> res = string_claim(json, "res");
  Result<std::optional<std::string>> sub = string_claim(json, "sub");
  Result<std::optional<std::string>> cookie = read_confirmation(json);
  for (const auto* name : {&jti, &res, &sub, &cookie}) {
    if (!*name) {
      return name->error();
    }
  }
  if (*jti && !well_formed_jti(**jti)) {
    return invalid("jti is not a string of 1 to 128 bytes without controls");
  }
  claims.jti = *std::move(jti);
  claims.res = *std::move(res);
  claims.sub = *std::move(sub);
  claims.cnf_cookie = *std::move(cookie);
  return {};
}

Result<Claims> check_claims(std::string_view payload, const TokenRules& rules,
                            UnixTime now) {
  Result<JsonObject> json = JsonObject::parse(payload);
  if (!json) {
    return invalid("the token's claims are " + json.error().detail);
  }
  Claims claims;
  if (Result<void> r = check_expiry(*json, claims, rules, now); !r) {
    return r.error();
  }
  if (Result<void> r = check_start(*json, claims, rules, now); !r) {
    return r.error();
  }
  if (Result<void> r = check_parties(*json, rules); !r) {
    return r.error();
  }
  if (Result<void> r = read_names(*json, claims); !r) {
    return r.error();
  }
  return claims;
}

std::string handle_of_jti(const Sha256Digest& thumbprint,
                          std::string_view jti) {
  return hex(Sha256().update(thumbprint).update_sized(jti).finish());
}

}  // namespace

VerifiedToken::VerifiedToken(Claims claims, bool is_expired, const Key& key,
                             std::string_view signing_input)
    : claims_(std::move(claims)),
      is_expired_(is_expired),
      thumbprint_(key.thumbprint()),
      signing_input_(signing_input) {}

std::string VerifiedToken::handle(std::string_view resource,
                                  std::string_view client) const {
  if (claims_.jti) {
    return handle_of_jti(thumbprint_, *claims_.jti);
  }
  return hex(Sha256()
                 .update_sized(signing_input_)
                 .update_sized(resource)
                 .update_sized(client)
                 .finish());
}

Result<VerifiedToken> verify(std::string_view token, const KeySet& keys,
                             const TokenRules& rules, UnixTime now) {
  const JwsRules jws_rules{{"jwt", kType}};
  Result<Jws> jws = jws_verify(token, keys, jws_rules);
  if (!jws) {
    return jws.error();
  }
  Result<Claims> claims = check_claims(jws->payload, rules, now);
  if (!claims) {
    return claims.error();
  }
  const bool is_expired = now >= claims->exp;
  return VerifiedToken(*std::move(claims), is_expired, *jws->key,
                       signing_input(token));
}

std::string token_handle(const Key& key, std::string_view jti) {
  return handle_of_jti(key.thumbprint(), jti);
}

std::string cookie_confirmation(std::string_view cookie) {
  return base64url_encode(Sha256().update(cookie).finish());
}

TokenBuilder& TokenBuilder::add(std::string_view name, std::string_view json) {
  members_ += members_.empty() ? "" : ",";
  members_ += json_quote(name);
  members_ += ':';
  members_ += json;
  return *this;
}

TokenBuilder& TokenBuilder::issuer(std::string_view iss) {
  return add("iss", json_quote(iss));
}

TokenBuilder& TokenBuilder::audience(std::string_view aud) {
  return add("aud", json_quote(aud));
}

TokenBuilder& TokenBuilder::issued_at(UnixTime iat) {
  return add("iat", numeric_date(iat));
}

TokenBuilder& TokenBuilder::expires_at(UnixTime exp) {
  return add("exp", numeric_date(exp));
}

TokenBuilder& TokenBuilder::jwt_id(std::string_view jti) {
  return add("jti", json_quote(jti));
}

TokenBuilder& TokenBuilder::resource(std::string_view res) {
  return add("res", json_quote(res));
}

TokenBuilder& TokenBuilder::subject(std::string_view sub) {
  return add("sub", json_quote(sub));
}

TokenBuilder& TokenBuilder::confirm_cookie(std::string_view cookie) {
  return add("cnf", "{" + json_quote(kCookieMethod) + ":" +
                        json_quote(cookie_confirmation(cookie)) + "}");
}

std::string TokenBuilder::sign(const Key& key) const {
  return jws_sign(key, kType, "{" + members_ + "}");
}

}  // namespace claimcheck
