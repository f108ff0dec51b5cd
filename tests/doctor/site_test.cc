#include "doctor/site.h"

#include <boost/test/unit_test.hpp>

using namespace claimcheck::doctor;

BOOST_AUTO_TEST_SUITE(doctor_site)

BOOST_AUTO_TEST_CASE(takes_the_url_of_a_download_apart) {
  const auto site =
      parse_site("https://WWW.Example.org:8443/v1/api/downloadX?name=a#top");
  BOOST_REQUIRE(site.has_value());
  BOOST_TEST(site->origin == "https://www.example.org:8443");
  BOOST_TEST(site->path == "/v1/api/downloadX");
  BOOST_TEST(site->query == "name=a");
  BOOST_TEST(site->is_https());
  BOOST_TEST(site->url("T") ==
             "https://www.example.org:8443/v1/api/downloadX?name=a&token=T");
}

BOOST_AUTO_TEST_CASE(leaves_a_token_out_that_was_copied_along) {
  const auto site = parse_site("http://x/a?token=old&b=1&token=");
  BOOST_REQUIRE(site.has_value());
  BOOST_TEST(site->target() == "/a?b=1");
  BOOST_TEST(parse_site("http://x/a?token=old")->url("T") ==
             "http://x/a?token=T");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_url_of_a_download) {
  for (const char* url :
       {"", "/downloads/a", "www.example.org/a", "ftp://x/a", "https://x",
        "https:///a", "http://user:password@x/a", "http://x/a b",
        "http://x/a\nheader = \"X: y\"", "http://x/\"", "file:///etc/passwd"}) {
    BOOST_TEST(!parse_site(url).has_value(), url);
  }
}

BOOST_AUTO_TEST_SUITE_END()
