#include "claimcheck/base64url.h"

#include <array>
#include <cassert>
#include <cstdint>

namespace claimcheck {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The top bit survives when digits are or-ed together.
constexpr std::uint8_t kNotADigit = 0x80;

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

std::uint32_t digit(char c) { return kDigits[static_cast<unsigned char>(c)]; }

Error refused(const char* why) { return Error{Errc::kTokenInvalid, why}; }

// decode_tail decodes the last two or three digits. The bits that make no
// whole byte must be zero (RFC 4648 section 3.5): other spellings of the same
// bytes would let one token pass as many.
Result<std::size_t> decode_tail(std::span<char> out, std::string_view text) {
  const std::uint32_t a = digit(text[0]);
  const std::uint32_t b = digit(text[1]);
  const std::uint32_t c = text.size() == 3 ? digit(text[2]) : 0;
  if (((a | b | c) & kNotADigit) != 0) {
    return refused("a character that is not base64url");
  }
  const std::uint32_t bits = a << 12 | b << 6 | c;
  const unsigned spare = text.size() == 3 ? 2 : 10;
  if ((bits & ((1u << spare) - 1)) != 0) {
    return refused("base64url with spare bits set");
  }
  out[0] = static_cast<char>(bits >> 10);
  if (text.size() == 3) {
    out[1] = static_cast<char>(bits >> 2);
  }
  return text.size() - 1;
}

}  // namespace

void base64url_encode_to(std::string& out,
                         std::span<const unsigned char> bytes) {
  const std::size_t before = out.size();
  out.resize(before + (bytes.size() * 4 + 2) / 3);
  char* next = out.data() + before;
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    const std::uint32_t bits =
        static_cast<std::uint32_t>(bytes[0] << 16 | bytes[1] << 8 | bytes[2]);
    *next++ = kAlphabet[bits >> 18];
    *next++ = kAlphabet[bits >> 12 & 63];
    *next++ = kAlphabet[bits >> 6 & 63];
    *next++ = kAlphabet[bits & 63];
  }
  if (!bytes.empty()) {
    const std::uint32_t bits = static_cast<std::uint32_t>(
        bytes[0] << 16 | (bytes.size() == 2 ? bytes[1] << 8 : 0));
    *next++ = kAlphabet[bits >> 18];
    *next++ = kAlphabet[bits >> 12 & 63];
    if (bytes.size() == 2) {
      *next++ = kAlphabet[bits >> 6 & 63];
    }
  }
}

void base64url_encode_to(std::string& out, std::string_view bytes) {
  base64url_encode_to(
      out, std::span(reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size()));
}

std::string base64url_encode(std::span<const unsigned char> bytes) {
  std::string text;
  base64url_encode_to(text, bytes);
  return text;
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  base64url_encode_to(text, bytes);
  return text;
}

Result<std::size_t> base64url_decode_to(std::span<char> out,
                                        std::string_view text) {
  // One digit left over carries six bits: not a byte.
  if (text.size() % 4 == 1) {
    return refused("base64url of an impossible length");
  }
  assert(out.size() >= base64url_size(text.size()));
  char* next = out.data();
  for (; text.size() >= 4; text.remove_prefix(4)) {
    const std::uint32_t a = digit(text[0]);
    const std::uint32_t b = digit(text[1]);
    const std::uint32_t c = digit(text[2]);
    const std::uint32_t d = digit(text[3]);
    if (((a | b | c | d) & kNotADigit) != 0) {
      return refused("a character that is not base64url");
    }
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    *next++ = static_cast<char>(bits >> 16);
    *next++ = static_cast<char>(bits >> 8);
    *next++ = static_cast<char>(bits);
  }
  const auto whole = static_cast<std::size_t>(next - out.data());
  if (text.empty()) {
    return whole;
  }
  Result<std::size_t> rest = decode_tail(out.subspan(whole), text);
  return rest ? Result<std::size_t>(whole + *rest) : rest;
}

Result<std::string> base64url_decode(std::string_view text) {
  std::string bytes(base64url_size(text.size()), '\0');
  Result<std::size_t> size = base64url_decode_to(bytes, text);
  return size ? Result<std::string>(std::move(bytes)) : size.error();
}

}  // namespace claimcheck
