#include "policy/xsrf.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kAbsent = nullptr;

// One row: what is sent, and what auto and required make of it.
struct Row {
  const char* site;
  const char* cookie;
  const char* header;
  const char* in_auto;
  const char* in_required;
};

Request sent(const Row& row) {
  Request page = request("/v1/api/get-token");
  if (row.site != nullptr) {
    page = with(page, "sec-fetch-site", row.site);
  }
  if (row.cookie != nullptr) {
    page = with(page, "cookie", "x=1; XSRF-TOKEN=" + std::string(row.cookie));
  }
  if (row.header != nullptr) {
    page = with(page, "x-xsrf-token", row.header);
  }
  return page;
}

std::string checked(const Request& request, Xsrf xsrf = Xsrf::kAuto) {
  Config config = site_config();
  config.xsrf = xsrf;
  return code_of(check_xsrf(config, request));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(xsrf)

BOOST_AUTO_TEST_CASE(follows_the_whole_table) {
  constexpr const char* kSame = "same-origin";
  const Row rows[] = {
      {kAbsent, kAbsent, kAbsent, "ok", "xsrf"},
      {kSame, kAbsent, kAbsent, "ok", "xsrf"},
      {kAbsent, kAbsent, "abc", "ok", "xsrf"},
      {kSame, kAbsent, "abc", "ok", "xsrf"},
      {kAbsent, "abc", kAbsent, "xsrf", "xsrf"},
      {kSame, "abc", kAbsent, "ok", "xsrf"},
      {kAbsent, "abc", "abc", "ok", "ok"},
      {kSame, "abc", "abc", "ok", "ok"},
      {kAbsent, "abc", "abd", "xsrf", "xsrf"},
      {kSame, "abc", "abd", "xsrf", "xsrf"},
      {kAbsent, "abc", "", "xsrf", "xsrf"},
      {kSame, "abc", "", "xsrf", "xsrf"},
      {kAbsent, "", "", "xsrf", "xsrf"},
      {kSame, "", "", "xsrf", "xsrf"},
      {kAbsent, "", kAbsent, "xsrf", "xsrf"},
      {kAbsent, "abc", "ABC", "xsrf", "xsrf"},
      {kAbsent, "abc", "abc ", "xsrf", "xsrf"},
      {kAbsent, "abc", "ab", "xsrf", "xsrf"},
      {"cross-site", "abc", "abc", "xsrf", "xsrf"},
      {"same-site", "abc", "abc", "xsrf", "xsrf"},
      {"none", "abc", "abc", "xsrf", "xsrf"},
      {"", kAbsent, kAbsent, "xsrf", "xsrf"},
      {"Same-Origin", kAbsent, kAbsent, "xsrf", "xsrf"},
      {"same-origin, same-origin", kAbsent, kAbsent, "xsrf", "xsrf"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT("row " << &row - rows) {
      BOOST_CHECK_EQUAL(checked(sent(row)), row.in_auto);
      BOOST_CHECK_EQUAL(checked(sent(row), Xsrf::kRequired), row.in_required);
    }
  }
}

// axios and Laravel's script decode the cookie before they send it.
BOOST_AUTO_TEST_CASE(the_header_is_the_cookie_decoded) {
  const auto pair = [](const char* cookie, const char* header) {
    return checked(sent({kAbsent, cookie, header, "", ""}));
  };
  BOOST_CHECK_EQUAL(pair("ab%3D%2B", "ab=+"), "ok");
  BOOST_CHECK_EQUAL(pair("ab%3D", "ab%3D"), "xsrf");
  BOOST_CHECK_EQUAL(pair("ab%253D", "ab%3D"), "ok");
  BOOST_CHECK_EQUAL(pair("100%", "100%"), "ok");
  BOOST_CHECK_EQUAL(pair("a+b", "a+b"), "ok");
  BOOST_CHECK_EQUAL(pair("%00", ""), "xsrf");
  BOOST_CHECK_EQUAL(pair("\"abc\"", "abc"), "ok");
}

BOOST_AUTO_TEST_CASE(an_origin_that_is_sent_is_ours) {
  const Request page = request("/v1/api/get-token");
  const auto from = [&](const char* origin) {
    return checked(with(page, "origin", origin));
  };
  BOOST_CHECK_EQUAL(from("https://www.example.org"), "ok");
  for (const char* origin : {"https://evil.org", "http://www.example.org",
                             "null", "", "https://www.example.org/"}) {
    BOOST_CHECK_EQUAL(from(origin), "xsrf");
  }
  const Request fetched = with(page, "sec-fetch-site", "same-origin");
  BOOST_CHECK_EQUAL(checked(with(fetched, "origin", "https://evil.org")),
                    "xsrf");
  BOOST_CHECK_EQUAL(checked(with(with(page, "sec-fetch-site", "cross-site"),
                                 "origin", "https://www.example.org")),
                    "xsrf");
}

BOOST_AUTO_TEST_CASE(the_names_can_be_djangos) {
  Config config = site_config();
  config.xsrf_cookie = "csrftoken";
  config.xsrf_header = "X-CSRFToken";
  const Request page = with(request("/"), "cookie", "csrftoken=abc");
  BOOST_CHECK_EQUAL(code_of(check_xsrf(config, page)), "xsrf");
  BOOST_CHECK_EQUAL(
      code_of(check_xsrf(config, with(page, "x-csrftoken", "abc"))), "ok");
  BOOST_CHECK_EQUAL(
      code_of(check_xsrf(config, with(page, "x-csrftoken", "abd"))), "xsrf");
  // Axios's pair is nothing special then.
  BOOST_CHECK_EQUAL(code_of(check_xsrf(config, with(request("/"), "cookie",
                                                    "XSRF-TOKEN=abc"))),
                    "ok");
}

BOOST_AUTO_TEST_CASE(its_details_hold_no_value) {
  Config config = site_config();
  const Row row{kAbsent, "XSECRETX", "XOTHERX", "", ""};
  const auto refused = check_xsrf(config, sent(row));
  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().detail.find("XSECRETX") == std::string::npos);
  BOOST_CHECK(refused.error().detail.find("XOTHERX") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
