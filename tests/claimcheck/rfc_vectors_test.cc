// The examples of RFC 7515 (JWS), 7517 (JWK), 7638 (thumbprints), 7797 (b64)
// and 8037 (Ed25519). RFC 7520's are in rfc7520_vectors_test.cc.
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "vector_helpers.h"
#include "vectors.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kAppendixA = "rfc7515-7517-7638/rfc7515_A.1.jwsc";
constexpr const char* kJwkSets = "rfc7515-7517-7638/rfc7517_A.1.jwkset";
constexpr const char* kThumbprint = "rfc7515-7517-7638/rfc7638_3.1.thp";
constexpr const char* kUnencoded =
    "rfc7520-cookbook/rfc7797/hmac-sha2_b64_false.json";
constexpr const char* kUnencodedDollars =
    "rfc7520-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json";
constexpr const char* kCurve25519 = "rfc7520-cookbook/curve25519/jws.json";

constexpr const char* kJoe =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
    "\"http://example.com/is_root\":true}";

std::string rfc7515(const std::string& name) {
  return read_vector("rfc7515-7517-7638/rfc7515_" + name);
}

KeySet rfc7515_keys(const std::string& name) { return loaded(rfc7515(name)); }

std::string rfc7517(const std::string& name) {
  return read_vector("rfc7515-7517-7638/rfc7517_" + name);
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  BOOST_REQUIRE(!document.HasParseError());
  return document;
}

void check_joe(const std::string& token, const KeySet& keys,
               VectorCount& count) {
  const Result<Jws> jws = jws_verify(token, keys, JwsRules{}, kNow);
  BOOST_REQUIRE_MESSAGE(jws.has_value(),
                        (jws ? "" : jws.error().detail.c_str()));
  BOOST_CHECK_EQUAL(jws->payload, kJoe);
  ++count.run;
}

void check_refused(const std::string& token, const KeySet& keys,
                   std::string_view words) {
  const std::string why = why_refused(token, keys);
  BOOST_CHECK_MESSAGE(holds(why, words), '"' << why << "\" for " << words);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rfc_vectors)

// HS256 and RS256 give the RFC's bytes again; ES256 is random.
BOOST_AUTO_TEST_CASE(verifies_and_signs_the_tokens_of_rfc_7515,
                     *boost::unit_test::precondition(HasVector{kAppendixA})) {
  VectorCount count;
  for (const char* example : {"A.1", "A.2", "A.3"}) {
    const KeySet keys = rfc7515_keys(std::string(example) + ".jwk");
    const std::string token = rfc7515(std::string(example) + ".jwsc");
    check_joe(token, keys, count);
    const std::string again = sign_again(token, keys[0]);
    BOOST_CHECK_EQUAL(again == token, keys[0].algorithm() != Algorithm::kEs256);
    BOOST_CHECK_EQUAL(why_refused(again, keys), "");
  }
  count.report("RFC 7515 A.1 to A.3", "all are offered");
  BOOST_CHECK_EQUAL(count.run, 3);
}

// The JSON serializations are no tokens to us, but the signatures in them are
// over what the compact one has.
BOOST_AUTO_TEST_CASE(verifies_the_json_signatures_of_rfc_7515_made_compact,
                     *boost::unit_test::precondition(HasVector{kAppendixA})) {
  VectorCount count;
  const KeySet keys = rfc7515_keys("A.6.jwkset");
  BOOST_CHECK_EQUAL(keys.size(), 2u);
  const auto general = parsed(rfc7515("A.6.jwsg"));
  for (const auto& signature : general["signatures"].GetArray()) {
    check_joe(compact_of(signature, text_of(general["payload"])), keys, count);
  }
  const auto flattened = parsed(rfc7515("A.7.jwsf"));
  const KeySet a3 = rfc7515_keys("A.3.jwk");
  check_joe(compact_of(flattened, text_of(flattened["payload"])), a3, count);
  check_refused(rfc7515("A.6.jwsg"), keys, "has not three parts");
  check_refused(rfc7515("A.7.jwsf"), a3, "has not three parts");
  count.report("RFC 7515 A.6 and A.7", "made compact, all are offered");
  BOOST_CHECK_EQUAL(count.run, 3);
}

BOOST_AUTO_TEST_CASE(refuses_es512_and_none_of_rfc_7515,
                     *boost::unit_test::precondition(HasVector{kAppendixA})) {
  VectorCount count;
  check_not_loaded(rfc7515("A.4.jwk"), "crv is not \"P-256\"");
  const std::string es512 = rfc7515("A.4.jwsc");
  const std::string unsigned_token = rfc7515("A.5.jwsc");
  BOOST_CHECK_EQUAL(*base64url_decode(es512.substr(0, es512.find('.'))),
                    R"({"alg":"ES512"})");
  BOOST_CHECK_EQUAL(
      *base64url_decode(unsigned_token.substr(0, unsigned_token.find('.'))),
      R"({"alg":"none"})");
  for (const char* name : {"A.1.jwk", "A.2.jwk", "A.3.jwk", "A.6.jwkset"}) {
    const KeySet keys = rfc7515_keys(name);
    check_refused(es512, keys, "no key that may verify is for the token's alg");
    check_refused(unsigned_token, keys,
                  "no key that may verify is for the token's alg");
  }
  ++count.run;
  ++count.aside;
  count.report("RFC 7515 A.5", "A.4, as ES512 is not offered; refused");
  BOOST_CHECK_EQUAL(count.run, 1);
}

