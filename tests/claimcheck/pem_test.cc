#include "claimcheck/pem.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "key_pairs.h"
#include "vector_helpers.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

void check_key(const std::string& text, Algorithm algorithm, bool is_private) {
  const Key key = loaded(text)[0];
  BOOST_CHECK(key.algorithm() == algorithm);
  BOOST_CHECK_EQUAL(key.is_private(), is_private);
  BOOST_CHECK(key.kid().empty());
}

// check_pair takes both halves, which are one key.
void check_pair(const EVP_PKEY& pair, Algorithm algorithm) {
  check_key(private_pem(pair), algorithm, true);
  check_key(public_pem(pair), algorithm, false);
  const Key signer = loaded(private_pem(pair))[0];
  const Key verifier = loaded(public_pem(pair))[0];
  BOOST_CHECK(signer.thumbprint() == verifier.thumbprint());
  BOOST_CHECK(verifier.verify("text", *signer.sign("text")));
  BOOST_CHECK_EQUAL(verifier.sign("text").error().detail,
                    "the key is public: it cannot sign");
}

void check_both_halves(const EVP_PKEY& pair, std::string_view words) {
  check_not_loaded(private_pem(pair), words);
  check_not_loaded(public_pem(pair), words);
}

using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

Pkey generated(EVP_PKEY_CTX* context) {
  EVP_PKEY* pkey = nullptr;
  EVP_PKEY_generate(context, &pkey);
  BOOST_REQUIRE(pkey != nullptr);
  return Pkey(pkey);
}

// new_rsa is of `type` and what `set` asks for.
template <typename Set>
Pkey new_rsa(const char* type, Set set) {
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr),
                        EVP_PKEY_CTX_free);
  BOOST_REQUIRE_EQUAL(EVP_PKEY_keygen_init(context.get()), 1);
  BOOST_REQUIRE_GT(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048), 0);
  BOOST_REQUIRE_GT(set(context.get()), 0);
  return generated(context.get());
}

// Of 1024 bits, which are made sooner; their size is not what is refused.
Pkey new_dsa() {
  const Context making(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr),
                       EVP_PKEY_CTX_free);
  BOOST_REQUIRE_EQUAL(EVP_PKEY_paramgen_init(making.get()), 1);
  BOOST_REQUIRE_GT(EVP_PKEY_CTX_set_dsa_paramgen_bits(making.get(), 1024), 0);
  BOOST_REQUIRE_GT(EVP_PKEY_CTX_set_dsa_paramgen_q_bits(making.get(), 160), 0);
  const Pkey parameters = generated(making.get());
  const Context context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, parameters.get(), nullptr),
      EVP_PKEY_CTX_free);
  BOOST_REQUIRE_EQUAL(EVP_PKEY_keygen_init(context.get()), 1);
  return generated(context.get());
}

