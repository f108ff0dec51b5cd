// One JWK (RFC 7517 section 4) of a parsed text.
#ifndef CLAIMCHECK_JWK_H_
#define CLAIMCHECK_JWK_H_

#include "claimcheck/json.h"
#include "claimcheck/key.h"
#include "claimcheck/result.h"

namespace claimcheck {

// kMaxKidSize, in bytes.
inline constexpr std::size_t kMaxKidSize = 128;

// key_of_jwk makes the key that `jwk`, an object in `json`, describes. kConfig
// says which member is wrong. Members that are not known are not looked at
// (RFC 7517 section 4).
Result<Key> key_of_jwk(const JsonObject& json, const JsonValue& jwk);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JWK_H_
