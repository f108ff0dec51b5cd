#include "doctor/advice.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace claimcheck::doctor;

BOOST_AUTO_TEST_SUITE(doctor_advice)

BOOST_AUTO_TEST_CASE(each_code_stands_once_with_a_reason_and_a_remedy) {
  std::set<std::string_view> codes;
  for (const Advice& advice : all_advice()) {
    BOOST_TEST(codes.insert(advice.code).second, advice.code);
    BOOST_TEST(!advice.why.empty(), advice.code);
    for (Server server : {Server::kUnknown, Server::kApache, Server::kLighttpd,
                          Server::kNginx}) {
      BOOST_TEST(!remedies_of(advice, server).empty(), advice.code);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_server_gets_the_remedies_of_all) {
  const auto remedies = remedies_of(advice_for("no_length"), Server::kUnknown);
  BOOST_REQUIRE(remedies.size() == 3U);
  BOOST_TEST(remedies[0].starts_with("Apache: "));
  BOOST_TEST(remedies[1].starts_with("lighttpd: "));
  BOOST_TEST(remedies[2].starts_with("nginx: "));
  BOOST_TEST(remedies_of(advice_for("no_length"), Server::kNginx).size() == 1U);
}

BOOST_AUTO_TEST_CASE(servers_are_known_by_what_they_call_themselves) {
  BOOST_CHECK(server_of("Apache/2.4.71 (Debian)") == Server::kApache);
  BOOST_CHECK(server_of("lighttpd/1.4.69") == Server::kLighttpd);
  BOOST_CHECK(server_of("nginx") == Server::kNginx);
  BOOST_CHECK(server_of("cloudflare") == Server::kUnknown);
  BOOST_CHECK(server_of("") == Server::kUnknown);
}

BOOST_AUTO_TEST_SUITE_END()