std::string certificate_of(EVP_PKEY& pair) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(),
                                                                X509_free);
  X509_set_pubkey(certificate.get(), &pair);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 60);
  BOOST_REQUIRE_GT(X509_sign(certificate.get(), &pair, EVP_sha256()), 0);
  return written(
      [&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

const unsigned char kPassphrase[] = "hunter2";

std::string encrypted(const EVP_PKEY& pair, bool is_traditional) {
  return written([&](BIO* bio) {
    return is_traditional ? PEM_write_bio_PrivateKey_traditional(
                                bio, &pair, EVP_aes_128_cbc(), kPassphrase,
                                sizeof kPassphrase - 1, nullptr, nullptr)
                          : PEM_write_bio_PKCS8PrivateKey(
                                bio, &pair, EVP_aes_128_cbc(),
                                reinterpret_cast<const char*>(kPassphrase),
                                sizeof kPassphrase - 1, nullptr, nullptr);
  });
}

std::string der_of(const EVP_PKEY& pair,
                   int (*write)(const EVP_PKEY*, unsigned char**)) {
  std::string der(static_cast<std::size_t>(write(&pair, nullptr)), '\0');
  auto* next = reinterpret_cast<unsigned char*>(der.data());
  write(&pair, &next);
  return der;
}

std::string with_crlf(const std::string& text) {
  std::string lines;
  for (const char c : text) {
    lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pem)

BOOST_AUTO_TEST_CASE(takes_both_halves_of_each_kind_of_pair) {
  check_pair(rsa(), Algorithm::kRs256);
  check_pair(*new_ec(), Algorithm::kEs256);
  check_pair(*new_pair("ED25519"), Algorithm::kEdDsa);
}

BOOST_AUTO_TEST_CASE(takes_a_pair_of_rsa_pss_for_ps256) {
  check_pair(*new_rsa("RSA-PSS", [](EVP_PKEY_CTX*) { return 1; }),
             Algorithm::kPs256);
}

// Such a key says itself that it is for another hash.
BOOST_AUTO_TEST_CASE(refuses_a_pair_of_rsa_pss_for_sha512) {
  const Pkey pair = new_rsa("RSA-PSS", [](EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_pss_keygen_md(context, EVP_sha512());
  });
  check_both_halves(*pair, "the key's parameters do not allow PS256");
}

BOOST_AUTO_TEST_CASE(takes_the_traditional_forms) {
  const Pkey ec = new_ec();
  BOOST_REQUIRE(holds(traditional_pem(*ec), "BEGIN EC PRIVATE KEY"));
  BOOST_REQUIRE(holds(traditional_pem(rsa()), "BEGIN RSA PRIVATE KEY"));
  check_key(traditional_pem(*ec), Algorithm::kEs256, true);
  check_key(traditional_pem(rsa()), Algorithm::kRs256, true);
  check_key(pem_block("RSA PUBLIC KEY", der_of(rsa(), i2d_PublicKey)),
            Algorithm::kRs256, false);
}

// As `openssl ecparam -genkey` writes it.
BOOST_AUTO_TEST_CASE(passes_over_ec_parameters) {
  const Pkey ec = new_ec();
  const std::string parameters = written(
      [&](BIO* bio) { return PEM_write_bio_Parameters(bio, ec.get()); });
  BOOST_REQUIRE(holds(parameters, "BEGIN EC PARAMETERS"));
  check_key(parameters + traditional_pem(*ec), Algorithm::kEs256, true);
  check_not_loaded(parameters, "no PEM block in the text");
}

BOOST_AUTO_TEST_CASE(takes_crlf_and_words_around_the_block) {
  for (const std::string& pem :
       {private_pem(*new_ec()), public_pem(*new_pair("ED25519"))}) {
    const Thumbprint expected = loaded(pem)[0].thumbprint();
    for (const std::string& text :
         {with_crlf(pem), "Bag Attributes\n    friendlyName: x\n" + pem,
          pem + "\n\nthe key of 2026-11\n", pem.substr(0, pem.size() - 1)}) {
      BOOST_CHECK(loaded(text)[0].thumbprint() == expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_other_curves_than_p256) {
  for (const char* curve : {"P-384", "P-521", "secp256k1", "P-224"}) {
    check_both_halves(*new_ec(curve),
                      "an EC key on another curve than P-256, by its name");
  }
}

// CVE-2020-0601: the curve is P-256's, and the key describes it itself.
BOOST_AUTO_TEST_CASE(refuses_a_curve_that_is_not_named) {
  const Pkey ec = new_ec();
  BOOST_REQUIRE_EQUAL(
      EVP_PKEY_set_utf8_string_param(ec.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                     OSSL_PKEY_EC_ENCODING_EXPLICIT),
      1);
  check_both_halves(*ec, "an EC key on another curve than P-256, by its name");
}

BOOST_AUTO_TEST_CASE(refuses_keys_of_other_kinds) {
  for (const char* type : {"X25519", "ED448", "X448"}) {
    check_both_halves(*new_pair(type),
                      "a key that is not RSA, P-256 or Ed25519");
  }
  const Pkey dsa = new_dsa();
  check_both_halves(*dsa, "a key that is not RSA, P-256 or Ed25519");
  check_not_loaded(traditional_pem(*dsa), "a PEM block that is no key");
}

BOOST_AUTO_TEST_CASE(refuses_rsa_of_another_size_or_of_three_primes) {
  check_both_halves(*Pkey(EVP_RSA_gen(1024)),
                    "an RSA key of 1024 bits: 2048 to 8192 are taken");
  const Pkey three = new_rsa("RSA", [](EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_keygen_primes(context, 3);
  });
  check_not_loaded(private_pem(*three), "an RSA key of more than two primes");
}

BOOST_AUTO_TEST_CASE(refuses_an_encrypted_key_and_asks_nobody) {
  for (const bool is_traditional : {false, true}) {
    const Pkey ec = new_ec();
    for (const EVP_PKEY* pair :
         {&rsa(), const_cast<const EVP_PKEY*>(ec.get())}) {
      const std::string text = encrypted(*pair, is_traditional);
      BOOST_REQUIRE(holds(text, "ENCRYPTED"));
      check_not_loaded(text, "the PEM key is encrypted, and nobody is there");
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_certificate_and_says_how_to_get_its_key) {
  const Pkey ec = new_ec();
  check_not_loaded(certificate_of(*ec), "`openssl x509 -noout -pubkey`");
  check_not_loaded(private_pem(*ec) + certificate_of(*ec),
                   "more than one PEM block");
}

BOOST_AUTO_TEST_CASE(refuses_two_keys_in_one_text) {
  const Pkey ec = new_ec();
  for (const std::string& text :
       {private_pem(*ec) + private_pem(*ec), private_pem(*ec) + public_pem(*ec),
        public_pem(*ec) + "\n\n" + public_pem(rsa())}) {
    check_not_loaded(text,
                     "more than one PEM block: one key is expected; several go "
                     "into a JWK Set");
  }
}

// Half of what an admin put there is not what the admin put there.
BOOST_AUTO_TEST_CASE(refuses_a_second_block_that_is_broken) {
  const std::string pem = private_pem(*new_ec());
  for (const std::string& rest :
       {pem.substr(0, pem.size() / 2), pem.substr(0, pem.size() - 6),
        std::string("-----BEGIN PRIVATE KEY-----\n")}) {
    check_not_loaded(pem + rest, "a PEM block that is not whole");
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_block_that_is_cut_or_damaged) {
  const std::string pem = private_pem(*new_ec());
  for (std::size_t size = pem.find('\n') + 1; size < pem.size() - 6;
       size += 7) {
    check_not_loaded(pem.substr(0, size), "a PEM block that is not whole");
  }
  std::string damaged = pem;
  damaged[pem.find('\n') + 5] = '*';
  check_not_loaded(damaged, "a PEM block that is not whole");
}

BOOST_AUTO_TEST_CASE(refuses_a_block_that_holds_another_thing_or_more) {
  const std::string der = der_of(*new_ec(), i2d_PUBKEY);
  check_key(pem_block("PUBLIC KEY", der), Algorithm::kEs256, false);
  for (const std::string& bytes :
       {der + '\0', der + der, der.substr(1), der.substr(0, der.size() - 1)}) {
    check_not_loaded(pem_block("PUBLIC KEY", bytes),
                     "the PEM block PUBLIC KEY holds no key");
  }
  check_not_loaded(pem_block("PRIVATE KEY", der),
                   "the PEM block PRIVATE KEY holds no key");
  for (const char* name : {"OPENSSH PRIVATE KEY", "SSH2 PUBLIC KEY", "X",
                           "DH PARAMETERS", "PGP PUBLIC KEY BLOCK"}) {
    check_not_loaded(pem_block(name, der), "a PEM block that is no key");
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_private_half_of_another_key) {
  const Pkey ec = new_ec();
  const Bn x = number_of(*ec, OSSL_PKEY_PARAM_EC_PUB_X);
  const Bn y = number_of(*ec, OSSL_PKEY_PARAM_EC_PUB_Y);
  const Bn d = number_of(*new_ec(), OSSL_PKEY_PARAM_PRIV_KEY);
  const auto padded = [](const Bn& number) {
    std::string bytes(32, '\0');
    BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                 32);
    return bytes;
  };
  const Result<Pkey> mixed = p256_pkey(padded(x), padded(y), padded(d));
  BOOST_REQUIRE(mixed.has_value());
  check_not_loaded(private_pem(**mixed),
                   "the private half does not fit the public half");
}

BOOST_AUTO_TEST_SUITE_END()
