// What OpenSSL does not ask of a public key, or not when it is loaded.
#include <openssl/core_names.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <string>

#include "claimcheck/pkey.h"
#include "claimcheck/sha256.h"

namespace claimcheck {
namespace {

Error refused(std::string why) {
  ERR_clear_error();
  return Error{Errc::kConfig, std::move(why)};
}

// RSALib of Infineon made primes of the form k*M + 65537^a mod M, M a product
// of small primes, and such a modulus can be factored (CVE-2017-15361, ROCA;
// Nemec et al., CCS 2017, section 3). It is told by being a power of 65537
// modulo each of these; a good one is with a chance of 1 in 2^27.
bool has_roca_fingerprint(const BIGNUM& n) {
  constexpr std::array<BN_ULONG, 17> kPrimes = {
      11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157};
  for (const BN_ULONG prime : kPrimes) {
    const BN_ULONG residue = BN_mod_word(&n, prime);
    BN_ULONG power = 1;
    do {
      power = power * 65537 % prime;
    } while (power != residue && power != 1);
    if (power != residue) {
      return false;
    }
  }
  return true;
}

// Work is bounded before OpenSSL computes anything with the numbers: none of
// them is longer than the modulus, and the exponent is a word.
Result<void> check_rsa_sizes(const EVP_PKEY& pkey) {
  const int bits = EVP_PKEY_get_bits(&pkey);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return refused("an RSA key of " + std::to_string(bits) +
                   " bits: 2048 to 8192 are taken");
  }
  for (const char* name :
       {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}) {
    const Bn part = number_of(pkey, name);
    if (part != nullptr && BN_num_bits(part.get()) > bits) {
      return refused("a number of the RSA key is longer than its modulus");
    }
  }
  if (number_of(pkey, OSSL_PKEY_PARAM_RSA_FACTOR3) != nullptr) {
    return refused("an RSA key of more than two primes");
  }
  return {};
}

// d is looked at beside the factors: OpenSSL computes with those and, where
// they give nothing good, with d, so that a signature comes out right when one
// of the two fits.
bool exponents_agree(const EVP_PKEY& pkey) {
  constexpr std::pair<const char*, const char*> kHalves[] = {
      {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT2}};
  const std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(
      BN_CTX_secure_new(), BN_CTX_free);
  const Bn d = number_of(pkey, OSSL_PKEY_PARAM_RSA_D);
  for (const auto& [factor, exponent] : kHalves) {
    const Bn less_one = number_of(pkey, factor);
    const Bn expected = number_of(pkey, exponent);
    const Bn rest(BN_secure_new());
    if (less_one == nullptr) {
      continue;
    }
    if (d == nullptr || expected == nullptr || rest == nullptr ||
        BN_sub_word(less_one.get(), 1) != 1 ||
        BN_mod(rest.get(), d.get(), less_one.get(), context.get()) != 1 ||
        BN_cmp(rest.get(), expected.get()) != 0) {
      return false;
    }
  }
  return true;
}

// With the exponent 1 every signature is its own message.
Result<void> check_rsa(const EVP_PKEY& pkey) {
  if (Result<void> r = check_rsa_sizes(pkey); !r) {
    return r;
  }
  const Bn n = number_of(pkey, OSSL_PKEY_PARAM_RSA_N);
  const Bn e = number_of(pkey, OSSL_PKEY_PARAM_RSA_E);
  if (n == nullptr || e == nullptr || BN_is_odd(e.get()) == 0 ||
      BN_is_one(e.get()) == 1 || BN_num_bits(e.get()) > 64) {
    return refused("the RSA exponent e is not an odd number of 3 to 2^64");
  }
  if (!exponents_agree(pkey)) {
    return refused("the RSA key's d does not fit its factors");
  }
  if (has_roca_fingerprint(*n)) {
    return refused(
        "an RSA key of a generator that makes factorable ones "
        "(CVE-2017-15361, ROCA): make a new key");
  }
  return {};
}

Result<void> check_p256(const EVP_PKEY& pkey) {
  char group[32] = "";
  int is_explicit = 0;
  EVP_PKEY_get_group_name(&pkey, group, sizeof group, nullptr);
  EVP_PKEY_get_int_param(&pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                         &is_explicit);
  // CVE-2020-0601: a curve that a key describes itself is the key's to choose.
  if (std::string_view(group) != "prime256v1" || is_explicit != 0) {
    return refused("an EC key on another curve than P-256, by its name");
  }
  return {};
}

// A point of small order: of its signatures there are so few that whoever likes
// has one for every text, or for every eighth. These are all of them, without
// the sign of x, and with the two that are spelled beyond the field's order
// (RFC 8032 section 5.1.3 refuses those, and OpenSSL takes them).
Result<void> check_ed25519(const EVP_PKEY& pkey) {
  constexpr std::array<std::string_view, 7> kSmallOrder = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  std::array<unsigned char, 32> y{};
  std::size_t size = y.size();
  if (EVP_PKEY_get_raw_public_key(&pkey, y.data(), &size) != 1) {
    return refused("the public half is no valid key");
  }
  y.back() &= 0x7f;
  if (std::find(kSmallOrder.begin(), kSmallOrder.end(), hex(y)) !=
      kSmallOrder.end()) {
    return refused("an Ed25519 key of small order, for which anybody can sign");
  }
  return {};
}

Result<void> check_kind(const EVP_PKEY& pkey, Algorithm algorithm) {
  switch (EVP_PKEY_get_base_id(&pkey)) {
    case EVP_PKEY_EC:
      return algorithm == Algorithm::kEs256
                 ? check_p256(pkey)
                 : refused("an EC key is for ES256 alone");
    case EVP_PKEY_ED25519:
      return algorithm == Algorithm::kEdDsa
                 ? check_ed25519(pkey)
                 : refused("an Ed25519 key is for EdDSA alone");
    case EVP_PKEY_RSA:
      return algorithm == Algorithm::kRs256 || algorithm == Algorithm::kPs256
                 ? check_rsa(pkey)
                 : refused("an RSA key is for RS256 or PS256");
    case EVP_PKEY_RSA_PSS:
      return algorithm == Algorithm::kPs256
                 ? check_rsa(pkey)
                 : refused("an RSA-PSS key is for PS256 alone");
    default:
      return refused("a key that is not RSA, P-256 or Ed25519");
  }
}

}  // namespace

Result<void> check_pkey(const EVP_PKEY& pkey, Algorithm algorithm) {
  if (Result<void> r = check_kind(pkey, algorithm); !r) {
    return r;
  }
  // The point on its curve; the modulus composite and without small factors.
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, const_cast<EVP_PKEY*>(&pkey),
                                 nullptr),
      EVP_PKEY_CTX_free);
  if (context == nullptr || EVP_PKEY_public_check(context.get()) != 1) {
    return refused("the public half is no valid key");
  }
  return {};
}

}  // namespace claimcheck
