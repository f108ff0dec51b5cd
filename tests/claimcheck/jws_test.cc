#include "claimcheck/jws.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "claimcheck/base64url.h"
#include "minted.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

const JwsRules kAnyType;
constexpr std::string_view kTypes[] = {"jwt", "download+jwt"};
const JwsRules kJwtTypes{kTypes};

std::string checked(std::string_view token, const KeySet& keys,
                    const JwsRules& rules = kAnyType) {
  return outcome(jws_verify(token, keys, rules, kNow));
}

std::string checked_header(std::string_view header, const KeySet& keys) {
  return checked(mint(header, "payload", keys[0]), keys, kJwtTypes);
}

void check_header(std::string_view header, const char* expected) {
  BOOST_CHECK_MESSAGE(checked_header(header, {test_key()}) == expected,
                      header << " is not " << expected);
}

std::string detail_of(std::string_view token, const KeySet& keys) {
  const auto jws = jws_verify(token, keys, kJwtTypes, kNow);
  return jws ? "" : jws.error().detail;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jws)

BOOST_AUTO_TEST_CASE(verifies_what_it_signs_and_names_the_key) {
  const KeySet keys = {test_key("a"), other_key("b")};
  const std::string token = *jws_sign(keys[1], "JWT", "any \xff bytes");
  const Result<Jws> jws = jws_verify(token, keys, kJwtTypes, kNow);
  BOOST_REQUIRE(jws.has_value());
  BOOST_CHECK_EQUAL(jws->payload, "any \xff bytes");
  BOOST_CHECK(jws->key == &keys[1]);
}

BOOST_AUTO_TEST_CASE(writes_alg_typ_and_kid_into_the_header) {
  const auto header = [](const Key& key) {
    const std::string token = *jws_sign(key, "download+jwt", "{}");
    return *base64url_decode(token.substr(0, token.find('.')));
  };
  BOOST_CHECK_EQUAL(header(test_key()),
                    R"({"alg":"HS256","typ":"download+jwt"})");
  BOOST_CHECK_EQUAL(header(test_key("k\"1")),
                    R"({"alg":"HS256","typ":"download+jwt","kid":"k\"1"})");
}

BOOST_AUTO_TEST_CASE(takes_4096_bytes_and_not_4097) {
  // 4 digits a 3 bytes: a payload cut to size by its last digit.
  const std::string empty = mint(kHeader, "");
  const std::string digits(kMaxTokenSize - empty.size(), 'A');
  const auto token = [&](const std::string& payload) {
    return mint_parts(base64url_encode(kHeader), payload, test_key());
  };
  BOOST_REQUIRE_EQUAL(token(digits).size(), 4096u);
  BOOST_CHECK_EQUAL(checked(token(digits), {test_key()}), "ok");
  BOOST_CHECK_EQUAL(checked(token(digits + "A"), {test_key()}),
                    "token_invalid");
}

// CVE lesson, unbounded split on dots.
BOOST_AUTO_TEST_CASE(refuses_any_number_of_dots_but_two) {
  const std::string good = mint(kHeader, "payload");
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a"),
        std::string("..."), std::string(1000, '.'), std::string(1 << 20, '.'),
        good + ".", "." + good, good + ".AAAA",
        good.substr(0, good.rfind('.'))}) {
    BOOST_CHECK_EQUAL(checked(token, {test_key()}), "token_invalid");
  }
}

BOOST_AUTO_TEST_CASE(refuses_characters_outside_the_alphabet_in_each_part) {
  const std::string good = mint(kHeader, "payload");
  const std::size_t first = good.find('.');
  const std::size_t second = good.rfind('.');
  for (const std::size_t at :
       {std::size_t{0}, first, first + 1, second, second + 1, good.size()}) {
    for (const char c : {' ', '\n', '=', '+', '/', '?', '\0', '\x80', '%'}) {
      std::string bad = good;
      bad.insert(at, 1, c);
      BOOST_CHECK_EQUAL(checked(bad, {test_key()}), "token_invalid");
    }
  }
}

// The MAC is over the text as it came, so the first two parts are signed in
// their bad spelling: only strictness refuses them.
BOOST_AUTO_TEST_CASE(refuses_noncanonical_base64url_in_the_signed_parts) {
  const std::string header = base64url_encode(R"({"alg":"HS256"} )");
  BOOST_REQUIRE_EQUAL(header.size() % 4, 2u);
  std::string bad_header = header;
  bad_header.back() = static_cast<char>(bad_header.back() + 1);
  BOOST_CHECK_EQUAL(checked(mint_parts(header, "Zg", test_key()), {test_key()}),
                    "ok");
  for (const auto& [first, second] :
       {std::pair<std::string, std::string>(bad_header, "Zg"),
        {header + "==", "Zg"},
        {header, "Zh"},
        {header, "Zg=="},
        {header, "Zm8="},
        {header, "Zm9"},
        {header, "Z"}}) {
    BOOST_CHECK_EQUAL(
        checked(mint_parts(first, second, test_key()), {test_key()}),
        "token_invalid");
  }
}

