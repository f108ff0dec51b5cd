// Project Wycheproof's vectors for HMAC-SHA256, ECDSA on P-256 and Ed25519.
#include <boost/test/unit_test.hpp>
#include <string>

#include "claimcheck/base64url.h"
#include "claimcheck/hmac.h"
#include "claimcheck/sha256.h"
#include "vector_helpers.h"
#include "vectors.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kHmac = "wycheproof/hmac_sha256_test.json";
constexpr const char* kEcdsa =
    "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json";
constexpr const char* kEd25519 = "wycheproof/ed25519_test.json";

std::string p256_jwk(const JsonVector& public_key) {
  const std::string point = unhex(text_of(public_key["uncompressed"]));
  return R"({"kty":"EC","crv":"P-256","x":")" +
         base64url_encode(point.substr(1, 32)) + R"(","y":")" +
         base64url_encode(point.substr(33)) + "\"}";
}

std::string ed25519_jwk(const JsonVector& public_key) {
  return R"({"kty":"OKP","crv":"Ed25519","x":")" +
         base64url_encode(unhex(text_of(public_key["pk"]))) + "\"}";
}

// The file's own spellings of the key, where it has them, are the same key.
void check_spellings(const JsonVector& group, const Key& key) {
  BOOST_CHECK(loaded(text_of(group["publicKeyPem"]))[0].thumbprint() ==
              key.thumbprint());
  if (group.HasMember("publicKeyJwk")) {
    BOOST_CHECK(loaded(json_text(group["publicKeyJwk"]))[0].thumbprint() ==
                key.thumbprint());
  }
}

// None of the ECDSA vectors is a good signature and a byte, which a verifier
// that reads r and s from the front would take.
void run_signature(const JsonVector& test, const Key& key) {
  const std::string text = unhex(text_of(test["msg"]));
  const std::string signature = unhex(text_of(test["sig"]));
  BOOST_CHECK_MESSAGE(key.verify(text, signature) == is_labelled_valid(test),
                      "tcId " << id_of(test));
  if (is_labelled_valid(test)) {
    BOOST_CHECK(!key.verify(text, signature + '\0'));
    BOOST_CHECK(!key.verify(text, signature.substr(0, signature.size() - 1)));
  }
}

VectorCount run_signatures(const char* name,
                           std::string (*jwk_of)(const JsonVector&)) {
  VectorCount count;
  const auto file = parse_vector(name);
  for (const auto& group : file["testGroups"].GetArray()) {
    const KeySet keys = loaded(jwk_of(group["publicKey"]));
    check_spellings(group, keys[0]);
    for (const auto& test : group["tests"].GetArray()) {
      run_signature(test, keys[0]);
      ++count.run;
    }
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wycheproof_algorithms)

BOOST_AUTO_TEST_CASE(passes_the_macs_of_hmac_sha256,
                     *boost::unit_test::precondition(HasVector{kHmac})) {
  VectorCount count;
  const auto file = parse_vector(kHmac);
  for (const auto& group : file["testGroups"].GetArray()) {
    const std::size_t size = group["tagSize"].GetUint() / 8;
    for (const auto& test : group["tests"].GetArray()) {
      const auto mac = HmacSha256(unhex(text_of(test["key"])))
                           .mac(unhex(text_of(test["msg"])));
      const bool good = equal_in_constant_time(bytes_of(mac).substr(0, size),
                                               unhex(text_of(test["tag"])));
      BOOST_CHECK_MESSAGE(good == is_labelled_valid(test),
                          "tcId " << id_of(test));
      ++count.run;
    }
  }
  count.report("hmac_sha256_test.json", "all apply");
  BOOST_CHECK_EQUAL(count.run, 174);
}

BOOST_AUTO_TEST_CASE(passes_the_signatures_of_ecdsa_on_p256,
                     *boost::unit_test::precondition(HasVector{kEcdsa})) {
  const VectorCount count = run_signatures(kEcdsa, p256_jwk);
  count.report("ecdsa_secp256r1_sha256_p1363_test.json", "all apply");
  BOOST_CHECK_EQUAL(count.run, 262);
}

BOOST_AUTO_TEST_CASE(passes_the_signatures_of_ed25519,
                     *boost::unit_test::precondition(HasVector{kEd25519})) {
  const VectorCount count = run_signatures(kEd25519, ed25519_jwk);
  count.report("ed25519_test.json", "all apply");
  BOOST_CHECK_EQUAL(count.run, 151);
}

BOOST_AUTO_TEST_SUITE_END()
