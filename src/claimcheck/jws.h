// JWS compact serialization (RFC 7515 section 7.1):
//
//   token     = header "." payload "." signature
//   header    = base64url(JSON object); payload, signature = base64url(bytes)
//
//   std::string token = jws_sign(key, "JWT", payload);
//   Result<Jws> jws = jws_verify(token, keys, {.types = {"JWT"}});
//
// Nothing of the payload is looked at before the signature was verified.
#ifndef CLAIMCHECK_JWS_H_
#define CLAIMCHECK_JWS_H_

#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/key.h"
#include "claimcheck/result.h"

namespace claimcheck {

// kMaxTokenSize, in bytes: a longer text is refused before any work.
inline constexpr std::size_t kMaxTokenSize = 4096;

// kMaxKeysTried bounds the work for a token that names no key.
inline constexpr std::size_t kMaxKeysTried = 8;

struct JwsRules {
  // The media types a header's `typ` may name, in lower case and without
  // "application/" (RFC 7515 section 4.1.9). Empty: any. `typ` may be absent.
  std::vector<std::string_view> types;
};

// Jws is a verified signature.
struct Jws {
  std::string payload;
  // The key that verified it, one of those that were offered.
  const Key* key;
};

// jws_sign returns the compact serialization with the header
// {"alg":…,"typ":…,"kid":…}, `kid` if the key has one.
std::string jws_sign(const Key& key, std::string_view type,
                     std::string_view payload);

// jws_verify returns the payload of a token that one of `keys` signed.
// kTokenInvalid otherwise; the detail says at which step, and holds nothing of
// the token. `keys` must outlive the result.
Result<Jws> jws_verify(std::string_view token, const KeySet& keys,
                       const JwsRules& rules);

// signing_input is what the signature is over: `token` without its last part.
std::string_view signing_input(std::string_view token);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JWS_H_
