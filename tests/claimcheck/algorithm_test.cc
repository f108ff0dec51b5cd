#include "claimcheck/algorithm.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "claimcheck/base64url.h"
#include "claimcheck/keygen.h"
#include "key_pairs.h"
#include "oct_keys.h"
#include "vector_helpers.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// key_for is one key of each algorithm for all cases.
const Key& key_for(Algorithm algorithm) {
  static std::map<Algorithm, Key> made;
  auto found = made.find(algorithm);
  if (found == made.end()) {
    const std::string jwk = *generate_jwk(algorithm, "");
    found = made.emplace(algorithm, loaded(jwk)[0]).first;
  }
  return found->second;
}

constexpr std::size_t size_of_signature(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kHs256:
      return 32;
    case Algorithm::kHs384:
      return 48;
    case Algorithm::kHs512:
    case Algorithm::kEs256:
    case Algorithm::kEdDsa:
      return 64;
    default:
      return 256;
  }
}

std::string good_token(const Key& key) {
  return *TokenBuilder().expires_at(kNow + UnixTime(2000)).sign(key);
}

// under is `token` with a signature in place of its own.
std::string under(const std::string& token, std::string_view signature) {
  return std::string(signing_input(token)) + '.' + base64url_encode(signature);
}

std::string signature_of(const std::string& token) {
  return *base64url_decode(token.substr(token.rfind('.') + 1));
}

std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

void check_refused(const std::string& token, const Key& key) {
  BOOST_CHECK_EQUAL(why_refused(token, {key}),
                    "the token's signature is not by one of our keys");
}

// renamed is a token whose header names the algorithm of the key it is offered
// to, and whose signature is another's, so that the signature alone is wrong.
std::string renamed(const Key& signer, const Key& verifier) {
  const std::string input = std::string(verifier.token_header()) + '.' +
                            base64url_encode(R"({"exp":1700000002})");
  return input + '.' + base64url_encode(*signer.sign(input));
}

