// Keys. A key carries its algorithm: what a token's header says about it is
// compared with the key, never obeyed (RFC 8725 section 3.1).
//
//   Result<Key> key = Key::hs256(secret);
//   if (!key) return key.error();   // says what is wrong with the secret
//   std::string mac = key->sign(text);
//   bool good = key->verify(text, mac);
#ifndef CLAIMCHECK_KEY_H_
#define CLAIMCHECK_KEY_H_

#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"
#include "claimcheck/sha256.h"

namespace claimcheck {

// kMinHs256Secret, in bytes: as long as the hash (RFC 7518 section 3.2).
inline constexpr std::size_t kMinHs256Secret = 32;

// Key is immutable; its const members are safe from any number of threads.
class Key {
 public:
  // hs256 makes a key for HMAC-SHA256 of the bytes of `secret`. kConfig, with
  // the length and the remedy, if it is shorter than kMinHs256Secret. The
  // secret itself is not kept.
  static Result<Key> hs256(std::string_view secret, std::string kid = {});

  // algorithm is the JWS name (RFC 7518 section 3.1), "HS256".
  std::string_view algorithm() const { return "HS256"; }

  // kid is the key's name in a JWS header; empty if it has none.
  const std::string& kid() const { return kid_; }

  // thumbprint is the SHA-256 JWK thumbprint (RFC 7638).
  const Sha256Digest& thumbprint() const { return thumbprint_; }

  // sign returns the raw signature of `text`, not encoded.
  std::string sign(std::string_view text) const;

  // verify compares in constant time.
  bool verify(std::string_view text, std::string_view signature) const;

 private:
  Key(std::string_view secret, std::string kid);

  std::string kid_;
  Sha256Digest thumbprint_;
  HmacSha256 hmac_;
};

// KeySet is the keys of one purpose: the first signs, all verify.
using KeySet = std::vector<Key>;

}  // namespace claimcheck

#endif  // CLAIMCHECK_KEY_H_