// A.1 and A.2 hold a key for encryption and A.3 one for wrapping keys. A file
// is taken whole or not, so each is refused, in words that say for which key.
BOOST_AUTO_TEST_CASE(names_the_key_for_which_it_refuses_a_set_of_rfc_7517,
                     *boost::unit_test::precondition(HasVector{kJwkSets})) {
  VectorCount count;
  for (const auto& [name, words] :
       {std::pair{"A.1.jwkset", "key 1 (kid \"1\"): use is not \"sig\""},
        {"A.2.jwkset", "key 1 (kid \"1\"): use is not \"sig\""},
        {"A.3.jwkset", "key 1: alg is none of HS256, "}}) {
    const auto set = parsed(rfc7517(name));
    BOOST_REQUIRE_EQUAL(set["keys"].Size(), 2u);
    check_not_loaded(rfc7517(name), words);
    const KeySet other = loaded(json_text(set["keys"][1]));
    BOOST_CHECK_EQUAL(other[0].kid(), text_of(set["keys"][1]["kid"]));
    BOOST_CHECK_EQUAL(other[0].is_private(), name[2] != '1');
    ++count.run;
  }
  // Its certificate, x5c, is one of the members that nobody looks at.
  BOOST_CHECK_EQUAL(loaded(rfc7517("B.jwk"))[0].kid(), "1b94c");
  ++count.run;
  count.report("RFC 7517 A.1 to A.3 and B", "all apply");
  BOOST_CHECK_EQUAL(count.run, 4);
}

BOOST_AUTO_TEST_CASE(has_the_thumbprint_of_rfc_7638,
                     *boost::unit_test::precondition(HasVector{kThumbprint})) {
  const KeySet keys = loaded(read_vector("rfc7515-7517-7638/rfc7638_3.1.jwk"));
  BOOST_CHECK_EQUAL(base64url_encode(keys[0].thumbprint()),
                    read_vector(kThumbprint));
  VectorCount{1, 0}.report("RFC 7638 3.1", "all apply");
}

// The MAC is right, and over the payload as it stands: who took it for
// base64url would read other bytes than were signed.
BOOST_AUTO_TEST_CASE(refuses_the_unencoded_payloads_of_rfc_7797,
                     *boost::unit_test::precondition(HasVector{kUnencoded})) {
  VectorCount count;
  for (const auto& [name, words] :
       {std::pair{kUnencoded, "a part of the token is not canonical base64url"},
        {kUnencodedDollars, "the token has not three parts"}}) {
    const auto file = parse_vector(name);
    const KeySet keys = loaded(json_text(file["input"]["key"]));
    const auto& flat = file["output"]["json_flat"];
    const std::string token = compact_of(flat, text_of(flat["payload"]));
    BOOST_CHECK_EQUAL(sign_again(token, keys[0]), token);
    check_refused(token, keys, words);
    check_refused(json_text(flat), keys, "has not three parts");
    ++count.run;
  }
  count.report("RFC 7797", "all apply; they have to be refused");
  BOOST_CHECK_EQUAL(count.run, 2);
}

// RFC 7797 section 6: crit is there so that a verifier that does not know b64
// refuses. Here the payload is base64url and the MAC right, and crit alone is
// left to refuse for. (The file of section 4.2 has the header of a draft,
// without crit.)
BOOST_AUTO_TEST_CASE(refuses_the_header_of_rfc_7797_for_its_crit,
                     *boost::unit_test::precondition(HasVector{kUnencoded})) {
  const auto file = parse_vector(kUnencoded);
  const KeySet keys = loaded(json_text(file["input"]["key"]));
  const std::string header = text_of(file["output"]["json_flat"]["protected"]);
  BOOST_CHECK_EQUAL(*base64url_decode(header),
                    R"({"alg":"HS256","b64":false,"crit":["b64"]})");
  const std::string payload =
      base64url_encode(text_of(file["input"]["payload"]));
  check_refused(mint_parts(header, payload, keys[0]), keys,
                "the token's header has crit");
}

// Ed25519 gives the RFC's bytes again. The thumbprint is A.3's, which is not in
// the file.
BOOST_AUTO_TEST_CASE(verifies_and_signs_with_the_ed25519_key_of_rfc_8037,
                     *boost::unit_test::precondition(HasVector{kCurve25519})) {
  auto file = parse_vector(kCurve25519);
  const std::string token = text_of(file["output"]["compact"]);
  const KeySet pair = loaded(json_text(file["input"]["key"]));
  file["input"]["key"].RemoveMember("d");
  const KeySet public_half = loaded(json_text(file["input"]["key"]));
  BOOST_CHECK(pair[0].is_private() && !public_half[0].is_private());
  BOOST_CHECK_EQUAL(sign_again(token, pair[0]), token);
  VectorCount count;
  for (const KeySet& keys : {pair, public_half}) {
    BOOST_CHECK_EQUAL(base64url_encode(keys[0].thumbprint()),
                      "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    const Result<Jws> jws = jws_verify(token, keys, JwsRules{}, kNow);
    BOOST_REQUIRE(jws.has_value());
    BOOST_CHECK_EQUAL(jws->payload, text_of(file["input"]["payload"]));
    check_json_forms(file, token, keys);
    ++count.run;
  }
  count.report("RFC 8037 A.1 to A.5", "the pair and its public half");
  BOOST_CHECK_EQUAL(count.run, 2);
}

BOOST_AUTO_TEST_SUITE_END()
