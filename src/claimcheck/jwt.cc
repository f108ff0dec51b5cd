#include "claimcheck/jwt.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/sha256.h"
#include "claimcheck/utf8.h"

namespace claimcheck {
namespace {

constexpr std::size_t kMaxJtiSize = 128;

Error invalid(std::string why) {
  return Error{Errc::kTokenInvalid, std::move(why)};
}

// Known are the claims that are looked at; nullptr where one is absent.
struct Known {
  const JsonValue* exp = nullptr;
  const JsonValue* iat = nullptr;
  const JsonValue* nbf = nullptr;
  const JsonValue* aud = nullptr;
  const JsonValue* iss = nullptr;
  const JsonValue* sub = nullptr;
  const JsonValue* jti = nullptr;
  const JsonValue* res = nullptr;
  const JsonValue* cnf = nullptr;
};

// In one pass: nine searches took as long as the MAC.
Known find_known(const JsonObject& json) {
  static constexpr std::pair<std::string_view, const JsonValue * Known::*>
      kNames[] = {
          {"exp", &Known::exp}, {"iat", &Known::iat}, {"nbf", &Known::nbf},
          {"aud", &Known::aud}, {"iss", &Known::iss}, {"sub", &Known::sub},
          {"jti", &Known::jti}, {"res", &Known::res}, {"cnf", &Known::cnf}};
  Known known;
  const JsonValue* member = nullptr;
  while ((member = json.next_in(json.root(), member)) != nullptr) {
    for (const auto& [name, slot] : kNames) {
      if (member->is_named(name)) {
        known.*slot = member;
        break;
      }
    }
  }
  return known;
}

// A claim of the wrong type is an error, never taken for an absent one: a
// verifier that skips a string "exp" lets a token live for ever.
Result<std::optional<UnixTime>> date_claim(const JsonValue* value,
                                           const char* name) {
  if (value == nullptr) {
    return std::optional<UnixTime>();
  }
  if (!value->is_number() || !(std::abs(value->number) <= kMaxNumericDate)) {
    return invalid(std::string(name) + " is not a time in seconds");
  }
  return std::optional(UnixTime(std::llround(value->number * 1000)));
}

bool names_audience(const JsonObject& json, const JsonValue& aud,
                    std::string_view audience) {
  const JsonValue* element = nullptr;
  while (aud.type == JsonValue::Type::kArray &&
         (element = json.next_in(aud, element)) != nullptr) {
    if (element->is_string() && element->text() == audience) {
      return true;
    }
  }
  return aud.is_string() && aud.text() == audience;
}

bool well_formed_jti(std::string_view jti) {
  return !jti.empty() && jti.size() <= kMaxJtiSize && !has_control(jti);
}

std::string handle_of_jti(const Thumbprint& thumbprint, std::string_view jti) {
  return hex(Sha256().update(thumbprint).update_sized(jti).finish());
}

}  // namespace

// TokenReader makes a VerifiedToken: the payload is decoded into its text and
// parsed there.
class TokenReader {
 public:
  TokenReader(const TokenRules& rules, UnixTime now)
      : rules_(rules), now_(now) {}

  Result<VerifiedToken> read(std::string_view token, const KeySet& keys) {
    const Result<VerifiedPayload> jws = jws_verify_to(
        claims_.text_.room(), token, keys, JwsRules{rules_.types}, now_);
    if (!jws) {
      return jws.error();
    }
    if (Result<void> r = read_claims(jws->payload.size()); !r) {
      return r.error();
    }
    token_.is_expired_ = now_ >= claims_.exp();
    token_.name_ = claims_.jti()
                       ? jws->key->thumbprint()
                       : Sha256().update(signing_input(token)).finish();
    return token_;
  }

 private:
  Result<void> read_claims(std::size_t size) {
    JsonTable table;
    const Result<JsonObject> json =
        JsonObject::parse(claims_.text_.use(size + 1), table);
    if (!json) {
      return invalid("the token's claims are " + json.error().detail);
    }
    const Known known = find_known(*json);
    if (Result<void> r = read_expiry(known); !r) {
      return r;
    }
    if (Result<void> r = read_start(known); !r) {
      return r;
    }
    if (Result<void> r = check_parties(*json, known); !r) {
      return r;
    }
    if (Result<void> r = read_names(known); !r) {
      return r;
    }
    return read_confirmation(*json, known.cnf);
  }

  Result<void> read_expiry(const Known& known) {
    const Result<std::optional<UnixTime>> exp = date_claim(known.exp, "exp");
    if (!exp) {
      return exp.error();
    }
    if (!*exp) {
      return invalid("the token has no exp");
    }
    claims_.exp_ = **exp;
    if (now_ >= claims_.exp_ && !rules_.accept_expired) {
      return Error{Errc::kTokenExpired,
                   "the token expired " +
                       std::to_string((now_ - claims_.exp_).count()) +
                       " ms ago"};
    }
    return {};
  }

