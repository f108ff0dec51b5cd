#include "doctor/token.h"

#include <boost/test/unit_test.hpp>

#include "../policy/fake_world.h"
#include "claimcheck/jwt.h"

using namespace claimcheck;
using claimcheck::testing::kNow;
using claimcheck::testing::site_key;
using doctor::parse_given;

namespace {

std::string code_at_site(const std::string& token) {
  return claimcheck::testing::code_of(
      verify(token, {site_key()}, TokenRules{}, kNow));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_token)

BOOST_AUTO_TEST_CASE(reads_what_get_token_says) {
  const std::string token = *TokenBuilder()
                                 .issued_at(kNow)
                                 .expires_at(kNow + UnixTime(2500))
                                 .confirm_cookie("x")
                                 .sign(site_key());
  const auto given = parse_given("{\"token\":\"" + token +
                                 "\",\"handle\":\"1a2b\",\"expires_in\":2.5,"
                                 "\"filename\":\"a.csv\",\"size\":1234}");
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST(given->token == token);
  BOOST_TEST(given->handle == "1a2b");
  BOOST_TEST(given->filename == "a.csv");
  BOOST_TEST(given->size.value() == 1234U);
  BOOST_TEST(given->lifetime.count() == 2500);
  BOOST_TEST((given->issued == kNow));
  BOOST_TEST((given->expires == kNow + UnixTime(2500)));
  BOOST_TEST(given->is_bound_to_client);
}

BOOST_AUTO_TEST_CASE(takes_no_token_that_could_be_more_than_one_in_a_url) {
  for (const char* json :
       {"", "<html>", "[]", "{}", R"({"token":1})", R"({"token":""})",
        R"({"token":"a&b"})", R"({"token":"a b"})", R"({"token":"a\nb"})",
        R"({"token":"a\u0000"})", R"({"token":"a"} x)"}) {
    BOOST_TEST(!parse_given(json).has_value(), json);
  }
  BOOST_TEST(!parse_given("{\"token\":\"" + std::string(5000, 'a') + "\"}"));
}

BOOST_AUTO_TEST_CASE(survives_absurd_numbers_and_payloads) {
  const auto given = parse_given(
      R"({"token":"a.eyJleHAiOjFlMzA4fQ.c","expires_in":1e300,"size":-1})");
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST(!given->size.has_value());
  BOOST_TEST(given->lifetime.count() == 0);
  BOOST_TEST(given->expires.count() == 0);
}

BOOST_AUTO_TEST_CASE(a_code_is_of_a_refusal_of_ours_alone) {
  BOOST_TEST(doctor::code_of(R"({"message":"m","code":"xsrf"})") == "xsrf");
  BOOST_TEST(doctor::code_of(R"({"code":"xsrf"})") == "");
  BOOST_TEST(doctor::code_of("<body data-code=\"xsrf\">") == "");
}

BOOST_AUTO_TEST_CASE(what_it_makes_is_taken_by_nobody) {
  doctor::Site site;
  const std::string foreign = doctor::foreign_token(site, kNow);
  BOOST_TEST(code_at_site(foreign) == "token_invalid");
  BOOST_TEST(code_at_site(doctor::unsigned_token(kNow)) == "token_invalid");
  site.seed[0] = 1;
  BOOST_TEST(doctor::foreign_token(site, kNow) != foreign);
}

BOOST_AUTO_TEST_SUITE_END()
