// The keys (section 3) and signatures (section 4) of RFC 7520, the cookbook of
// JOSE.
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "vector_helpers.h"
#include "vectors.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kKeys =
    "rfc7520-cookbook/jwk/3_5.symmetric_key_mac_computation.json";
constexpr const char* kSignatures =
    "rfc7520-cookbook/jws/4_1.rsa_v15_signature.json";
constexpr const char* kNoKeyForAlg =
    "no key that may verify is for the token's alg";

std::string key_text(const char* name) {
  return read_vector("rfc7520-cookbook/jwk/" + std::string(name));
}

rapidjson::Document signature_file(const char* name) {
  return parse_vector("rfc7520-cookbook/jws/" + std::string(name));
}

std::string encoded_payload(const rapidjson::Document& file) {
  return base64url_encode(text_of(file["input"]["payload"]));
}

// check_verified is for a signature in an algorithm that gives the same bytes
// each time.
void check_verified(const std::string& token, const KeySet& keys) {
  BOOST_CHECK_EQUAL(why_refused(token, keys), "");
  BOOST_CHECK_EQUAL(sign_again(token, keys[0]), token);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rfc7520_vectors)

BOOST_AUTO_TEST_CASE(takes_the_keys_of_section_3_that_sign_in_what_is_offered,
                     *boost::unit_test::precondition(HasVector{kKeys})) {
  VectorCount count;
  for (const auto& [name, words] :
       {std::pair{"3_1.ec_public_key.json", "crv is not \"P-256\""},
        {"3_2.ec_private_key.json", "crv is not \"P-256\""},
        {"3_6.symmetric_key_encryption.json", "use is not \"sig\""}}) {
    BOOST_CHECK(holds(why_not_loaded(key_text(name)), words));
    ++count.aside;
  }
  const Key rsa_public = loaded(key_text("3_3.rsa_public_key.json"))[0];
  const Key rsa_private = loaded(key_text("3_4.rsa_private_key.json"))[0];
  const Key secret =
      loaded(key_text("3_5.symmetric_key_mac_computation.json"))[0];
  count.run += 3;
  BOOST_CHECK(!rsa_public.is_private() && rsa_private.is_private());
  BOOST_CHECK(rsa_public.thumbprint() == rsa_private.thumbprint());
  BOOST_CHECK(rsa_public.verify("text", *rsa_private.sign("text")));
  BOOST_CHECK(rsa_private.algorithm() == Algorithm::kRs256);
  BOOST_CHECK_EQUAL(rsa_private.kid(), "bilbo.baggins@hobbiton.example");
  BOOST_CHECK(secret.algorithm() == Algorithm::kHs256);
  BOOST_CHECK_EQUAL(secret.kid(), "018c0ae5-4d9b-471b-bfd6-eef314bc7037");
  count.report("RFC 7520 section 3",
               "two of P-521 and one for encryption, refused");
  BOOST_CHECK_EQUAL(count.run, 3);
  BOOST_CHECK_EQUAL(count.aside, 3);
}

// RS256 and HS256, in the three serializations.
BOOST_AUTO_TEST_CASE(verifies_and_signs_4_1_and_4_4,
                     *boost::unit_test::precondition(HasVector{kSignatures})) {
  VectorCount count;
  for (const char* name : {"4_1.rsa_v15_signature.json",
                           "4_4.hmac-sha2_integrity_protection.json"}) {
    const auto file = signature_file(name);
    const KeySet keys = loaded(json_text(file["input"]["key"]));
    const std::string token = text_of(file["output"]["compact"]);
    check_verified(token, keys);
    BOOST_CHECK_EQUAL(
        token.substr(token.find('.') + 1).find(encoded_payload(file) + '.'),
        0u);
    check_json_forms(file, token, keys);
    ++count.run;
  }
  count.report("RFC 7520 4.1 and 4.4", "all are offered");
  BOOST_CHECK_EQUAL(count.run, 2);
}

// 4.2 has no alg in its key, which is then one for RS256, and 4.3 a key of
// P-521. With the alg of the token the first is refused too.
BOOST_AUTO_TEST_CASE(refuses_ps384_of_4_2_and_es512_of_4_3,
                     *boost::unit_test::precondition(HasVector{kSignatures})) {
  VectorCount count;
  auto ps384 = signature_file("4_2.rsa-pss_signature.json");
  auto& rsa = ps384["input"]["key"];
  const std::string token = text_of(ps384["output"]["compact"]);
  const char* kNotForKid =
      "the key of the token's kid is retired, may not "
      "verify or is for another alg";
  BOOST_CHECK_EQUAL(why_refused(token, loaded(json_text(rsa))), kNotForKid);
  rsa.AddMember("alg", "PS256", ps384.GetAllocator());
  BOOST_CHECK_EQUAL(why_refused(token, loaded(json_text(rsa))), kNotForKid);
  rsa["alg"] = "PS384";
  BOOST_CHECK(why_not_loaded(json_text(rsa)).starts_with("alg is none of "));
  ++count.aside;

  const auto es512 = signature_file("4_3.ecdsa_signature.json");
  BOOST_CHECK_EQUAL(why_not_loaded(json_text(es512["input"]["key"])),
                    "crv is not \"P-256\"");
  BOOST_CHECK_EQUAL(
      why_refused(text_of(es512["output"]["compact"]), {test_key()}),
      kNoKeyForAlg);
  ++count.aside;
  count.report("RFC 7520 4.2 and 4.3", "PS384 and ES512 are not offered");
  BOOST_CHECK_EQUAL(count.aside, 2);
}

