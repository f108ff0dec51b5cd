#include "policy/cookie.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::string found(const char* header, const char* name = "a") {
  return find_cookie(with(request("/"), "cookie", header), name)
      .value_or("(none)");
}

std::string client(const std::string& header, bool https = true,
                   ClientBinding binding = ClientBinding::kAuto) {
  Config config = site_config();
  config.client = binding;
  Request page = with(request("/"), "cookie", header);
  page.https = https;
  return client_cookie(config, page).value_or("(none)");
}

constexpr const char* kGood = "AAAAAAAAAAAAAAAAAAAAAQ";

}  // namespace

BOOST_AUTO_TEST_SUITE(cookie)

BOOST_AUTO_TEST_CASE(finds_a_cookie_among_others) {
  BOOST_CHECK_EQUAL(found("a=1"), "1");
  BOOST_CHECK_EQUAL(found("b=2; a=1; c=3"), "1");
  BOOST_CHECK_EQUAL(found("b=2;a=1"), "1");
  BOOST_CHECK_EQUAL(found("a=1=2=="), "1=2==");
  BOOST_CHECK_EQUAL(found("a="), "");
  BOOST_CHECK_EQUAL(found("a=%41"), "%41");
  BOOST_CHECK_EQUAL(found("a=1; a=2"), "1");
}

BOOST_AUTO_TEST_CASE(finds_all_of_a_name) {
  const auto values =
      find_cookies(with(request("/"), "cookie", "a=1; b=2; a=\"\", a=1"), "a");
  BOOST_CHECK((values == std::vector<std::string>{"1", "", "1"}));
}

// Apache joins two Cookie lines.
BOOST_AUTO_TEST_CASE(finds_a_cookie_after_a_comma) {
  BOOST_CHECK_EQUAL(found("b=2, a=1"), "1");
  BOOST_CHECK_EQUAL(found("a=1, b=2"), "1");
}

// A cookie of another host of the domain, with our name inside its value.
BOOST_AUTO_TEST_CASE(finds_no_host_cookie_inside_another_ones_value) {
  const std::string good = std::string("__Host-claimcheck=") + kGood;
  const std::string evil = "__Host-claimcheck=BBBBBBBBBBBBBBBBBBBBBA";
  BOOST_CHECK_EQUAL(client("sub=x," + evil), "(none)");
  BOOST_CHECK_EQUAL(client("sub=x, " + evil + "; " + good), kGood);
}

BOOST_AUTO_TEST_CASE(takes_quotes_off) {
  BOOST_CHECK_EQUAL(found("a=\"1\""), "1");
  BOOST_CHECK_EQUAL(found("a=\"\""), "");
  BOOST_CHECK_EQUAL(found("a=\""), "\"");
}

BOOST_AUTO_TEST_CASE(does_not_find_what_is_not_there) {
  for (const char* header : {"", ";", ";;;", "a", "A=1", "aa=1", "b=a=1", "=1",
                             "b=2; a", ",", "xa=1; b=\"a=1\""}) {
    BOOST_CHECK_MESSAGE(found(header) == "(none)", header);
  }
  BOOST_CHECK(!find_cookie(request("/"), "a"));
}

BOOST_AUTO_TEST_CASE(the_client_cookie_is_16_bytes_of_base64url) {
  const std::string name = "__Host-claimcheck=";
  BOOST_CHECK_EQUAL(client(name + kGood), kGood);
  for (const char* value :
       {"", "AA", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAR",
        "AAAAAAAAAAAAAAAAAAAAAQ==", "AAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAA A", "AAAAAAAAAAAAAAAAAAAA+Q", "%41"}) {
    BOOST_CHECK_MESSAGE(client(name + value) == "(none)", value);
  }
}

// A page on plain HTTP could set the cookie without the prefix.
BOOST_AUTO_TEST_CASE(https_and_http_have_cookies_of_their_own) {
  const std::string host = std::string("__Host-claimcheck=") + kGood;
  const std::string plain = std::string("claimcheck=") + kGood;
  BOOST_CHECK_EQUAL(client(host, true), kGood);
  BOOST_CHECK_EQUAL(client(plain, true), "(none)");
  BOOST_CHECK_EQUAL(client(host, false), "(none)");
  BOOST_CHECK_EQUAL(client(plain, false), kGood);
}

BOOST_AUTO_TEST_CASE(a_client_that_is_off_has_no_name) {
  const std::string header = std::string("__Host-claimcheck=") + kGood;
  BOOST_CHECK_EQUAL(client(header, true, ClientBinding::kOff), "(none)");
  BOOST_CHECK_EQUAL(client(header, true, ClientBinding::kRequired), kGood);
}

BOOST_AUTO_TEST_CASE(sets_the_client_cookie_for_30_days) {
  const std::array<unsigned char, 16> name = {0, 0, 0, 0, 0, 0, 0, 0,
                                              0, 0, 0, 0, 0, 0, 0, 1};
  BOOST_CHECK_EQUAL(set_client_cookie(true, name).name, "Set-Cookie");
  BOOST_CHECK_EQUAL(set_client_cookie(true, name).value,
                    "__Host-claimcheck=AAAAAAAAAAAAAAAAAAAAAQ; Path=/; "
                    "SameSite=Lax; Secure; Max-Age=2592000; HttpOnly");
  BOOST_CHECK_EQUAL(set_client_cookie(false, name).value,
                    "claimcheck=AAAAAAAAAAAAAAAAAAAAAQ; Path=/; SameSite=Lax; "
                    "Max-Age=2592000; HttpOnly");
}

BOOST_AUTO_TEST_CASE(the_started_cookie_is_readable_for_one_minute) {
  const Header header = set_started_cookie(false, "0123456789abcdef");
  BOOST_CHECK_EQUAL(header.value,
                    "claimcheck_started_01234567=1; Path=/; SameSite=Lax; "
                    "Max-Age=60");
  BOOST_CHECK(header.value.find("HttpOnly") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
