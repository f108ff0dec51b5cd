// JWT claims (RFC 7519) of a download token, in a JWS:
//
//   {"iat":1700000000.123,"exp":1700000002.123,"jti":"…","res":"/a.csv",
//    "sub":"alice","cnf":{"cookie#S256":"…"}}
//
// Issue and verify; `random` is 16 random bytes:
//
//   Result<std::string> token = TokenBuilder()
//                                   .issued_at(now)
//                                   .expires_at(now + std::chrono::seconds(2))
//                                   .jwt_id(base64url_encode(random))
//                                   .resource("/downloads/report.csv")
//                                   .sign(key);
//
//   KeySet keys = {key};
//   Result<VerifiedToken> verified = verify(*token, keys, TokenRules{}, now);
//   if (!verified) log(verified.error().detail);
//   else if (verified->claims().res() == "/downloads/report.csv") serve();
//
// verify() is the only way to claims. Time is a parameter everywhere:
// milliseconds since 1970-01-01T00:00:00Z.
#ifndef CLAIMCHECK_JWT_H_
#define CLAIMCHECK_JWT_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "claimcheck/jws.h"
#include "claimcheck/key.h"
#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

// TokenText holds the text of a token's claims. It copies what is in use
// alone, and is not initialised beyond it.
class TokenText {
 public:
  TokenText() {}
  TokenText(const TokenText& other) { *this = other; }
  TokenText& operator=(const TokenText& other);

  // room is for a payload and one byte more.
  std::span<char> room() { return bytes_; }
  // use tells how much of the room is in use.
  std::span<char> use(std::size_t size);
  std::string_view part(std::size_t offset, std::size_t size) const {
    return std::string_view(bytes_.data(), size_).substr(offset, size);
  }

 private:
  std::size_t size_ = 0;
  std::array<char, kMaxPayloadSize + 1> bytes_;
};

// Claims is what a verified token says. It holds the token's text itself and
// copies it along: views that the accessors return live as long as the object.
class Claims {
 public:
  using Text = std::optional<std::string_view>;

  UnixTime exp() const { return exp_; }
  std::optional<UnixTime> iat() const { return iat_; }
  std::optional<UnixTime> nbf() const { return nbf_; }
  Text iss() const { return text_of(iss_); }
  Text sub() const { return text_of(sub_); }
  Text jti() const { return text_of(jti_); }
  Text res() const { return text_of(res_); }
  // cnf_cookie is cnf["cookie#S256"] (RFC 7800 section 3.1): base64url of the
  // SHA-256 of the client cookie.
  Text cnf_cookie() const { return text_of(cnf_cookie_); }

 private:
  friend class TokenReader;
  friend class VerifiedToken;

  // Slice is a string in text_.
  struct Slice {
    std::uint16_t offset = 0;
    std::uint16_t size = 0;
    bool is_there = false;
  };

  Claims() = default;
  Text text_of(Slice slice) const;

  UnixTime exp_{};
  std::optional<UnixTime> iat_;
  std::optional<UnixTime> nbf_;
  Slice iss_, sub_, jti_, res_, cnf_cookie_;
  TokenText text_;
};

// kDownloadTypes are the `typ` of a download token: ours, and that of every
// library.
inline constexpr std::string_view kDownloadTypes[] = {"jwt", kTokenType};

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
  // JwsRules::types. What they view must outlive the rules. Who takes another
  // kind of token names its types here: then a download token that we signed
  // is none of them (RFC 8725 section 3.11).
  std::span<const std::string_view> types = kDownloadTypes;
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
  friend class TokenReader;
  VerifiedToken() = default;

  Claims claims_;
  bool is_expired_ = false;
  // Of the key, or without jti of the signing input.
  std::array<unsigned char, 32> name_{};
};

// verify checks `token` in this order: size, form, header, signature, claims.
// The first failure decides: kTokenExpired for a good signature whose exp has
// come, kTokenInvalid for all else. The detail holds nothing of the token.
// With HMAC keys it allocates nothing when it succeeds.
Result<VerifiedToken> verify(std::string_view token, const KeySet& keys,
                             const TokenRules& rules, UnixTime now);

// token_handle is the handle of a token that `key` signs with `jti`.
std::string token_handle(const Key& key, std::string_view jti);

// TokenBuilder collects claims; what is not set is left out.
class TokenBuilder {
 public:
  TokenBuilder();

  TokenBuilder& issuer(std::string_view iss);
  TokenBuilder& audience(std::string_view aud);
  TokenBuilder& issued_at(UnixTime iat);
  TokenBuilder& not_before(UnixTime nbf);
  TokenBuilder& expires_at(UnixTime exp);
  TokenBuilder& jwt_id(std::string_view jti);
  TokenBuilder& resource(std::string_view res);
  TokenBuilder& subject(std::string_view sub);
  // confirm_cookie binds the token to the client cookie of this value.
  TokenBuilder& confirm_cookie(std::string_view cookie);
  // claim adds any other claim; `json` is its value as JSON.
  TokenBuilder& claim(std::string_view name, std::string_view json);

  // sign returns the token. Errors as Key::sign; kConfig if claim() was given
  // what is not JSON or if a claim was set twice.
  Result<std::string> sign(const Key& key) const;

 private:
  TokenBuilder& text(std::string_view name, std::string_view text);
  TokenBuilder& date(std::string_view name, UnixTime time);

  // A JSON object that is still open.
  std::string claims_;
  // Whether claim() added any, and each was one JSON value.
  bool has_others_ = false;
  bool are_json_ = true;
};

// kCookieMethod is the member of cnf (RFC 7800 section 3.1) that confirms a
// client cookie.
inline constexpr std::string_view kCookieMethod = "cookie#S256";

// cookie_confirmation is its value for a cookie.
std::string cookie_confirmation(std::string_view cookie);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JWT_H_
