#include "policy/access.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

// Not at the top: there access() is POSIX's.
namespace claimcheck::testing {

namespace {

// caller is who asks, or the code of a refusal.
std::string caller(const Config& config, const Request& request) {
  FakeWorld world;
  const Result<std::string> found = find_caller(config, request, world);
  return found ? *found : code_of(found);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access)

BOOST_AUTO_TEST_CASE(the_server_has_to_know_the_caller) {
  const Config config = site_config();
  BOOST_CHECK_EQUAL(caller(config, by(request("/"), "alice")), "alice");
  BOOST_CHECK_EQUAL(caller(config, request("/")), "not_signed_in");
}

BOOST_AUTO_TEST_CASE(an_anonymous_caller_may_be_nobody) {
  Config config = site_config();
  config.access = Access::kAnonymous;
  BOOST_CHECK_EQUAL(caller(config, request("/")), "");
  BOOST_CHECK_EQUAL(caller(config, by(request("/"), "alice")), "alice");
}

// Where another server vouches, our own vouches for nobody.
BOOST_AUTO_TEST_CASE(the_server_vouches_for_nobody_where_another_does) {
  Config config = site_config();
  config.access = Access::kBearer;
  BOOST_CHECK_EQUAL(caller(config, by(request("/"), "alice")), "not_signed_in");
}

// Only the web server says who it is; a request's header never.
BOOST_AUTO_TEST_CASE(no_header_signs_anybody_in) {
  for (const char* name : {"remote-user", "remote_user", "x-remote-user",
                           "authorization", "x-forwarded-user"}) {
    BOOST_CHECK_EQUAL(caller(site_config(), with(request("/"), name, "alice")),
                      "not_signed_in");
  }
}

BOOST_AUTO_TEST_CASE(users_are_compared_exactly) {
  Download download;
  BOOST_CHECK_EQUAL(code_of(check_user(download, "")), "ok");
  BOOST_CHECK_EQUAL(code_of(check_user(download, "anybody")), "ok");
  download.users = {"alice", "bob"};
  BOOST_CHECK_EQUAL(code_of(check_user(download, "bob")), "ok");
  for (const char* user : {"", "Alice", "alice ", "ali", "alice,bob", "*"}) {
    BOOST_CHECK_EQUAL(code_of(check_user(download, user)), "not_allowed");
  }
  download.users = std::vector<std::string>();
  BOOST_CHECK_EQUAL(code_of(check_user(download, "alice")), "not_allowed");
}

BOOST_AUTO_TEST_CASE(what_decides_may_not_come_with_two_values) {
  for (const char* name :
       {"REQUEST_METHOD", "REQUEST_URI", "REMOTE_USER", "HTTPS",
        "REQUEST_SCHEME", "host", "origin", "authorization", "cookie",
        "sec-fetch-site", "sec-purpose", "x-xsrf-token"}) {
    Request page = request("/");
    page.repeated = {name};
    BOOST_CHECK_EQUAL(code_of(check_repeated(site_config(), page)), "bad_url");
  }
  Request page = request("/");
  page.repeated = {"accept-language", "x-forwarded-for"};
  BOOST_CHECK_EQUAL(code_of(check_repeated(site_config(), page)), "ok");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace claimcheck::testing
