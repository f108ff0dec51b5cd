// Key pairs in OpenSSL's hands: made of a JWK's numbers (RFC 7518 section 6,
// RFC 8037 section 2) and spelled as a JWK.
#ifndef CLAIMCHECK_PKEY_H_
#define CLAIMCHECK_PKEY_H_

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "claimcheck/algorithm.h"
#include "claimcheck/key.h"
#include "claimcheck/key_material.h"
#include "claimcheck/result.h"

namespace claimcheck {

// kMinRsaBits is RFC 7518 section 3.3's. A key of more than kMaxRsaBits takes
// milliseconds a token and serves nobody.
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

struct PkeyFree {
  void operator()(EVP_PKEY* pkey) const { EVP_PKEY_free(pkey); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyFree>;

struct BnFree {
  void operator()(BIGNUM* bn) const { BN_clear_free(bn); }
};
using Bn = std::unique_ptr<BIGNUM, BnFree>;

// number_of is a parameter of a key by OpenSSL's name, or nullptr.
Bn number_of(const EVP_PKEY& pkey, const char* parameter);

// RsaNumbers are big endian, without leading zeros. Without `d` the key is
// public; `p` to `qi` are all there or none is.
// The private ones are cleansed when they go.
struct RsaNumbers {
  RsaNumbers() = default;
  RsaNumbers(const RsaNumbers&) = delete;
  RsaNumbers& operator=(const RsaNumbers&) = delete;
  ~RsaNumbers();

  std::string n, e;
  std::string d;
  std::string p, q, dp, dq, qi;
};

// These make a key of its numbers, each checked no further than OpenSSL does;
// an empty `d` makes a public key. kConfig if they are none.
Result<Pkey> p256_pkey(std::string_view x, std::string_view y,
                       std::string_view d);
Result<Pkey> ed25519_pkey(std::string_view x, std::string_view d);
Result<Pkey> rsa_pkey(const RsaNumbers& numbers);

// pkey_material checks the key whole, as key_set.h has it, and is able to sign
// if `is_private`. kConfig says what is wrong.
Result<std::shared_ptr<const KeyMaterial>> pkey_material(Pkey pkey,
                                                         Algorithm algorithm,
                                                         bool is_private);

// check_pkey tells whether a key is fit for `algorithm`: its kind, its size,
// its public half. kConfig says what is wrong.
Result<void> check_pkey(const EVP_PKEY& pkey, Algorithm algorithm);

// public_members are the members of a JWK that identify it, in the order of
// RFC 7638: `"crv":"P-256","kty":"EC","x":"…","y":"…"`.
std::string public_members(const EVP_PKEY& pkey);

// private_members are the others, `,"d":"…"`. The caller cleanses them.
std::string private_members(const EVP_PKEY& pkey);

}  // namespace claimcheck

#endif  // CLAIMCHECK_PKEY_H_
