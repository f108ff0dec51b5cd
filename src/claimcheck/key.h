// Keys. A key carries its algorithm: what a token's header says about it is
// compared with the key, never obeyed (RFC 8725 section 3.1).
//
//   Result<Key> key = Key::hs256(secret);
//   if (!key) return key.error();   // says what is wrong with the secret
//   Result<std::string> signature = key->sign(text);
//   bool good = key->verify(text, *signature);
//
// key_set.h reads keys from a file's text: JWK, JWK Set, PEM or a raw secret.
#ifndef CLAIMCHECK_KEY_H_
#define CLAIMCHECK_KEY_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "claimcheck/algorithm.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

// kMinHs256Secret, in bytes: as long as the hash (RFC 7518 section 3.2).
inline constexpr std::size_t kMinHs256Secret = 32;

// Thumbprint is the SHA-256 JWK thumbprint of a key (RFC 7638).
using Thumbprint = std::array<unsigned char, 32>;

class KeyMaterial;

// KeyUse is what a JWK says of its key beside the key itself (RFC 7517
// section 4). What is not set limits nothing.
struct KeyUse {
  // The key's name in a JWS header; empty if it has none.
  std::string kid;
  bool may_sign = true;
  bool may_verify = true;
  // When the key retires: from then on it neither signs nor verifies.
  std::optional<UnixTime> exp;
};

// Key is immutable, cheap to copy, and safe from any number of threads.
class Key {
 public:
  // hs256 makes a key for HMAC-SHA256 of the bytes of `secret`. kConfig, with
  // the length and the remedy, if it is shorter than kMinHs256Secret, or if it
  // is the text of a PEM or SSH key. The secret itself is not kept.
  static Result<Key> hs256(std::string_view secret, std::string kid = {});

  // The key sets of key_set.h are made with this.
  Key(std::shared_ptr<const KeyMaterial> material, KeyUse use);

  Algorithm algorithm() const;

  // kid is the key's name in a JWS header; empty if it has none.
  const std::string& kid() const;

  const Thumbprint& thumbprint() const;

  // is_private tells whether whoever reads the key can sign: a secret, or a
  // pair with its private half.
  bool is_private() const;

  bool may_sign() const;
  bool may_verify() const;
  std::optional<UnixTime> exp() const;
  bool is_retired(UnixTime now) const { return exp() && now >= *exp(); }

  // token_header is the first part of the tokens that the key signs, the
  // base64url of {"alg":…,"typ":"download+jwt","kid":…}.
  std::string_view token_header() const;

  // sign returns the raw signature of `text`, not encoded (ES256: the 64 bytes
  // r and s, RFC 7518 section 3.4). kConfig if the key is public or its use
  // forbids it; kUnavailable if OpenSSL fails, as it does without memory.
  Result<std::string> sign(std::string_view text) const;

  // verify compares MACs in constant time. False for a key whose use forbids
  // it. HS256 allocates nothing.
  bool verify(std::string_view text, std::string_view signature) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_KEY_H_