// 32 bytes are 43 digits, of which the last carries two spare bits.
BOOST_AUTO_TEST_CASE(refuses_noncanonical_base64url_in_the_signature) {
  const std::string good = mint(kHeader, "payload");
  const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int accepted = 0;
  for (char digit : digits) {
    std::string token = good;
    token.back() = digit;
    accepted += checked(token, {test_key()}) == "ok" ? 1 : 0;
  }
  BOOST_CHECK_EQUAL(accepted, 1);
  BOOST_CHECK_EQUAL(checked(good + "=", {test_key()}), "token_invalid");
}

BOOST_AUTO_TEST_CASE(takes_an_empty_payload_and_no_empty_signature) {
  const std::string good = mint(kHeader, "");
  BOOST_CHECK_EQUAL(checked(good, {test_key()}), "ok");
  BOOST_CHECK_EQUAL(checked(good.substr(0, good.rfind('.') + 1), {test_key()}),
                    "token_invalid");
}

BOOST_AUTO_TEST_CASE(wants_one_json_object_as_header) {
  check_header(R"({"alg":"HS256"})", "ok");
  check_header(R"( {"alg":"HS256","x":[1]} )", "ok");
  for (const char* header :
       {"", "[]", "\"HS256\"", "null", R"({"alg":"HS256"}x)",
        R"({"alg":"HS256"}{})", R"({"alg":"HS256","alg":"HS256"})",
        R"({"alg":"HS256","\u0061lg":"HS256"})",
        R"({"alg":"HS256","kid":"a","kid":"a"})",
        "\xef\xbb\xbf{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"x\":\"\xff\"}",
        R"({"alg":"HS256","x":"\udc00"})", R"({"alg":"HS256",})"}) {
    check_header(header, "token_invalid");
  }
}

// CVE lessons, alg none and algorithm confusion: the MAC is right each time,
// and the key's own algorithm is the only one.
BOOST_AUTO_TEST_CASE(takes_no_alg_but_the_keys) {
  for (const char* alg : {"\"none\"",    "\"None\"",
                          "\"NONE\"",    "\"nOnE\"",
                          "\"HS384\"",   "\"HS512\"",
                          "\"RS256\"",   "\"PS256\"",
                          "\"ES256\"",   "\"EdDSA\"",
                          "\"hs256\"",   "\"Hs256\"",
                          "\"HS256 \"",  "\"\"",
                          "null",        "256",
                          "[\"HS256\"]", "{\"alg\":\"HS256\"}",
                          "true",        "\"HS256\\u0000\""}) {
    check_header("{\"alg\":" + std::string(alg) + "}", "token_invalid");
  }
  check_header(R"({"typ":"JWT"})", "token_invalid");
  check_header(R"({"alg":"HS\u003256"})", "ok");
}

BOOST_AUTO_TEST_CASE(takes_no_unsigned_token_of_alg_none) {
  const std::string header = base64url_encode(R"({"alg":"none"})");
  const std::string payload = base64url_encode(R"({"exp":1700000002})");
  for (const char* end : {".", "", ".AA", "."}) {
    BOOST_CHECK_EQUAL(checked(header + '.' + payload + end, {test_key()}),
                      "token_invalid");
  }
  BOOST_CHECK_EQUAL(checked(mint(kHeader, "p"), {}), "token_invalid");
}

// CVE lesson, unknown crit accepted (PyJWT, fast-jwt, Authlib, 2025-26). RFC
// 7797's b64 among them.
BOOST_AUTO_TEST_CASE(refuses_crit_whatever_it_holds) {
  for (const char* crit : {R"(["exp"])", R"(["b64"],"b64":false)", "[]", "null",
                           "\"exp\"", "{}", "false"}) {
    check_header(R"({"alg":"HS256","crit":)" + std::string(crit) + "}",
                 "token_invalid");
  }
  check_header(R"({"alg":"HS256","Crit":["exp"]})", "ok");
}

BOOST_AUTO_TEST_CASE(takes_the_types_it_is_told_in_any_case) {
  for (const char* typ :
       {"JWT", "jwt", "Jwt", "download+jwt", "Download+JWT", "application/jwt",
        "APPLICATION/JWT", "application/download+jwt"}) {
    check_header(R"({"alg":"HS256","typ":")" + std::string(typ) + "\"}", "ok");
  }
}

