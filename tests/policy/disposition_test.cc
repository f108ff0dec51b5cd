#include "policy/disposition.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

using claimcheck::attachment;

namespace {

std::string both(const std::string& ascii, const std::string& extended) {
  return "attachment; filename=\"" + ascii + "\"; filename*=UTF-8''" + extended;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(disposition)

BOOST_AUTO_TEST_CASE(spells_plain_names_twice) {
  BOOST_CHECK_EQUAL(attachment("report.csv"), both("report.csv", "report.csv"));
  BOOST_CHECK_EQUAL(attachment("a b.txt"), both("a b.txt", "a%20b.txt"));
}

BOOST_AUTO_TEST_CASE(spells_utf8_in_the_second) {
  BOOST_CHECK_EQUAL(attachment("na\xc3\xafve \xe2\x82\xac.txt"),
                    both("na_ve _.txt", "na%C3%AFve%20%E2%82%AC.txt"));
  BOOST_CHECK_EQUAL(attachment("\xf0\x9f\x98\x80"), both("_", "%F0%9F%98%80"));
}

BOOST_AUTO_TEST_CASE(quotes_percent_signs_and_backslashes_close_nothing) {
  BOOST_CHECK_EQUAL(attachment("a\"; x=\"b.txt"),
                    both("a_; x=_b.txt", "a%22%3B%20x%3D%22b.txt"));
  BOOST_CHECK_EQUAL(attachment("100%41.txt"),
                    both("100_41.txt", "100%2541.txt"));
  BOOST_CHECK_EQUAL(attachment("a\\b"), both("a_b", "a_b"));
  BOOST_CHECK_EQUAL(attachment("a;b,c"), both("a;b,c", "a%3Bb%2Cc"));
  BOOST_CHECK_EQUAL(attachment("it's*(1)"),
                    both("it's*(1)", "it%27s%2A%281%29"));
}

BOOST_AUTO_TEST_CASE(controls_do_not_end_the_header) {
  BOOST_CHECK_EQUAL(attachment("a\r\nSet-Cookie: x=1"),
                    both("a__Set-Cookie: x=1", "a__Set-Cookie%3A%20x%3D1"));
  BOOST_CHECK_EQUAL(attachment("a\x7f\xc2\x85\tb"), both("a___b", "a___b"));
  BOOST_CHECK_EQUAL(attachment(std::string("a\0b", 3)), both("a_b", "a_b"));
  BOOST_CHECK_EQUAL(attachment("a\xe2\x80\xa8"
                               "b"),
                    both("a_b", "a_b"));
}

// U+202E shows "gpj.exe" as "exe.jpg".
BOOST_AUTO_TEST_CASE(bidirectional_characters_do_not_disguise) {
  for (const char* c : {"\xe2\x80\xae", "\xe2\x80\xaa", "\xe2\x81\xa6",
                        "\xe2\x81\xa9", "\xe2\x80\x8e", "\xd8\x9c"}) {
    BOOST_CHECK_EQUAL(attachment("a" + std::string(c) + "gpj.exe"),
                      both("a_gpj.exe", "a_gpj.exe"));
  }
}

BOOST_AUTO_TEST_CASE(invalid_utf8_becomes_underscores) {
  BOOST_CHECK_EQUAL(attachment("a\xff"
                               "b"),
                    both("a_b", "a_b"));
  BOOST_CHECK_EQUAL(attachment("\xed\xa0\x80"), both("___", "___"));
  BOOST_CHECK_EQUAL(attachment("a\xc3"), both("a_", "a_"));
}

BOOST_AUTO_TEST_CASE(slashes_name_no_folder) {
  BOOST_CHECK_EQUAL(attachment("../../x"), both(".._.._x", ".._.._x"));
  BOOST_CHECK_EQUAL(attachment("<b>1</b>"),
                    both("<b>1<_b>", "%3Cb%3E1%3C_b%3E"));
}

// Mail software decodes it inside quotes too, and would read "../etc".
BOOST_AUTO_TEST_CASE(an_encoded_word_hides_no_name) {
  BOOST_CHECK_EQUAL(attachment("=?UTF-8?Q?=2E=2E=2Fetc?="),
                    both("=_UTF-8?Q?=2E=2E=2Fetc?=",
                         "%3D%3FUTF-8%3FQ%3F%3D2E%3D2E%3D2Fetc%3F%3D"));
  BOOST_CHECK_EQUAL(attachment("==??x"), both("==_?x", "%3D%3D%3F%3Fx"));
  BOOST_CHECK_EQUAL(attachment("why?=x"), both("why?=x", "why%3F%3Dx"));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_becomes_download) {
  BOOST_CHECK_EQUAL(attachment(""), both("download", "download"));
  BOOST_CHECK_EQUAL(attachment("."), both("download", "download"));
  BOOST_CHECK_EQUAL(attachment(".."), both("download", "download"));
}

// Whatever comes in, one line of printable ASCII with two values comes out.
BOOST_AUTO_TEST_CASE(any_bytes_give_one_line_of_ascii) {
  unsigned seed = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string name;
    for (unsigned i = 0; i < seed % 9; ++i) {
      seed = seed * 1664525 + 1013904223;
      name.push_back(static_cast<char>(seed >> 24));
    }
    seed = seed * 1664525 + 1013904223;
    const std::string value = attachment(name);
    BOOST_REQUIRE(value.find_first_not_of(
                      " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTU"
                      "VWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~") ==
                  std::string::npos);
    BOOST_REQUIRE_EQUAL(std::count(value.begin(), value.end(), '"'), 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()
