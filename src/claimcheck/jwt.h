// JWT claims (RFC 7519) of a download token, in a JWS:
//
//   {"iat":1700000000.123,"exp":1700000002.123,"jti":"…","res":"/a.csv",
//    "sub":"alice","cnf":{"cookie#S256":"…"}}
//
// Issue and verify; `random` is 16 random bytes:
//
//   std::string token = TokenBuilder()
//                           .issued_at(now)
//                           .expires_at(now + std::chrono::seconds(2))
//                           .jwt_id(base64url_encode(random))
//                           .resource("/downloads/report.csv")
//                           .sign(key);
//
//   KeySet keys = {key};
//   Result<VerifiedToken> verified = verify(token, keys, TokenRules{}, now);
//   if (!verified) log(verified.error().detail);
//   else if (verified->claims().res == "/downloads/report.csv") serve();
//
// verify() is the only way to claims. Time is a parameter everywhere:
// milliseconds since 1970-01-01T00:00:00Z.
#ifndef CLAIMCHECK_JWT_H_
#define CLAIMCHECK_JWT_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "claimcheck/key.h"
#include "claimcheck/result.h"

namespace claimcheck {

using UnixTime = std::chrono::milliseconds;

// Claims is what a verified token says. Members that it does not have are
// empty optionals.
struct Claims {
  UnixTime exp{};
  std::optional<UnixTime> iat;
  std::optional<UnixTime> nbf;
  std::optional<std::string> jti;
  std::optional<std::string> res;
  std::optional<std::string> sub;
  // cnf["cookie#S256"] (RFC 7800 section 3.1): base64url of the SHA-256 of the
  // client cookie.
  std::optional<std::string> cnf_cookie;
};

// TokenRules is what a verifier demands beyond a good signature.
struct TokenRules {
  // How far iat and nbf may lie in the future. Never extends exp.
  std::chrono::milliseconds leeway{1000};
  // The longest exp - iat, or exp - now without iat: a login token of the same
  // secret is no download token.
  std::chrono::milliseconds max_lifetime{10000};
  // Where not empty, iss must be equal, and aud must be or hold it. A token
  // with aud is refused where audience is empty.
  std::string issuer;
  std::string audience;
  // Whether a token whose only fault is its exp passes, with is_expired() set:
  // to name it in a log, never to serve it.
  bool accept_expired = false;
};

// VerifiedToken is a token that passed verify(); there is no other way to make
// one.
class VerifiedToken {
 public:
  const Claims& claims() const { return claims_; }

  // is_expired is true only where TokenRules::accept_expired let it pass.
  bool is_expired() const { return is_expired_; }

  // handle is the token's one name in files and logs, 64 hexadecimal digits:
  // SHA-256 of the key's thumbprint and the jti. A token without jti is named
  // by its signing input, `resource` and `client` (the client's name, empty if
  // it has none): two callers of node's jwt.sign({}) in one second get the
  // same token.
  std::string handle(std::string_view resource, std::string_view client) const;

 private:
  friend Result<VerifiedToken> verify(std::string_view token,
                                      const KeySet& keys,
                                      const TokenRules& rules, UnixTime now);
  VerifiedToken(Claims claims, bool is_expired, const Key& key,
                std::string_view signing_input);

  Claims claims_;
  bool is_expired_;
  Sha256Digest thumbprint_;
  std::string signing_input_;
};

// verify checks `token` in this order: size, form, header, signature, claims.
// The first failure decides: kTokenExpired for a good signature whose exp has
// come, kTokenInvalid for all else. The detail holds nothing of the token.
Result<VerifiedToken> verify(std::string_view token, const KeySet& keys,
                             const TokenRules& rules, UnixTime now);

// token_handle is the handle of a token that `key` signs with `jti`.
std::string token_handle(const Key& key, std::string_view jti);

// TokenBuilder collects claims; what is not set is left out.
class TokenBuilder {
 public:
  TokenBuilder& issuer(std::string_view iss);
  TokenBuilder& audience(std::string_view aud);
  TokenBuilder& issued_at(UnixTime iat);
  TokenBuilder& expires_at(UnixTime exp);
  TokenBuilder& jwt_id(std::string_view jti);
  TokenBuilder& resource(std::string_view res);
  TokenBuilder& subject(std::string_view sub);
  // confirm_cookie binds the token to the client cookie of this value.
  TokenBuilder& confirm_cookie(std::string_view cookie);

  std::string sign(const Key& key) const;

 private:
  TokenBuilder& add(std::string_view name, std::string_view json);

  std::string members_;
};

// cookie_confirmation is the value of cnf["cookie#S256"] for a client cookie.
std::string cookie_confirmation(std::string_view cookie);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JWT_H_
