// What a verdict depends on: the token, the keys, the rules and the time of
// this call, and on nothing that was before.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "claimcheck/base64url.h"
#include "claimcheck/keygen.h"
#include "oct_keys.h"
#include "vector_helpers.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kNotOurs =
    "the token's signature is not by one of our keys";
constexpr const char* kNoSuchKid = "no key has the token's kid";

std::string token_of(const Key& key, const char* res = "/a.csv") {
  return *TokenBuilder()
              .issued_at(kNow)
              .expires_at(kNow + UnixTime(2000))
              .resource(res)
              .sign(key);
}

// spliced is the first token with its part `index` from the second.
std::string spliced(const std::string& first, const std::string& second,
                    int index) {
  const auto part = [](const std::string& token, int at) {
    std::size_t from = 0;
    for (; at > 0; --at) {
      from = token.find('.', from) + 1;
    }
    return token.substr(from, token.find('.', from) - from);
  };
  std::string token;
  for (int at = 0; at < 3; ++at) {
    token += (at == 0 ? "" : ".") + part(at == index ? second : first, at);
  }
  return token;
}

std::string token_of_kid(const std::string& kid) {
  return mint(R"({"alg":"HS256","kid":")" + kid + "\"}",
              R"({"exp":1700000002})");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify)

// CVE lesson, a claims cache keyed loosely: with a verdict on the same
// signature fresh in mind, another payload under it is still refused.
BOOST_AUTO_TEST_CASE(a_signature_seen_before_is_good_for_its_own_text_alone) {
  for (const Algorithm algorithm : {Algorithm::kHs256, Algorithm::kEdDsa}) {
    const KeySet keys = loaded(*generate_jwk(algorithm, ""));
    const std::string a = token_of(keys[0], "/a.csv");
    const std::string b = token_of(keys[0], "/b.csv");
    for (int i = 0; i < 3; ++i) {
      BOOST_CHECK_EQUAL(*claimcheck::verify(a, keys, {}, kNow)->claims().res(),
                        "/a.csv");
      BOOST_CHECK_EQUAL(*claimcheck::verify(b, keys, {}, kNow)->claims().res(),
                        "/b.csv");
      BOOST_CHECK_EQUAL(why_refused(spliced(a, b, 1), keys), kNotOurs);
      BOOST_CHECK_EQUAL(why_refused(spliced(a, b, 2), keys), kNotOurs);
    }
  }
}

// CVE lesson, a claims cache keyed loosely: by the token alone it would outlive
// the key.
BOOST_AUTO_TEST_CASE(a_token_seen_before_is_refused_when_its_key_is_gone) {
  const KeySet before = {test_key("a")};
  const KeySet both = {other_key("b"), test_key("a")};
  const KeySet after = {other_key("b")};
  const KeySet same_name = {other_key("a")};
  const std::string token = token_of(before[0]);
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK_EQUAL(why_refused(token, before), "");
    BOOST_CHECK_EQUAL(why_refused(token, both), "");
    BOOST_CHECK_EQUAL(why_refused(token, after), kNoSuchKid);
    BOOST_CHECK_EQUAL(why_refused(token, same_name), kNotOurs);
    BOOST_CHECK_EQUAL(why_refused(token, {}), kNoSuchKid);
  }
}

// The same for what else a verdict was found under: the time and the rules.
BOOST_AUTO_TEST_CASE(a_token_seen_before_has_a_verdict_for_each_time_and_rule) {
  const KeySet keys = {test_key()};
  const std::string token = token_of(keys[0]);
  TokenRules of_an_issuer;
  of_an_issuer.issuer = "php";
  TokenRules short_lived;
  short_lived.max_lifetime = UnixTime(1999);
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK_EQUAL(verdict(token, keys), "ok");
    BOOST_CHECK_EQUAL(verdict(token, keys, {}, kNow + UnixTime(2000)),
                      "token_expired");
    BOOST_CHECK_EQUAL(verdict(token, keys, of_an_issuer), "token_invalid");
    BOOST_CHECK_EQUAL(verdict(token, keys, short_lived), "token_invalid");
  }
}

BOOST_AUTO_TEST_CASE(a_key_of_another_algorithm_under_the_kid_is_not_tried) {
  const KeySet keys = {oct_key(Algorithm::kHs256, R"(,"kid":"a")"),
                       oct_key(Algorithm::kHs512, R"(,"kid":"b")")};
  const std::string token =
      mint(R"({"alg":"HS256","kid":"b"})", R"({"exp":1700000002})", keys[0]);
  BOOST_CHECK_EQUAL(why_refused(token, keys),
                    "the key of the token's kid is retired, may not verify or "
                    "is for another alg");
}

// CVE lesson, kid confusion: elsewhere a kid was a path, a query or a text that
// ends at its NUL. Here it is a name that is there or is not.
BOOST_AUTO_TEST_CASE(a_kid_is_compared_and_never_interpreted) {
  const KeySet keys = {test_key("a"), other_key("b")};
  BOOST_CHECK_EQUAL(why_refused(token_of_kid("a"), keys), "");
  BOOST_CHECK_EQUAL(why_refused(token_of_kid("\\u0061"), keys), "");
  for (const char* kid : {"../../../../dev/null",
                          "/dev/null",
                          "./a",
                          "a/",
                          "a/../a",
                          "%61",
                          "a\\u0000",
                          "a\\u0000b",
                          "\\u0000a",
                          "a' OR '1'='1",
                          "b' UNION SELECT 'x",
                          "a;id",
                          "$(id)",
                          "a|b",
                          "*",
                          "a,b",
                          "http://example.org/a",
                          "A",
                          " a",
                          "a ",
                          "",
                          "\\u0430",
                          "a\\u0301",
                          "\\ufeffa"}) {
    BOOST_CHECK_EQUAL(why_refused(token_of_kid(kid), keys), kNoSuchKid);
  }
}

// RFC 7515 sections 4.1.2 to 4.1.6: a header that brings or points to its own
// key is not asked for it.
BOOST_AUTO_TEST_CASE(a_key_in_the_header_is_not_used) {
  const KeySet keys = {test_key()};
  for (const std::string& member :
       {"\"jwk\":" + oct_jwk(kOtherSecret),
        std::string(R"("jku":"http://example.org/keys")"),
        std::string(R"("x5u":"file:///etc/claimcheck/keys")"),
        std::string(R"("x5c":["AAAA"])")}) {
    const std::string header = R"({"alg":"HS256",)" + member + '}';
    BOOST_CHECK_EQUAL(why_refused(mint(header, "{}", other_key()), keys),
                      kNotOurs);
    BOOST_CHECK_EQUAL(why_refused(mint(header, "{}", keys[0]), keys), "");
  }
}

// CVE lesson, work without a bound: a token that names no key is tried with
// eight at most, in the set's order, and those of its alg alone count.
BOOST_AUTO_TEST_CASE(keys_of_another_alg_do_not_count_among_the_eight) {
  KeySet keys;
  for (int i = 0; i < 10; ++i) {
    keys.push_back(
        oct_key(Algorithm::kHs512, ",\"kid\":\"" + std::to_string(i) + '"'));
  }
  keys.push_back(test_key("last"));
  BOOST_CHECK_EQUAL(verdict(mint(kHeader, R"({"exp":1700000002})"), keys),
                    "ok");
}

BOOST_AUTO_TEST_SUITE_END()
