#include "claimcheck/key.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "claimcheck/base64url.h"
#include "minted.h"

using namespace claimcheck;
using namespace claimcheck::testing;

BOOST_AUTO_TEST_SUITE(key)

BOOST_AUTO_TEST_CASE(takes_a_secret_of_32_bytes_and_not_of_31) {
  BOOST_CHECK_EQUAL(outcome(Key::hs256(std::string(32, 's'))), "ok");
  BOOST_CHECK_EQUAL(outcome(Key::hs256(std::string(31, 's'))), "config");
  BOOST_CHECK_EQUAL(outcome(Key::hs256("")), "config");
}

// CVE lesson, an RSA JWK that became an empty HMAC key (libjwt 2026): no key is
// ever empty.
BOOST_AUTO_TEST_CASE(says_how_short_a_secret_is_and_never_what_it_is) {
  const Result<Key> key = Key::hs256("hunter2hunter2");
  BOOST_REQUIRE(!key);
  const std::string& detail = key.error().detail;
  BOOST_CHECK(detail.find("14 bytes") != std::string::npos);
  BOOST_CHECK(detail.find("32") != std::string::npos);
  BOOST_CHECK(detail.find("claimcheck keygen") != std::string::npos);
  BOOST_CHECK(detail.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(verifies_its_own_signature_alone) {
  const Key key = test_key();
  const std::string mac = *key.sign("text");
  BOOST_CHECK_EQUAL(mac.size(), 32u);
  BOOST_CHECK(key.verify("text", mac));
  BOOST_CHECK(!key.verify("texts", mac));
  BOOST_CHECK(!other_key().verify("text", mac));
}

BOOST_AUTO_TEST_CASE(refuses_a_signature_with_any_bit_flipped_or_cut) {
  const Key key = test_key();
  const std::string mac = *key.sign("text");
  for (std::size_t bit = 0; bit < mac.size() * 8; ++bit) {
    std::string bad = mac;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    BOOST_CHECK(!key.verify("text", bad));
  }
  for (std::size_t size = 0; size < mac.size(); ++size) {
    BOOST_CHECK(!key.verify("text", mac.substr(0, size)));
  }
  BOOST_CHECK(!key.verify("text", mac + '\0'));
}

BOOST_AUTO_TEST_CASE(uses_all_bytes_of_a_secret_with_nuls) {
  const std::string with_nul = std::string(31, 's') + '\0' + "tail";
  const std::string without = std::string(31, 's') + '\0';
  const Key key = *Key::hs256(with_nul);
  BOOST_CHECK(!Key::hs256(without)->verify("text", *key.sign("text")));
}

// RFC 7638: of {"k":…,"kty":"oct"}, computed with Python's hashlib.
BOOST_AUTO_TEST_CASE(has_the_thumbprint_of_rfc_7638) {
  BOOST_CHECK_EQUAL(base64url_encode(test_key().thumbprint()),
                    "XOBEfwKZzZgziWfq7yZzhEKNQfihBMioCzRbNmqUH0Y");
  BOOST_CHECK(test_key("a").thumbprint() == test_key("b").thumbprint());
  BOOST_CHECK(test_key().thumbprint() != other_key().thumbprint());
}

BOOST_AUTO_TEST_CASE(keeps_its_name_and_algorithm) {
  BOOST_CHECK_EQUAL(test_key("2026-11").kid(), "2026-11");
  BOOST_CHECK_EQUAL(test_key().kid(), "");
  BOOST_CHECK(test_key().algorithm() == Algorithm::kHs256);
}

BOOST_AUTO_TEST_SUITE_END()
