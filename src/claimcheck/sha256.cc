// hmac.h says why not EVP.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "claimcheck/sha256.h"

#include <openssl/crypto.h>

#include <cstdint>

namespace claimcheck {

Sha256::Sha256() { SHA256_Init(&state_); }

Sha256& Sha256::update(std::string_view bytes) {
  SHA256_Update(&state_, bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::update(std::span<const unsigned char> bytes) {
  SHA256_Update(&state_, bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::update_sized(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const std::array<unsigned char, 4> length = {
      static_cast<unsigned char>(size >> 24),
      static_cast<unsigned char>(size >> 16),
      static_cast<unsigned char>(size >> 8), static_cast<unsigned char>(size)};
  return update(length).update(bytes);
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  SHA256_Final(digest.data(), &state_);
  return digest;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void cleanse(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

std::string_view bytes_of(std::span<const unsigned char> digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  char* next = text.data();
  for (unsigned char byte : bytes) {
    *next++ = kDigits[byte >> 4];
    *next++ = kDigits[byte & 15];
  }
  return text;
}

}  // namespace claimcheck