// The payload is sent apart. Without it the token is one with an empty
// payload, over which nobody signed; put back in its place, it is 4.4.
BOOST_AUTO_TEST_CASE(verifies_4_5_with_its_detached_payload_put_back,
                     *boost::unit_test::precondition(HasVector{kSignatures})) {
  const auto file = signature_file("4_5.signature_with_detached_content.json");
  const KeySet keys = loaded(json_text(file["input"]["key"]));
  const std::string detached = text_of(file["output"]["compact"]);
  BOOST_CHECK_EQUAL(why_refused(detached, keys),
                    "the token's signature is not by one of our keys");
  std::string token = detached;
  token.insert(token.find('.') + 1, encoded_payload(file));
  check_verified(token, keys);
  for (const auto& signature :
       file["output"]["json"]["signatures"].GetArray()) {
    BOOST_CHECK_EQUAL(compact_of(signature, encoded_payload(file)), token);
  }
  BOOST_CHECK_EQUAL(
      compact_of(file["output"]["json_flat"], encoded_payload(file)), token);
  VectorCount{1, 0}.report("RFC 7520 4.5", "all apply");
}

// The unprotected kid is lost on the way to the compact form, which has no
// place for it; the key is found by alg.
BOOST_AUTO_TEST_CASE(verifies_4_6_without_its_unprotected_kid,
                     *boost::unit_test::precondition(HasVector{kSignatures})) {
  const auto file =
      signature_file("4_6.protecting_specific_header_fields.json");
  const KeySet keys = loaded(json_text(file["input"]["key"]));
  const std::string token =
      compact_of(file["output"]["json_flat"], encoded_payload(file));
  check_verified(token, keys);
  check_json_forms(file, token, keys);
  VectorCount{1, 0}.report("RFC 7520 4.6", "all apply");
}

// Nothing is protected but the payload: the compact form cannot say that, as
// the only header that it has is the protected one. The MAC is right.
BOOST_AUTO_TEST_CASE(takes_no_token_without_a_protected_header_as_4_7_has_it,
                     *boost::unit_test::precondition(HasVector{kSignatures})) {
  const auto file = signature_file("4_7.protecting_content_only.json");
  const KeySet keys = loaded(json_text(file["input"]["key"]));
  const auto& flat = file["output"]["json_flat"];
  BOOST_CHECK(!flat.HasMember("protected"));
  const std::string token =
      '.' + encoded_payload(file) + '.' + text_of(flat["signature"]);
  BOOST_CHECK_EQUAL(sign_again(token, keys[0]), token);
  BOOST_CHECK(keys[0].verify(signing_input(token),
                             *base64url_decode(text_of(flat["signature"]))));
  BOOST_CHECK_EQUAL(
      why_refused(token, keys),
      "the token's header is not one JSON object with unique members");
  BOOST_CHECK_EQUAL(why_refused(json_text(flat), keys),
                    "the token has not three parts");
  VectorCount{1, 0}.report("RFC 7520 4.7", "all apply");
}

// Of three signatures the second is of ES512, and its header is unprotected
// too. The keys are loaded one by one: two have one kid, and one is of P-521.
BOOST_AUTO_TEST_CASE(verifies_two_of_the_three_signatures_of_4_8,
                     *boost::unit_test::precondition(HasVector{kSignatures})) {
  VectorCount count;
  const auto file = signature_file("4_8.multiple_signatures.json");
  const auto& keys = file["input"]["key"];
  BOOST_CHECK(holds(why_not_loaded("{\"keys\":" + json_text(keys) + '}'),
                    "key 2 (kid \"bilbo.baggins@hobbiton.example\"): crv is "
                    "not \"P-256\""));
  const auto& signatures = file["output"]["json"]["signatures"];
  for (rapidjson::SizeType i = 0; i < signatures.Size(); ++i) {
    if (signatures[i].HasMember("protected")) {
      check_verified(compact_of(signatures[i], encoded_payload(file)),
                     loaded(json_text(keys[i])));
      ++count.run;
    } else {
      BOOST_CHECK_EQUAL(text_of(signatures[i]["header"]["alg"]), "ES512");
      BOOST_CHECK_EQUAL(why_not_loaded(json_text(keys[i])),
                        "crv is not \"P-256\"");
      ++count.aside;
    }
  }
  BOOST_CHECK_EQUAL(why_refused(json_text(file["output"]["json"]),
                                loaded(json_text(keys[2]))),
                    "the token has not three parts");
  count.report("RFC 7520 4.8", "ES512 is not offered");
  BOOST_CHECK_EQUAL(count.run, 2);
  BOOST_CHECK_EQUAL(count.aside, 1);
}

BOOST_AUTO_TEST_SUITE_END()
