#include "policy/origin.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

bool is_own(const Request& request, std::string_view origin) {
  return is_own_origin(site_config(), request, origin);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(origin)

BOOST_AUTO_TEST_CASE(spells_origins_in_one_way) {
  BOOST_CHECK_EQUAL(normal_origin("HTTPS://WWW.Example.ORG:443"),
                    "https://www.example.org");
  BOOST_CHECK_EQUAL(normal_origin("http://a:80"), "http://a");
  BOOST_CHECK_EQUAL(normal_origin("http://a:443"), "http://a:443");
  BOOST_CHECK_EQUAL(normal_origin("https://a:80"), "https://a:80");
  BOOST_CHECK_EQUAL(normal_origin("https://[::1]:8443"), "https://[::1]:8443");
}

BOOST_AUTO_TEST_CASE(what_is_no_origin_is_empty) {
  for (const char* origin :
       {"", "null", "example.org", "ftp://a", "file://", "https://", "http://",
        "https://a/", "https://a/b", "https://a?b", "https://a#b",
        "https://u@a", "https://a b", "https://a, https://b", "https:/a", "//a",
        "javascript://a"}) {
    BOOST_CHECK_MESSAGE(normal_origin(origin).empty(), origin);
  }
}

BOOST_AUTO_TEST_CASE(the_hosts_own_origin_has_its_scheme_and_port) {
  const Request page = request("/");
  BOOST_CHECK(is_own(page, "https://www.example.org"));
  BOOST_CHECK(is_own(page, "https://www.example.org:443"));
  BOOST_CHECK(is_own(with(page, "host", "www.example.org:443"),
                     "https://www.example.org"));
  for (const char* other :
       {"http://www.example.org", "https://example.org", "null", "",
        "https://www.example.org:8443", "https://www.example.org.evil.org",
        "https://evil.org", "https://www.example.org@evil.org"}) {
    BOOST_CHECK_MESSAGE(!is_own(page, other), other);
  }
}

BOOST_AUTO_TEST_CASE(configured_origins_are_ours_too) {
  Config config = site_config();
  config.origins = {"https://shop.example.org:8443", "HTTP://OLD.example.org"};
  const Request page = request("/");
  BOOST_CHECK(is_own_origin(config, page, "https://shop.example.org:8443"));
  BOOST_CHECK(is_own_origin(config, page, "http://old.example.org"));
  BOOST_CHECK(!is_own_origin(config, page, "https://shop.example.org"));
}

BOOST_AUTO_TEST_CASE(without_a_host_nothing_is_ours) {
  Request page = request("/");
  page.headers.erase("host");
  BOOST_CHECK(!is_own(page, "https://www.example.org"));
  BOOST_CHECK(!is_own(with(page, "host", ""), "https://"));
  BOOST_CHECK(!is_own(with(page, "host", "a/b"), "https://a/b"));
}

BOOST_AUTO_TEST_CASE(a_tls_proxy_makes_it_https) {
  Config config = site_config();
  Request page = request("/");
  page.https = false;
  BOOST_CHECK(!is_https(config, page));
  BOOST_CHECK(is_own(page, "http://www.example.org"));
  config.https = Https::kAlways;
  BOOST_CHECK(is_https(config, page));
  BOOST_CHECK(is_own_origin(config, page, "https://www.example.org"));
  BOOST_CHECK(!is_own_origin(config, page, "http://www.example.org"));
}

BOOST_AUTO_TEST_SUITE_END()
