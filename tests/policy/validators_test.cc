#include "policy/validators.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/world.h"

using namespace claimcheck;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

OpenFile file(std::uint64_t size, std::int64_t mtime_ns, std::uint64_t inode) {
  OpenFile open;
  open.size = size;
  open.mtime_ns = mtime_ns;
  open.inode = inode;
  return open;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(validators)

BOOST_AUTO_TEST_CASE(an_etag_is_strong_quoted_and_stable) {
  const std::string etag = etag_of(file(1, 2, 3));
  BOOST_CHECK_EQUAL(etag, etag_of(file(1, 2, 3)));
  BOOST_CHECK_EQUAL(etag.front(), '"');
  BOOST_CHECK_EQUAL(etag.back(), '"');
  BOOST_CHECK_EQUAL(etag.find_first_of(" \\,;\"", 1), etag.size() - 1);
}

BOOST_AUTO_TEST_CASE(size_nanosecond_and_inode_change_the_etag) {
  const std::string etag = etag_of(file(1, 2, 3));
  BOOST_CHECK_NE(etag, etag_of(file(2, 2, 3)));
  BOOST_CHECK_NE(etag, etag_of(file(1, 3, 3)));
  BOOST_CHECK_NE(etag, etag_of(file(1, 2, 4)));
  BOOST_CHECK_NE(etag_of(file(1, 11, 1)), etag_of(file(11, 1, 1)));
  BOOST_CHECK_NE(etag_of(file(1, 1, 11)), etag_of(file(1, 11, 1)));
}

BOOST_AUTO_TEST_CASE(spells_dates_as_imf_fixdate) {
  BOOST_CHECK_EQUAL(http_date(784111777 * kSecond),
                    "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_CHECK_EQUAL(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_CHECK_EQUAL(http_date(1700000000 * kSecond),
                    "Tue, 14 Nov 2023 22:13:20 GMT");
}

BOOST_AUTO_TEST_CASE(cuts_to_whole_seconds_downwards) {
  BOOST_CHECK_EQUAL(http_date(kSecond - 1), "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_CHECK_EQUAL(http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

BOOST_AUTO_TEST_CASE(knows_leap_years) {
  BOOST_CHECK_EQUAL(http_date(1709164800 * kSecond),
                    "Thu, 29 Feb 2024 00:00:00 GMT");
  BOOST_CHECK_EQUAL(http_date(951782400 * kSecond),
                    "Tue, 29 Feb 2000 00:00:00 GMT");
  BOOST_CHECK_EQUAL(http_date(4107542400 * kSecond),
                    "Mon, 01 Mar 2100 00:00:00 GMT");
  BOOST_CHECK_EQUAL(http_date(4107542399 * kSecond),
                    "Sun, 28 Feb 2100 23:59:59 GMT");
}

BOOST_AUTO_TEST_CASE(spells_the_first_and_last_nanosecond_it_can_hold) {
  BOOST_CHECK_EQUAL(http_date(INT64_MAX), "Fri, 11 Apr 2262 23:47:16 GMT");
  BOOST_CHECK_EQUAL(http_date(INT64_MIN), "Tue, 21 Sep 1677 00:12:43 GMT");
}

BOOST_AUTO_TEST_SUITE_END()