BOOST_AUTO_TEST_CASE(refuses_other_types) {
  for (const char* typ :
       {"\"at+jwt\"", "\"JOSE\"", "\"\"", "\"application/\"", "\"text/jwt\"",
        "\"application/application/jwt\"", "\"JWT \"", "\"jwt;x\"", "null", "1",
        "[\"JWT\"]", "\"JWT\\u0000\""}) {
    check_header(R"({"alg":"HS256","typ":)" + std::string(typ) + "}",
                 "token_invalid");
  }
  BOOST_CHECK_EQUAL(
      checked(mint(R"({"alg":"HS256","typ":"x"})", ""), {test_key()}, kAnyType),
      "ok");
}

BOOST_AUTO_TEST_CASE(a_kid_chooses_its_key_exactly) {
  const KeySet keys = {test_key("a"), other_key("b")};
  const std::string a = R"({"alg":"HS256","kid":"a"})";
  const std::string b = R"({"alg":"HS256","kid":"b"})";
  BOOST_CHECK_EQUAL(checked(mint(a, "", test_key()), keys), "ok");
  BOOST_CHECK_EQUAL(checked(mint(b, "", other_key()), keys), "ok");
  BOOST_CHECK_EQUAL(checked(mint(a, "", other_key()), keys), "token_invalid");
  BOOST_CHECK_EQUAL(checked(mint(b, "", test_key()), keys), "token_invalid");
}

BOOST_AUTO_TEST_CASE(refuses_a_kid_that_no_key_has) {
  const KeySet one = {test_key("a")};
  const KeySet mixed = {test_key(), other_key("b")};
  for (const char* kid : {"A", "a ", "aa", "b2", "../a", "a\\u0000"}) {
    const std::string token =
        mint(R"({"alg":"HS256","kid":")" + std::string(kid) + "\"}", "");
    BOOST_CHECK_EQUAL(checked(token, one), "token_invalid");
    BOOST_CHECK_EQUAL(checked(token, mixed), "token_invalid");
  }
}

BOOST_AUTO_TEST_CASE(the_only_key_without_a_name_takes_any_kid) {
  const std::string header = R"({"alg":"HS256","kid":"whatever"})";
  BOOST_CHECK_EQUAL(checked_header(header, {test_key()}), "ok");
  BOOST_CHECK_EQUAL(checked_header(header, {test_key(), other_key()}),
                    "token_invalid");
}

// A key without a name is not the key named "".
BOOST_AUTO_TEST_CASE(an_empty_kid_is_no_keys_name) {
  BOOST_CHECK_EQUAL(checked_header(R"({"alg":"HS256","kid":""})",
                                   {test_key(), other_key("b")}),
                    "token_invalid");
}

BOOST_AUTO_TEST_CASE(refuses_a_kid_that_is_no_string) {
  for (const char* kid : {"1", "null", "[]", "{}", "true", "[\"a\"]"}) {
    check_header(R"({"alg":"HS256","kid":)" + std::string(kid) + "}",
                 "token_invalid");
  }
}

BOOST_AUTO_TEST_CASE(without_kid_tries_eight_keys_and_not_the_ninth) {
  KeySet keys;
  for (int i = 0; i < 9; ++i) {
    keys.push_back(*Key::hs256(std::string(32, static_cast<char>('a' + i)),
                               "key" + std::to_string(i)));
  }
  BOOST_CHECK_EQUAL(checked(mint(kHeader, "", keys[0]), keys), "ok");
  BOOST_CHECK_EQUAL(checked(mint(kHeader, "", keys[7]), keys), "ok");
  BOOST_CHECK_EQUAL(checked(mint(kHeader, "", keys[8]), keys), "token_invalid");
  BOOST_CHECK_EQUAL(
      checked(mint(R"({"alg":"HS256","kid":"key8"})", "", keys[8]), keys),
      "ok");
}

BOOST_AUTO_TEST_CASE(refuses_a_changed_byte_anywhere) {
  const std::string good = mint(kHeader, "payload");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = good[i] == 'A' ? 'B' : 'A';
    BOOST_CHECK_EQUAL(checked(bad, {test_key()}), "token_invalid");
  }
}

BOOST_AUTO_TEST_CASE(its_details_hold_nothing_of_the_token) {
  for (const char* header :
       {R"({"alg":"XSECRETX"})", R"({"alg":"HS256","typ":"XSECRETX"})",
        R"({"alg":"HS256","kid":"XSECRETX"})", R"({"XSECRETX":1,"XSECRETX":2})",
        R"({"alg":"HS256","crit":["XSECRETX"]})"}) {
    const KeySet keys = {test_key("a"), other_key("b")};
    const std::string detail = detail_of(mint(header, ""), keys);
    BOOST_CHECK(!detail.empty());
    BOOST_CHECK(detail.find("XSECRETX") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(signing_input_is_all_before_the_last_dot) {
  BOOST_CHECK_EQUAL(signing_input("a.b.c"), "a.b");
  BOOST_CHECK_EQUAL(signing_input("a.b."), "a.b");
}

BOOST_AUTO_TEST_SUITE_END()
