// SHA-256 (FIPS 180-4), on OpenSSL's block function.
//
//   Sha256Digest d = Sha256().update("abc").finish();
#ifndef CLAIMCHECK_SHA256_H_
#define CLAIMCHECK_SHA256_H_

#include <openssl/sha.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace claimcheck {

using Sha256Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Sha256 hashes what update() is given, in order. After finish() the object
// is spent.
class Sha256 {
 public:
  Sha256();
  Sha256& update(std::string_view bytes);
  Sha256& update(std::span<const unsigned char> bytes);

  // update_sized hashes the length of `bytes` (4 bytes, big endian) and then
  // `bytes`, so that two fields cannot be cut in another place.
  Sha256& update_sized(std::string_view bytes);

  Sha256Digest finish();

 private:
  SHA256_CTX state_;
};

// equal_in_constant_time tells whether two byte strings are the same in a time
// that depends on their lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// cleanse overwrites a secret in a way that the compiler keeps.
void cleanse(std::string& secret);

// Cleanser cleanses a secret at the end of its scope.
class Cleanser {
 public:
  explicit Cleanser(std::string& secret) : secret_(secret) {}
  Cleanser(const Cleanser&) = delete;
  Cleanser& operator=(const Cleanser&) = delete;
  ~Cleanser() { cleanse(secret_); }

 private:
  std::string& secret_;
};

// bytes_of views a digest as bytes; it must outlive the view.
std::string_view bytes_of(std::span<const unsigned char> digest);

// hex spells bytes in lower-case hexadecimal.
std::string hex(std::span<const unsigned char> bytes);

}  // namespace claimcheck

#endif  // CLAIMCHECK_SHA256_H_
