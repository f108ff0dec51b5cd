#include "policy/validators.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/world.h"

using namespace claimcheck;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// kLate is after every nanosecond of an mtime.
constexpr UnixTime kLate{10'000'000'000'000};

OpenFile file(std::uint64_t size, std::int64_t mtime_ns, std::uint64_t inode) {
  OpenFile open;
  open.size = size;
  open.mtime_ns = mtime_ns;
  open.inode = inode;
  return open;
}

std::string modified(std::int64_t mtime_ns, UnixTime now = kLate) {
  return http_date(last_modified_of(file(1, mtime_ns, 1), now));
}

// kNow is 2023-11-14T22:13:20Z.
constexpr UnixTime kNow{1'700'000'000'000};

// read is what a date says in seconds since 1970, -1 for what is none.
std::int64_t read(std::string_view text, UnixTime now = kNow) {
  const auto date = parse_http_date(text, now);
  return date ? date->time_since_epoch().count() : -1;
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
  BOOST_CHECK_EQUAL(modified(784111777 * kSecond),
                    "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_CHECK_EQUAL(modified(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_CHECK_EQUAL(modified(1700000000 * kSecond),
                    "Tue, 14 Nov 2023 22:13:20 GMT");
}

BOOST_AUTO_TEST_CASE(cuts_to_whole_seconds_downwards) {
  BOOST_CHECK_EQUAL(modified(kSecond - 1), "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_CHECK_EQUAL(modified(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

BOOST_AUTO_TEST_CASE(knows_leap_years) {
  BOOST_CHECK_EQUAL(modified(1709164800 * kSecond),
                    "Thu, 29 Feb 2024 00:00:00 GMT");
  BOOST_CHECK_EQUAL(modified(951782400 * kSecond),
                    "Tue, 29 Feb 2000 00:00:00 GMT");
  BOOST_CHECK_EQUAL(modified(4107542400 * kSecond),
                    "Mon, 01 Mar 2100 00:00:00 GMT");
  BOOST_CHECK_EQUAL(modified(4107542399 * kSecond),
                    "Sun, 28 Feb 2100 23:59:59 GMT");
}

BOOST_AUTO_TEST_CASE(spells_the_first_and_last_nanosecond_it_can_hold) {
  BOOST_CHECK_EQUAL(modified(INT64_MAX), "Fri, 11 Apr 2262 23:47:16 GMT");
  BOOST_CHECK_EQUAL(modified(INT64_MIN), "Tue, 21 Sep 1677 00:12:43 GMT");
}

// RFC 9110 section 8.8.2.1.
BOOST_AUTO_TEST_CASE(a_file_from_the_future_was_modified_now) {
  const auto now_ns = std::chrono::nanoseconds(kNow).count();
  BOOST_CHECK_EQUAL(modified(now_ns, kNow), "Tue, 14 Nov 2023 22:13:20 GMT");
  BOOST_CHECK_EQUAL(modified(now_ns - 1, kNow),
                    "Tue, 14 Nov 2023 22:13:19 GMT");
  BOOST_CHECK_EQUAL(modified(now_ns + 3600 * kSecond, kNow),
                    "Tue, 14 Nov 2023 22:13:20 GMT");
}

// ---- reading dates

BOOST_AUTO_TEST_CASE(reads_the_three_forms_of_the_rfc) {
  BOOST_CHECK_EQUAL(read("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  BOOST_CHECK_EQUAL(read("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  BOOST_CHECK_EQUAL(read("Sun Nov  6 08:49:37 1994"), 784111777);
  BOOST_CHECK_EQUAL(read("Wed Nov 16 08:49:37 1994"), 784975777);
}

BOOST_AUTO_TEST_CASE(what_is_spelt_is_read) {
  for (const std::int64_t second : {0L, 1L, 951782399L, 951782400L, 1709164800L,
                                    1700000000L, 4107542399L, 253402300799L}) {
    const std::string date =
        http_date(std::chrono::sys_seconds(std::chrono::seconds(second)));
    BOOST_CHECK_EQUAL(read(date), second);
    for (std::size_t size = 0; size < date.size(); ++size) {
      BOOST_CHECK_EQUAL(read(date.substr(0, size)), -1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_day_has_up_to_one_second_more_than_it_should) {
  BOOST_CHECK_EQUAL(read("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800);
  BOOST_CHECK_EQUAL(read("Sat, 31 Dec 2016 23:59:61 GMT"), -1);
}

BOOST_AUTO_TEST_CASE(two_digits_of_a_year_reach_50_years_ahead) {
  const UnixTime in_1999{946'000'000'000};
  BOOST_CHECK_EQUAL(read("Friday, 01-Jan-49 00:00:00 GMT", in_1999),
                    2493072000);
  BOOST_CHECK_EQUAL(read("Sunday, 01-Jan-50 00:00:00 GMT", in_1999),
                    -631152000);
  BOOST_CHECK_EQUAL(read("Saturday, 01-Jan-00 00:00:00 GMT", in_1999),
                    946684800);
  BOOST_CHECK_EQUAL(read("Sunday, 01-Jan-73 00:00:00 GMT", kNow), 3250454400);
  BOOST_CHECK_EQUAL(read("Tuesday, 01-Jan-74 00:00:00 GMT", kNow), 126230400);
}

BOOST_AUTO_TEST_CASE(what_is_no_date_to_the_letter_is_none) {
  for (const char* text : {
           "",
           " ",
           "0",
           "784111777",
           "now",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 gmt",
           "Sun, 06 Nov 1994 08:49:37 +0000",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "SUN, 06 NOV 1994 08:49:37 GMT",
           "Sun 06 Nov 1994 08:49:37 GMT",
           "Sun,06 Nov 1994 08:49:37 GMT",
           "Sun,  06 Nov 1994 08:49:37 GMT",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun,  6 Nov 1994 08:49:37 GMT",
           "Sun, 06 November 1994 08:49:37 GMT",
           "Sun, 06 11 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 Nov 01994 08:49:37 GMT",
           "Sun, 06 Nov -994 08:49:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
           "Sun, 06 Nov 1994 08:49 GMT",
           "Sun, 06 Nov 1994 08:49:37.5 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:37 GMT",
           "Sun, 06 Nov 1994 -8:49:37 GMT",
           "06 Nov 1994 08:49:37 GMT",
           // Another day of the week, no such day, another form's name.
           "Mon, 06 Nov 1994 08:49:37 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sun, 32 Nov 1994 08:49:37 GMT",
           "Thu, 31 Nov 1994 08:49:37 GMT",
           "Wed, 29 Feb 2023 00:00:00 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Monday, 06-Nov-94 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov 06 08:49:37 94",
           "Sun Nov  6 08:49:37 1994 GMT",
           "Mon Nov  6 08:49:37 1994",
           "1994-11-06T08:49:37Z",
           "Sun, 06 Nov 1994 08:49:37 G\xcc\x80MT",
       }) {
    BOOST_CHECK_MESSAGE(!parse_http_date(text, kNow), text);
  }
  BOOST_CHECK(!parse_http_date(
      std::string_view("Sun, 06 Nov 1994 08:49:37 GMT\0", 30), kNow));
}

BOOST_AUTO_TEST_SUITE_END()