  Result<void> read_start(const Known& known) {
    const Result<std::optional<UnixTime>> iat = date_claim(known.iat, "iat");
    const Result<std::optional<UnixTime>> nbf = date_claim(known.nbf, "nbf");
    if (!iat || !nbf) {
      return iat ? nbf.error() : iat.error();
    }
    claims_.iat_ = *iat;
    claims_.nbf_ = *nbf;
    const UnixTime latest = now_ + rules_.leeway;
    if (iat->value_or(now_) > latest) {
      return invalid("iat is in the future: compare the hosts' clocks");
    }
    if (nbf->value_or(now_) > latest) {
      return invalid("nbf is in the future: compare the hosts' clocks");
    }
    if (*iat && **iat >= claims_.exp_) {
      return invalid("exp is not after iat");
    }
    if (claims_.exp_ - iat->value_or(now_) > rules_.max_lifetime) {
      return invalid("the token lives longer than max_lifetime");
    }
    return {};
  }

  // RFC 7519 section 4.1.3: who does not find itself in aud must refuse.
  Result<void> check_parties(const JsonObject& json, const Known& known) {
    if (known.aud != nullptr && rules_.audience.empty()) {
      return invalid("the token has aud, and no audience is configured");
    }
    if (!rules_.audience.empty() &&
        (known.aud == nullptr ||
         !names_audience(json, *known.aud, rules_.audience))) {
      return invalid("aud does not name the configured audience");
    }
    if (Result<void> r = read_text(known.iss, "iss", claims_.iss_); !r) {
      return r;
    }
    if (!rules_.issuer.empty() && claims_.iss() != rules_.issuer) {
      return invalid("iss is not the configured issuer");
    }
    return {};
  }

  Result<void> read_names(const Known& known) {
    if (Result<void> r = read_text(known.jti, "jti", claims_.jti_); !r) {
      return r;
    }
    if (known.jti != nullptr && !well_formed_jti(known.jti->text())) {
      return invalid("jti is not a string of 1 to 128 bytes without controls");
    }
    if (Result<void> r = read_text(known.res, "res", claims_.res_); !r) {
      return r;
    }
    return read_text(known.sub, "sub", claims_.sub_);
  }

  // A cnf that holds other methods alone binds the token to something that is
  // not checked here, so it is refused.
  Result<void> read_confirmation(const JsonObject& json, const JsonValue* cnf) {
    if (cnf == nullptr) {
      return {};
    }
    const JsonValue* cookie = json.find_in(*cnf, kCookieMethod);
    if (cookie == nullptr || !cookie->is_string()) {
      return invalid("cnf has no cookie#S256");
    }
    return read_text(cookie, "cnf", claims_.cnf_cookie_);
  }

  Result<void> read_text(const JsonValue* value, const char* name,
                         Claims::Slice& slice) {
    if (value == nullptr) {
      return {};
    }
    if (!value->is_string()) {
      return invalid(std::string(name) + " is not a string");
    }
    slice.offset = static_cast<std::uint16_t>(value->text_data -
                                              claims_.text_.room().data());
    slice.size = static_cast<std::uint16_t>(value->text_size);
    slice.is_there = true;
    return {};
  }

  const TokenRules& rules_;
  const UnixTime now_;
  VerifiedToken token_;
  Claims& claims_ = token_.claims_;
};

TokenText& TokenText::operator=(const TokenText& other) {
  size_ = other.size_;
  std::copy_n(other.bytes_.data(), size_, bytes_.data());
  return *this;
}

std::span<char> TokenText::use(std::size_t size) {
  size_ = size;
  return std::span(bytes_).first(size);
}

Claims::Text Claims::text_of(Slice slice) const {
  return slice.is_there ? Text(text_.part(slice.offset, slice.size))
                        : std::nullopt;
}

std::string VerifiedToken::handle(std::string_view resource,
                                  std::string_view client) const {
  if (claims_.jti()) {
    return handle_of_jti(name_, *claims_.jti());
  }
  return hex(Sha256()
                 .update(name_)
                 .update_sized(resource)
                 .update_sized(client)
                 .finish());
}

Result<VerifiedToken> verify(std::string_view token, const KeySet& keys,
                             const TokenRules& rules, UnixTime now) {
  return TokenReader(rules, now).read(token, keys);
}

std::string token_handle(const Key& key, std::string_view jti) {
  return handle_of_jti(key.thumbprint(), jti);
}

std::string cookie_confirmation(std::string_view cookie) {
  return base64url_encode(Sha256().update(cookie).finish());
}

}  // namespace claimcheck
