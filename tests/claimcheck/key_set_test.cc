#include "claimcheck/key_set.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "claimcheck/base64url.h"
#include "key_pairs.h"
#include "oct_keys.h"
#include "vector_helpers.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// oct is a JWK whose secret is `letter`, 64 times.
std::string oct(char letter, const std::string& members = "") {
  return oct_jwk(std::string(64, letter), members);
}

std::string set_of(std::initializer_list<std::string> jwks) {
  std::string text;
  for (const std::string& jwk : jwks) {
    text += (text.empty() ? "" : ",") + jwk;
  }
  return "{\"keys\":[" + text + "]}";
}

std::string set_of_size(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text +=
        (i == 0 ? "" : ",") + oct('s', ",\"kid\":\"" + std::to_string(i) + '"');
  }
  return "{\"keys\":[" + text + "]}";
}

std::string signing_kid(const KeySet& keys, UnixTime now = kNow) {
  const Key* key = signing_key(keys, now);
  return key != nullptr ? key->kid() : "none";
}

std::string signed_by(const Key& key) {
  return *TokenBuilder().expires_at(kNow + UnixTime(2000)).sign(key);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_set)

// ---- kid

BOOST_AUTO_TEST_CASE(keeps_a_kid_of_1_to_128_bytes) {
  BOOST_CHECK_EQUAL(loaded(oct('a', R"(,"kid":"2026-11")"))[0].kid(),
                    "2026-11");
  const std::string longest(128, 'k');
  BOOST_CHECK_EQUAL(loaded(oct('a', ",\"kid\":\"" + longest + '"'))[0].kid(),
                    longest);
  for (const std::string& kid :
       {std::string(""), std::string(129, 'k'), std::string("a\\u0000"),
        std::string("a\\n"), std::string("\\u009b31m")}) {
    check_not_loaded(oct('a', ",\"kid\":\"" + kid + '"'),
                     "kid is not a name of 1 to 128 bytes without controls");
  }
  check_not_loaded(oct('a', ",\"kid\":1"), "kid is not a string");
}

BOOST_AUTO_TEST_CASE(refuses_two_keys_of_one_kid_and_says_which) {
  const std::string a = oct('a', R"(,"kid":"k")");
  const std::string b = oct('b', R"(,"kid":"x")");
  const std::string c = oct('c', R"(,"kid":"\u006b")");
  check_not_loaded(set_of({a, b, c}), "keys 1 and 3 have the same kid");
  BOOST_CHECK_EQUAL(loaded(set_of({oct('a'), oct('b'), a, b})).size(), 4u);
}

// ---- sets

BOOST_AUTO_TEST_CASE(the_first_that_may_sign_signs) {
  const KeySet keys =
      loaded(set_of({oct('a', R"(,"kid":"a","key_ops":["verify"])"),
                     oct('b', R"(,"kid":"b","exp":1700000000)"),
                     oct('c', R"(,"kid":"c")"), oct('d', R"(,"kid":"d")")}));
  BOOST_CHECK_EQUAL(signing_kid(keys), "c");
  BOOST_CHECK_EQUAL(signing_kid(keys, kNow - UnixTime(1)), "b");
  BOOST_CHECK(signing_key(keys, kNow) == &keys[2]);
  BOOST_CHECK_EQUAL(signing_kid({}), "none");
  BOOST_CHECK_EQUAL(signing_kid(loaded(public_jwk(*new_ec()))), "none");
}

BOOST_AUTO_TEST_CASE(all_verify_and_each_its_own) {
  const KeySet keys = loaded(set_of(
      {oct('a', R"(,"kid":"a")"), oct('b', R"(,"kid":"b","alg":"HS512")"),
       private_jwk(*new_ec(), R"(,"kid":"c")"),
       private_jwk(*new_pair("ED25519")), oct('e')}));
  for (const Key& key : keys) {
    BOOST_CHECK_EQUAL(verdict(signed_by(key), keys), "ok");
    BOOST_CHECK(jws_verify(signed_by(key), keys, {}, kNow)->key == &key);
  }
  BOOST_CHECK_EQUAL(verdict(signed_by(other_key()), keys), "token_invalid");
}

BOOST_AUTO_TEST_CASE(exp_retires_a_key_to_the_millisecond) {
  const KeySet keys =
      loaded(set_of({oct('a', R"(,"kid":"a","exp":1700000001.5)"),
                     oct('b', R"(,"kid":"b")")}));
  const std::string token = signed_by(keys[0]);
  const UnixTime exp = kNow + UnixTime(1500);
  BOOST_REQUIRE(keys[0].exp() == exp);
  BOOST_CHECK_EQUAL(verdict(token, keys, {}, exp - UnixTime(1)), "ok");
  BOOST_CHECK_EQUAL(signing_kid(keys, exp - UnixTime(1)), "a");
  BOOST_CHECK_EQUAL(jws_verify(token, keys, {}, exp).error().detail,
                    "the key of the token's kid is retired, may not verify or "
                    "is for another alg");
  BOOST_CHECK_EQUAL(signing_kid(keys, exp), "b");
}

BOOST_AUTO_TEST_CASE(refuses_an_exp_that_is_no_time) {
  for (const char* exp :
       {"\"1700000000\"", "null", "true", "1e300", "1700000000000", "[]"}) {
    check_not_loaded(oct('a', ",\"exp\":" + std::string(exp)),
                     "exp is not a time in seconds since 1970");
  }
  BOOST_CHECK(loaded(oct('a', ",\"exp\":0"))[0].is_retired(kNow));
}

