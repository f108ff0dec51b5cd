// JWS compact serialization (RFC 7515 section 7.1):
//
//   token     = header "." payload "." signature
//   header    = base64url(JSON object); payload, signature = base64url(bytes)
//
//   Result<std::string> token = jws_sign(key, "JWT", payload);
//   Result<Jws> jws = jws_verify(*token, keys, {.types = kJwtTypes}, now);
//
// Nothing of the payload is looked at before the signature was verified.
#ifndef CLAIMCHECK_JWS_H_
#define CLAIMCHECK_JWS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "claimcheck/key.h"
#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

// kMaxTokenSize, in bytes: a longer text is refused before any work.
inline constexpr std::size_t kMaxTokenSize = 4096;

// kMaxPayloadSize, in bytes: no payload of a token is longer.
inline constexpr std::size_t kMaxPayloadSize = base64url_size(kMaxTokenSize);

// kMaxKeysTried bounds the work for a token that names no key.
inline constexpr std::size_t kMaxKeysTried = 8;

// kTokenType is the `typ` of the tokens that we sign.
inline constexpr std::string_view kTokenType = "download+jwt";

struct JwsRules {
  // The media types a header's `typ` may name, in lower case and without
  // "application/" (RFC 7515 section 4.1.9). Empty: any. `typ` may be absent.
  std::span<const std::string_view> types;
};

// Jws is a verified signature.
struct Jws {
  std::string payload;
  // The key that verified it, one of those that were offered.
  const Key* key;
};

// VerifiedPayload is a Jws whose payload lies in the caller's memory.
struct VerifiedPayload {
  std::span<char> payload;
  const Key* key;
};

// jws_header is the JSON of a header, {"alg":…,"typ":…,"kid":…}; without `kid`
// if it is empty.
std::string jws_header(Algorithm algorithm, std::string_view type,
                       std::string_view kid);

// jws_sign returns the compact serialization. Errors as Key::sign.
Result<std::string> jws_sign(const Key& key, std::string_view type,
                             std::string_view payload);

// jws_verify returns the payload of a token that one of `keys` signed, which
// is not retired at `now`. kTokenInvalid otherwise; the detail says at which
// step, and holds nothing of the token. `keys` must outlive the result.
Result<Jws> jws_verify(std::string_view token, const KeySet& keys,
                       const JwsRules& rules, UnixTime now);

// jws_verify_to does the same and writes the payload to the front of `room`,
// of at least kMaxPayloadSize bytes, which on failure is overwritten in part.
// With HMAC keys it allocates nothing when it succeeds.
Result<VerifiedPayload> jws_verify_to(std::span<char> room,
                                      std::string_view token,
                                      const KeySet& keys, const JwsRules& rules,
                                      UnixTime now);

// signing_input is what the signature is over: `token` without its last part.
std::string_view signing_input(std::string_view token);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JWS_H_
