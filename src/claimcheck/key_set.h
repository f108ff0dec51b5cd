// Key sets: the keys of one purpose, and the texts that hold them.
//
//   Result<KeySet> keys = parse_keys(text_of_file);
//   if (!keys) log(keys.error().detail);        // which key, and what is wrong
//   const Key* key = signing_key(*keys, now);   // the first that may sign
//
// A text is one of
//   - a JWK (RFC 7517): {"kty":"oct","k":"…","alg":"HS256","kid":"2026-11"}
//   - a JWK Set: {"keys":[…]}, the key that signs first
//   - PEM: one private or public key (RSA: RS256, P-256: ES256, Ed25519: EdDSA)
//   - a raw secret for HS256: one line of at least 32 bytes
#ifndef CLAIMCHECK_KEY_SET_H_
#define CLAIMCHECK_KEY_SET_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "claimcheck/key.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

// kMaxKeyText, in bytes: longer texts are refused before any work.
inline constexpr std::size_t kMaxKeyText = 65536;

// kMaxKeys bounds a JWK Set.
inline constexpr std::size_t kMaxKeys = 32;

// KeySet: the first key that may sign signs, all verify.
using KeySet = std::vector<Key>;

// parse_keys reads a text, all of it or nothing. kConfig says which key is
// wrong and why, and holds nothing of a secret. Refused are
//   - secrets that are shorter than the hash or a PEM or SSH key's text, RSA
//     outside 2048 to 8192 bits, curves and algorithms that are not offered,
//     points off the curve, private halves that do not fit the public ones;
//   - a `use` that is not "sig", `key_ops` other than sign and verify;
//   - two keys with one kid, and private keys beside public ones: such a file
//     may be neither published nor kept;
//   - an encrypted PEM, and one with several keys.
// `exp` of a JWK retires it. A JWK without `alg` is HS256, ES256, EdDSA or, for
// RSA, RS256.
Result<KeySet> parse_keys(std::string_view text);

// KeyTextForm is what parse_keys takes a text for.
enum class KeyTextForm { kJwk, kPem, kSecret };
KeyTextForm form_of(std::string_view text);

// without_line_end is a raw secret's text without its \n or \r\n, which is no
// part of the secret.
std::string_view without_line_end(std::string_view text);

// signing_key is the first key that may sign and is not retired, or nullptr.
// `keys` must outlive it.
const Key* signing_key(const KeySet& keys, UnixTime now);

// is_private tells whether any of `keys` is.
bool is_private(const KeySet& keys);

}  // namespace claimcheck

#endif  // CLAIMCHECK_KEY_SET_H_