// der_of spells an ES256 signature as OpenSSL has it.
std::string der_of(const std::string& signature) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(pair.get(), BN_bin2bn(bytes, 32, nullptr),
                 BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  std::string text(reinterpret_cast<char*>(der),
                   static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(algorithm)

BOOST_AUTO_TEST_CASE(each_is_found_by_its_exact_name_alone) {
  for (const Algorithm each : kAlgorithms) {
    BOOST_CHECK(algorithm_named(name_of(each)) == each);
    BOOST_CHECK(!algorithm_named(std::string(name_of(each)) + ' '));
  }
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {"none"sv, "NONE"sv, ""sv, "hs256"sv, "EDDSA"sv, "HS256\0"sv, "HS25"sv,
        "Ed25519"sv, "ES256K"sv, "PS384"sv}) {
    BOOST_CHECK(!algorithm_named(name));
  }
}

BOOST_AUTO_TEST_CASE(what_each_signs_it_verifies) {
  for (const Algorithm each : kAlgorithms) {
    const Key& key = key_for(each);
    const std::string token = good_token(key);
    BOOST_CHECK_EQUAL(verdict(token, {key}), "ok");
    BOOST_CHECK_EQUAL(signature_of(token).size(), size_of_signature(each));
    BOOST_CHECK(key.verify("", *key.sign("")));
    const std::string binary("\0\xff\n", 3);
    BOOST_CHECK(key.verify(binary, *key.sign(binary)));
  }
}

// ECDSA's and PSS's are random, and each is good.
BOOST_AUTO_TEST_CASE(signs_the_same_again_where_nothing_is_random) {
  for (const Algorithm each : kAlgorithms) {
    const Key& key = key_for(each);
    const bool is_random =
        each == Algorithm::kEs256 || each == Algorithm::kPs256;
    BOOST_CHECK_EQUAL(*key.sign("text") != *key.sign("text"), is_random);
  }
}

BOOST_AUTO_TEST_CASE(each_refuses_a_signature_with_a_bit_flipped) {
  for (const Algorithm each : kAlgorithms) {
    const Key& key = key_for(each);
    const std::string token = good_token(key);
    const std::string signature = signature_of(token);
    const std::size_t bits = signature.size() * 8;
    for (std::size_t bit = 0; bit < bits; bit += bits / 32) {
      check_refused(under(token, flipped(signature, bit)), key);
    }
    check_refused(under(token, flipped(signature, bits - 1)), key);
  }
}

BOOST_AUTO_TEST_CASE(each_refuses_a_signature_of_another_size) {
  for (const Algorithm each : kAlgorithms) {
    const Key& key = key_for(each);
    const std::string token = good_token(key);
    const std::string signature = signature_of(token);
    for (const std::string& other :
         {std::string(), signature.substr(0, signature.size() - 1),
          signature.substr(1), signature.substr(0, signature.size() / 2),
          signature + '\0', '\0' + signature, signature + signature,
          std::string(2500, '\xff')}) {
      check_refused(under(token, other), key);
    }
    check_refused(under(token, std::string(signature.size(), '\0')), key);
    check_refused(under(token, std::string(signature.size(), '\xff')), key);
  }
}

BOOST_AUTO_TEST_CASE(each_refuses_the_signature_of_another_text_or_key) {
  for (const Algorithm each : kAlgorithms) {
    const Key& key = key_for(each);
    const std::string signature = *key.sign("text");
    BOOST_CHECK(!key.verify("text ", signature));
    BOOST_CHECK(!key.verify("", signature));
    for (const Algorithm other : kAlgorithms) {
      BOOST_CHECK_EQUAL(key_for(other).verify("text", signature),
                        other == each);
    }
  }
}

// CVE lesson, algorithm confusion: what keys share is no reason to take one's
// token for the other's.
BOOST_AUTO_TEST_CASE(one_secret_makes_three_keys_that_verify_no_others_tokens) {
  for (const Algorithm mine : kHmacs) {
    for (const Algorithm others : kHmacs) {
      if (mine == others) {
        continue;
      }
      const Key key = oct_key(mine);
      const Key other = oct_key(others);
      BOOST_CHECK(key.thumbprint() == other.thumbprint());
      BOOST_CHECK_EQUAL(why_refused(good_token(other), {key}),
                        "no key that may verify is for the token's alg");
      check_refused(renamed(other, key), key);
      // A longer MAC cut to the size of a shorter one.
      const std::string token = renamed(other, key);
      check_refused(
          under(token, signature_of(token).substr(0, min_secret_size(mine))),
          key);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_rsa_pair_is_for_rs256_or_ps256_and_never_both) {
  const Key rs = loaded(private_jwk(rsa(), R"(,"alg":"RS256")"))[0];
  const Key ps = loaded(private_jwk(rsa(), R"(,"alg":"PS256")"))[0];
  BOOST_CHECK(rs.thumbprint() == ps.thumbprint());
  for (const auto& [signer, verifier] : {std::pair{rs, ps}, {ps, rs}}) {
    BOOST_CHECK_EQUAL(why_refused(good_token(signer), {verifier}),
                      "no key that may verify is for the token's alg");
    check_refused(renamed(signer, verifier), verifier);
  }
}

// RFC 7518 section 3.5: the salt is as long as the hash, and no other.
BOOST_AUTO_TEST_CASE(ps256_refuses_a_salt_of_another_length) {
  const Key key = loaded(public_jwk(rsa(), R"(,"alg":"PS256")"))[0];
  for (const int salt : {0, 20, 32, 222}) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_PKEY_CTX* padding = nullptr;
    BOOST_REQUIRE_EQUAL(
        EVP_DigestSignInit(context.get(), &padding, EVP_sha256(), nullptr,
                           const_cast<EVP_PKEY*>(&rsa())),
        1);
    EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, salt);
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    BOOST_REQUIRE_EQUAL(
        EVP_DigestSign(
            context.get(), reinterpret_cast<unsigned char*>(signature.data()),
            &size, reinterpret_cast<const unsigned char*>("text"), 4),
        1);
    BOOST_CHECK_EQUAL(key.verify("text", signature), salt == 32);
  }
}

// CVE lesson, work before a bound: 64 bytes, and only then are they numbers. A
// signature in DER would give one token many spellings.
BOOST_AUTO_TEST_CASE(es256_takes_64_bytes_and_no_der) {
  const Key& key = key_for(Algorithm::kEs256);
  const std::string token = good_token(key);
  const std::string signature = signature_of(token);
  const std::string der = der_of(signature);
  for (const std::string& other :
       {der,
        der + std::string(72 - std::min<std::size_t>(72, der.size()), '\0'),
        signature.substr(0, 32),
        '\0' + signature.substr(0, 32) + '\0' + signature.substr(32)}) {
    check_refused(under(token, other), key);
  }
}

BOOST_AUTO_TEST_CASE(es256_takes_no_zero_and_nothing_beyond_the_order) {
  const Key& key = key_for(Algorithm::kEs256);
  const std::string token = good_token(key);
  const std::string signature = signature_of(token);
  const std::string order =
      unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::string zero(32, '\0');
  for (const std::string& number : {zero, order}) {
    check_refused(under(token, number + signature.substr(32)), key);
    check_refused(under(token, signature.substr(0, 32) + number), key);
    check_refused(under(token, number + number), key);
  }
}

BOOST_AUTO_TEST_SUITE_END()
