#include "claimcheck/base64url.h"

#include <array>
#include <cstdint>

namespace claimcheck {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNotADigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNotADigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] =
        static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

Error refused(const char* why) { return Error{Errc::kTokenInvalid, why}; }

}  // namespace

std::string base64url_encode(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6) {
      text.push_back(kAlphabet[bits >> (held - 6) & 63]);
    }
  }
  if (held > 0) {
    text.push_back(kAlphabet[bits << (6 - held) & 63]);
  }
  return text;
}

std::string base64url_encode(std::string_view bytes) {
  return base64url_encode(std::span(
      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

Result<std::string> base64url_decode(std::string_view text) {
  // One digit left over carries six bits: not a byte.
  if (text.size() % 4 == 1) {
    return refused("base64url of an impossible length");
  }
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(c)];
    if (digit == kNotADigit) {
      return refused("a character that is not base64url");
    }
    bits = bits << 6 | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held & 0xff));
    }
  }
  // RFC 4648 section 3.5: other spellings of the same bytes would let one
  // token pass as many.
  if ((bits & ((1u << held) - 1)) != 0) {
    return refused("base64url with spare bits set");
  }
  return bytes;
}

}  // namespace claimcheck
