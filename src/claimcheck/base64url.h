// base64url (RFC 4648 section 5) as JWS uses it (RFC 7515 section 2): no
// padding, and canonical: the unused bits of the last digit are zero, so that
// each byte string has exactly one spelling.
//
//   std::string text = base64url_encode("any bytes");   // "YW55IGJ5dGVz"
//   Result<std::string> bytes = base64url_decode(text);
#ifndef CLAIMCHECK_BASE64URL_H_
#define CLAIMCHECK_BASE64URL_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "claimcheck/result.h"

namespace claimcheck {

// base64url_encode returns the one canonical spelling of `bytes`.
std::string base64url_encode(std::string_view bytes);
std::string base64url_encode(std::span<const unsigned char> bytes);

// base64url_encode_to adds it to `out`.
void base64url_encode_to(std::string& out, std::string_view bytes);
void base64url_encode_to(std::string& out,
                         std::span<const unsigned char> bytes);

// base64url_decode returns the bytes of `text`. kTokenInvalid for a character
// outside the alphabet, padding, an impossible length or spare bits that are
// not zero.
Result<std::string> base64url_decode(std::string_view text);

// base64url_size, in bytes, is what a text of `digits` digits decodes to.
constexpr std::size_t base64url_size(std::size_t digits) {
  return digits / 4 * 3 + digits % 4 * 3 / 4;
}

// base64url_decode_to writes the bytes of `text` to the front of `out`, which
// has to have room for base64url_size(text.size()), and returns their number.
// Errors as above; `out` is then overwritten in part. Allocates nothing when
// it succeeds.
Result<std::size_t> base64url_decode_to(std::span<char> out,
                                        std::string_view text);

}  // namespace claimcheck

#endif  // CLAIMCHECK_BASE64URL_H_