BOOST_AUTO_TEST_CASE(takes_32_keys_and_not_33) {
  BOOST_CHECK_EQUAL(loaded(set_of_size(32)).size(), 32u);
  check_not_loaded(set_of_size(33), "a JWK Set of more than 32 keys");
}

BOOST_AUTO_TEST_CASE(refuses_a_set_that_is_none) {
  check_not_loaded(R"({"keys":[]})", "a JWK Set without keys");
  for (const char* keys : {"null", "{}", "\"a\"", "1"}) {
    check_not_loaded("{\"keys\":" + std::string(keys) + '}',
                     "keys of a JWK Set is not an array");
  }
  check_not_loaded(R"({"keys":[1]})", "key 1: a JWK is an object");
  check_not_loaded(set_of({oct('a'), set_of({oct('b')})}),
                   "key 2: kty is none of ");
}

BOOST_AUTO_TEST_CASE(names_the_key_that_is_wrong) {
  check_not_loaded(
      set_of({oct('a'), oct_jwk("short", R"(,"kid":"2026-\u202e11")")}),
      "key 2 (kid \"2026-\\u202e11\"): the HS256 secret has 5 bytes");
}

BOOST_AUTO_TEST_CASE(refuses_a_private_key_beside_a_public_one) {
  const Pkey ec = new_ec();
  for (const std::string& set : {set_of({oct('a'), public_jwk(*ec)}),
                                 set_of({public_jwk(*ec), private_jwk(*ec)})}) {
    check_not_loaded(set, "a private and a public key in one set");
  }
  BOOST_CHECK(!is_private(loaded(set_of({public_jwk(*ec)}))));
  BOOST_CHECK(is_private(loaded(set_of({oct('a'), private_jwk(*ec)}))));
  BOOST_CHECK(!is_private({}));
}

BOOST_AUTO_TEST_CASE(refuses_json_that_is_not_one_object_of_unique_members) {
  for (const std::string& text :
       {oct('a') + oct('b'), oct('a') + "x", std::string("{"),
        oct('a', R"(,"k":"AAAA")"), oct('a', R"(,"\u006b":"AAAA")"),
        oct('a') + '\0', oct('a', ",\"x\":\"\xff\"")}) {
    check_not_loaded(text, "a JWK that is ");
  }
}

// ---- use and key_ops

BOOST_AUTO_TEST_CASE(takes_a_use_of_sig_alone) {
  BOOST_CHECK(loaded(oct('a', R"(,"use":"sig")"))[0].may_sign());
  for (const char* use : {"\"enc\"", "\"SIG\"", "\"\"", "\"sig \""}) {
    check_not_loaded(oct('a', ",\"use\":" + std::string(use)),
                     "use is not \"sig\": the key is for something else");
  }
  check_not_loaded(oct('a', ",\"use\":null"), "use is not a string");
}

BOOST_AUTO_TEST_CASE(key_ops_allow_what_they_name_alone) {
  const Key verifier = loaded(oct('a', R"(,"key_ops":["verify"])"))[0];
  BOOST_CHECK(!verifier.may_sign() && verifier.may_verify());
  BOOST_CHECK_EQUAL(verifier.sign("text").error().detail,
                    "the key's use or key_ops forbid signing");
  const Key signer = loaded(oct('a', R"(,"key_ops":["sign"])"))[0];
  BOOST_CHECK(signer.may_sign() && !signer.may_verify());
  const std::string mac = *signer.sign("text");
  BOOST_CHECK(!signer.verify("text", mac) && verifier.verify("text", mac));
  const Key both = loaded(oct('a', R"(,"key_ops":["verify","sign"])"))[0];
  BOOST_CHECK(both.may_sign() && both.may_verify());
}

BOOST_AUTO_TEST_CASE(refuses_key_ops_of_another_scheme) {
  for (const char* ops :
       {R"(["encrypt"])", R"(["sign","deriveKey"])", R"(["sign","sign"])",
        R"(["Sign"])", R"(["sign, verify"])", "[1]", "[null]", "[[\"sign\"]]",
        R"(["verify",""])"}) {
    check_not_loaded(oct('a', ",\"key_ops\":" + std::string(ops)),
                     "key_ops has more than \"sign\" and \"verify\"");
  }
  for (const char* ops : {"[]", "null", "\"sign\"", "{\"a\":\"sign\"}", "1"}) {
    check_not_loaded(oct('a', ",\"key_ops\":" + std::string(ops)),
                     "key_ops allows neither \"sign\" nor \"verify\"");
  }
  check_not_loaded(public_jwk(*new_ec(), R"(,"key_ops":["sign"])"),
                   "key_ops allows signing alone, and the key is public");
}

// ---- what is not known

BOOST_AUTO_TEST_CASE(members_that_nobody_knows_do_not_matter) {
  BOOST_CHECK_EQUAL(
      loaded(oct('a', R"(,"x5t":"x","nbf":9e9,"oth":[],"n":{"k":1})")).size(),
      1u);
  BOOST_CHECK_EQUAL(
      loaded(R"({"issuer":"x","keys":[)" + oct('a') + "]}").size(), 1u);
}

BOOST_AUTO_TEST_SUITE_END()
