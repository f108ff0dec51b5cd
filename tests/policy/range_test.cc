#include "policy/range.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace claimcheck;

namespace {

constexpr std::uint64_t kLargest = UINT64_MAX;

// told spells what a header names: "ignored", "none", or "0-4 7-7".
std::string told(std::string_view header, std::uint64_t size) {
  const auto ranges = parse_range(header, size);
  if (!ranges) {
    return "ignored";
  }
  std::string text;
  for (const ByteRange& range : *ranges) {
    text += (text.empty() ? "" : " ") + std::to_string(range.first) + '-' +
            std::to_string(range.last);
  }
  return text.empty() ? "none" : text;
}

struct Row {
  std::string header;
  const char* expected;
};

void check(const std::vector<Row>& rows, std::uint64_t size) {
  for (const Row& row : rows) {
    const std::string got = told(row.header, size);
    BOOST_CHECK_MESSAGE(got == row.expected, row.header.substr(0, 80) + ": " +
                                                 got + ", not " + row.expected);
  }
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

// spread asks for `count` single bytes that do not touch.
std::string spread(int count) {
  std::string header = "bytes=0-0";
  for (int i = 1; i < count; ++i) {
    const std::string at = std::to_string(2 * i);
    header += "," + at + "-" + at;
  }
  return header;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(range)

// RFC 9110 section 14.1.2 has most of these, for 10000 bytes.
BOOST_AUTO_TEST_CASE(reads_what_is_well_formed) {
  check(
      {
          {"bytes=0-499", "0-499"},
          {"bytes=500-999", "500-999"},
          {"bytes=-500", "9500-9999"},
          {"bytes=9500-", "9500-9999"},
          {"bytes=0-0,-1", "0-0 9999-9999"},
          {"bytes= 0-0", "ignored"},
          {"bytes= ,0-999, 4500-5499, -1000", "0-999 4500-5499 9000-9999"},
          {"bytes=500-600,601-999", "500-999"},
          {"bytes=500-700,601-999", "500-999"},
          {"bytes=0-", "0-9999"},
          {"bytes=0-9999", "0-9999"},
          {"bytes=0-10000", "0-9999"},
          {"bytes=9999-", "9999-9999"},
          {"bytes=9999-9999", "9999-9999"},
          {"bytes=-1", "9999-9999"},
          {"bytes=-10000", "0-9999"},
          {"bytes=-10001", "0-9999"},
          {"bytes=00000000000000000000000000-0000000000000000000000000000001",
           "0-1"},
          {"bytes=007-0010", "7-10"},
      },
      10000);
}

BOOST_AUTO_TEST_CASE(a_unit_is_bytes_in_any_case) {
  check(
      {
          {"Bytes=1-2", "1-2"},
          {"BYTES=1-2", "1-2"},
          {"bYtEs=-2", "8-9"},
          {"byte=1-2", "ignored"},
          {"bytess=1-2", "ignored"},
          {"items=1-2", "ignored"},
          {"seconds=1-2", "ignored"},
          {"none", "ignored"},
          {"=1-2", "ignored"},
          {"1-2", "ignored"},
          {"bytes 1-2", "ignored"},
          {"bytes:1-2", "ignored"},
          {"bytes =1-2", "ignored"},
          {" bytes=1-2 \t", "1-2"},
          {std::string("byt\0es=1-2", 10), "ignored"},
      },
      10);
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_ignored) {
  check(
      {
          {"", "ignored"},
          {" ", "ignored"},
          {"bytes", "ignored"},
          {"bytes=", "ignored"},
          {"bytes= ", "ignored"},
          {"bytes=,", "ignored"},
          {"bytes=, ,\t,", "ignored"},
          {"bytes=-", "ignored"},
          {"bytes=--", "ignored"},
          {"bytes=--1", "ignored"},
          {"bytes=1", "ignored"},
          {"bytes=1-2-3", "ignored"},
          {"bytes=1--2", "ignored"},
          {"bytes=-1-2", "ignored"},
          {"bytes=-1-", "ignored"},
          {"bytes=+1-2", "ignored"},
          {"bytes=1-+2", "ignored"},
          {"bytes=a-b", "ignored"},
          {"bytes=0x1-0x2", "ignored"},
          {"bytes=1.0-2", "ignored"},
          {"bytes=1e0-2", "ignored"},
          {"bytes=*", "ignored"},
          {"bytes=*/10", "ignored"},
          {"bytes=1-2/10", "ignored"},
          {"bytes=1-2;3-4", "ignored"},
          {"bytes=1 -2", "ignored"},
          {"bytes=1- 2", "ignored"},
          {"bytes=1 2-3", "ignored"},
          {"bytes=\t1-2", "ignored"},
          {"bytes=1-2 3-4", "ignored"},
          {"bytes==1-2", "ignored"},
          {"bytes=bytes=1-2", "ignored"},
          {"bytes=1-2, bytes=3-4", "ignored"},
          {"bytes=\"1-2\"", "ignored"},
          {"bytes=1-2,x", "ignored"},
          {"bytes=x,1-2", "ignored"},
          {"bytes=1-2\r\n", "ignored"},
          {"bytes=1-2\v", "ignored"},
          {std::string("bytes=1-2\0", 10), "ignored"},
          {"bytes=\xd9\xa1-\xd9\xa2", "ignored"},
          {"bytes=1\xe2\x80\x93"
           "2",
           "ignored"},
      },
      10);
}

BOOST_AUTO_TEST_CASE(elements_may_be_empty_and_blanks_stand_around_commas) {
  check(
      {
          {"bytes=0-1,", "0-1"},
          {"bytes=,0-1", "0-1"},
          {"bytes=,,0-1,,5-6,,", "0-1 5-6"},
          {"bytes=0-1 ,5-6", "0-1 5-6"},
          {"bytes=0-1, 5-6", "0-1 5-6"},
          {"bytes=0-1\t,\t5-6", "0-1 5-6"},
          {"bytes=0-1 \t , \t 5-6", "0-1 5-6"},
          {"bytes=\t , 5-6", "5-6"},
      },
      10);
}

// Section 14.1.1: such a range is invalid, and one is enough.
BOOST_AUTO_TEST_CASE(a_range_that_ends_before_it_begins_spoils_the_header) {
  check(
      {
          {"bytes=2-1", "ignored"},
          {"bytes=0-1,5-4", "ignored"},
          {"bytes=20-19", "ignored"},
          {"bytes=18446744073709551616-18446744073709551615", "ignored"},
          {"bytes=99999999999999999999999-99999999999999999999998", "ignored"},
          {"bytes=0010-9", "ignored"},
      },
      10);
}

BOOST_AUTO_TEST_CASE(what_begins_behind_the_end_is_left_out) {
  check(
      {
          {"bytes=10-", "none"},
          {"bytes=10-10", "none"},
          {"bytes=10-20,30-40", "none"},
          {"bytes=-0", "none"},
          {"bytes=-00", "none"},
          {"bytes=-0,10-", "none"},
          {"bytes=10-20,1-2", "1-2"},
          {"bytes=1-2,-0", "1-2"},
          {"bytes=9-10", "9-9"},
          {"bytes=9-9,10-10", "9-9"},
      },
      10);
}

BOOST_AUTO_TEST_CASE(of_an_empty_file_no_range_is_satisfiable) {
  check(
      {
          {"bytes=0-", "none"},
          {"bytes=0-0", "none"},
          {"bytes=-1", "none"},
          {"bytes=-0", "none"},
          {"bytes=0-0,-1", "none"},
          {"bytes=1-0", "ignored"},
          {"bytes=", "ignored"},
          {"items=0-0", "ignored"},
      },
      0);
}

BOOST_AUTO_TEST_CASE(numbers_beyond_64_bits_are_no_small_ones) {
  const std::string huge(1000, '9');
  check(
      {
          {"bytes=0-18446744073709551615", "0-9"},
          {"bytes=0-18446744073709551616", "0-9"},
          {"bytes=0-18446744073709551617", "0-9"},
          {"bytes=18446744073709551616-18446744073709551617", "none"},
          {"bytes=18446744073709551617-", "none"},
          {"bytes=4294967296-4294967297", "none"},
          {"bytes=-18446744073709551615", "0-9"},
          {"bytes=-18446744073709551616", "0-9"},
          {"bytes=-18446744073709551617", "0-9"},
          {"bytes=-" + huge, "0-9"},
          {"bytes=5-" + huge, "5-9"},
          {"bytes=" + huge + "-", "none"},
          {"bytes=" + std::string(1000, '0') + "-3", "0-3"},
      },
      10);
}

BOOST_AUTO_TEST_CASE(files_of_any_size_have_their_last_byte) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, std::uint64_t{1} << 32, std::uint64_t{5'000'000'001},
        std::uint64_t{1} << 63, kLargest}) {
    const std::string last = std::to_string(size - 1);
    BOOST_CHECK_EQUAL(told("bytes=-1", size), last + '-' + last);
    BOOST_CHECK_EQUAL(told("bytes=0-", size), "0-" + last);
    BOOST_CHECK_EQUAL(told("bytes=" + last + "-", size), last + '-' + last);
    BOOST_CHECK_EQUAL(told("bytes=-18446744073709551615", size), "0-" + last);
    BOOST_CHECK_EQUAL(told("bytes=18446744073709551615-", size), "none");
    BOOST_CHECK_EQUAL(told("bytes=0-0,-1", size),
                      size == 1 ? "0-0" : "0-0 " + last + '-' + last);
  }
}

BOOST_AUTO_TEST_CASE(ranges_that_overlap_or_touch_are_one_at_the_firsts_place) {
  check(
      {
          {"bytes=0-1,0-1", "0-1"},
          {"bytes=0-1,2-3", "0-3"},
          {"bytes=2-3,0-1", "0-3"},
          {"bytes=0-1,3-4", "0-1 3-4"},
          {"bytes=8-9,4-5,0-1", "8-9 4-5 0-1"},
          {"bytes=8-9,0-1,4-5,2-3", "8-9 0-5"},
          {"bytes=0-1,8-9,4-5,2-7", "0-9"},
          {"bytes=4-5,0-1,8-9,1-4", "0-5 8-9"},
          {"bytes=9-9,0-0,0-", "0-9"},
          {"bytes=0-,0-,0-,0-", "0-9"},
          {"bytes=-1,-2,-3,0-0", "7-9 0-0"},
          {"bytes=3-4,0-0,6-6,9-9,2-5", "2-6 0-0 9-9"},
      },
      10);
}

BOOST_AUTO_TEST_CASE(a_header_of_too_many_elements_is_ignored) {
  const auto count = [](const std::string& header) {
    const auto ranges = parse_range(header, 100'000);
    return ranges ? static_cast<int>(ranges->size()) : -1;
  };
  BOOST_CHECK_EQUAL(count(spread(31)), 31);
  BOOST_CHECK_EQUAL(count(spread(32)), 32);
  BOOST_CHECK_EQUAL(count(spread(33)), -1);
  BOOST_CHECK_EQUAL(count(spread(10'000)), -1);
  BOOST_CHECK_EQUAL(count("bytes=0-0" + repeated(",", 31)), 1);
  BOOST_CHECK_EQUAL(count("bytes=0-0" + repeated(",", 32)), -1);
  BOOST_CHECK_EQUAL(count("bytes=0-0" + repeated(",0-0", 31)), 1);
  BOOST_CHECK_EQUAL(count("bytes=0-0" + repeated(",0-0", 32)), -1);
  // CVE-2011-3192, "Apache Killer".
  BOOST_CHECK_EQUAL(count("bytes=0-" + repeated(",5-99", 800)), -1);
}

BOOST_AUTO_TEST_CASE(a_header_that_is_too_long_is_ignored) {
  const auto padded = [](std::size_t size) {
    return "bytes=0-" + std::string(size - 9, '0') + '1';
  };
  BOOST_CHECK_EQUAL(padded(4096).size(), 4096u);
  BOOST_CHECK_EQUAL(told(padded(4096), 10), "0-1");
  BOOST_CHECK_EQUAL(told(padded(4097), 10), "ignored");
  BOOST_CHECK_EQUAL(told(padded(1 << 20), 10), "ignored");
}

BOOST_AUTO_TEST_CASE(spells_content_range) {
  BOOST_CHECK_EQUAL(content_range({0, 499}, 1234), "bytes 0-499/1234");
  BOOST_CHECK_EQUAL(content_range({4'294'967'296, 5'000'000'000}, kLargest),
                    "bytes 4294967296-5000000000/18446744073709551615");
  BOOST_CHECK_EQUAL(unsatisfied_range(0), "bytes */0");
  BOOST_CHECK_EQUAL(unsatisfied_range(1234), "bytes */1234");
}

BOOST_AUTO_TEST_CASE(plans_a_multipart_body_to_the_letter) {
  const Multipart body =
      multipart_of({{500, 999}, {7000, 7999}}, 8000, "application/pdf", "B_-1");
  BOOST_CHECK_EQUAL(body.content_type, "multipart/byteranges; boundary=B_-1");
  BOOST_REQUIRE_EQUAL(body.parts.size(), 3u);
  BOOST_CHECK_EQUAL(body.parts[0].text,
                    "--B_-1\r\nContent-Type: application/pdf\r\n"
                    "Content-Range: bytes 500-999/8000\r\n\r\n");
  BOOST_CHECK_EQUAL(body.parts[0].offset, 500u);
  BOOST_CHECK_EQUAL(body.parts[0].length, 500u);
  BOOST_CHECK_EQUAL(body.parts[1].text,
                    "\r\n--B_-1\r\nContent-Type: application/pdf\r\n"
                    "Content-Range: bytes 7000-7999/8000\r\n\r\n");
  BOOST_CHECK_EQUAL(body.parts[1].offset, 7000u);
  BOOST_CHECK_EQUAL(body.parts[1].length, 1000u);
  BOOST_CHECK_EQUAL(body.parts[2].text, "\r\n--B_-1--\r\n");
  BOOST_CHECK_EQUAL(body.parts[2].length, 0u);
  BOOST_CHECK_EQUAL(body.length, body.parts[0].text.size() + 500 +
                                     body.parts[1].text.size() + 1000 +
                                     body.parts[2].text.size());
}

BOOST_AUTO_TEST_SUITE_END()
