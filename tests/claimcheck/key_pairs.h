// Key pairs that are made for a test, spelled as JWK and as PEM.
#ifndef CLAIMCHECK_TESTS_CLAIMCHECK_KEY_PAIRS_H_
#define CLAIMCHECK_TESTS_CLAIMCHECK_KEY_PAIRS_H_

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "claimcheck/pkey.h"

namespace claimcheck::testing {

inline Pkey new_ec(const char* curve = "P-256") {
  return Pkey(EVP_EC_gen(curve));
}

// new_pair is of a type that has no parameters: "ED25519", "X25519".
inline Pkey new_pair(const char* type) {
  return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, type));
}

// rsa is one pair of 2048 bits for all tests: making it takes a while.
inline const EVP_PKEY& rsa() {
  static const Pkey pair(EVP_RSA_gen(2048));
  BOOST_REQUIRE(pair != nullptr);
  return *pair;
}

inline const EVP_PKEY& other_rsa() {
  static const Pkey pair(EVP_RSA_gen(2048));
  BOOST_REQUIRE(pair != nullptr);
  return *pair;
}

// private_jwk and public_jwk spell a pair, with `members` at the end:
// `,"kid":"a"`.
inline std::string private_jwk(const EVP_PKEY& pair,
                               std::string_view members = "") {
  return '{' + public_members(pair) + private_members(pair) +
         std::string(members) + '}';
}

inline std::string public_jwk(const EVP_PKEY& pair,
                              std::string_view members = "") {
  return '{' + public_members(pair) + std::string(members) + '}';
}

// written is the text that `write` puts into a BIO.
template <typename Write>
std::string written(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      BIO_free);
  BOOST_REQUIRE_EQUAL(write(bio.get()), 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string private_pem(const EVP_PKEY& pair) {
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, &pair, nullptr, nullptr, 0,
                                         nullptr, nullptr);
  });
}

// traditional_pem is EC PRIVATE KEY or RSA PRIVATE KEY.
inline std::string traditional_pem(const EVP_PKEY& pair) {
  return written([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, &pair, nullptr, nullptr, 0,
                                                nullptr, nullptr);
  });
}

inline std::string public_pem(const EVP_PKEY& pair) {
  return written([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, &pair); });
}

// pem_block is a block of any name and any bytes.
inline std::string pem_block(const char* name, std::string_view der) {
  return written([&](BIO* bio) {
    return PEM_write_bio(bio, name, "",
                         reinterpret_cast<const unsigned char*>(der.data()),
                         static_cast<long>(der.size())) > 0
               ? 1
               : 0;
  });
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_CLAIMCHECK_KEY_PAIRS_H_
