#include "edge/fastcgi_record.h"

#include "fastcgi_peer.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::string appended(const std::string& name, const std::string& value) {
  std::string out;
  append_param(out, name, value);
  return out;
}

bool takes(std::string_view text) {
  std::string_view name;
  std::string_view value;
  return take_param(text, name, value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fastcgi_record)

BOOST_AUTO_TEST_CASE(a_header_is_spelled_as_the_specification_says) {
  std::string out;
  append_record_header(out, FCGI_STDOUT, 0xfe02, 0xfd04);
  BOOST_CHECK(out == bytes_of({1, 6, 0xfe, 2, 0xfd, 4, 0, 0}));
}

BOOST_AUTO_TEST_CASE(a_header_is_read_as_the_specification_says) {
  const RecordHeaderBytes bytes = {'\x02', '\xff', '\xfe', '\x02',
                                   '\xfd', '\x04', '\xfc', '\x09'};
  const RecordHeader header = parse_record_header(bytes);
  BOOST_CHECK_EQUAL(header.version, 2u);
  BOOST_CHECK_EQUAL(header.type, 255u);
  BOOST_CHECK_EQUAL(header.id, 0xfe02u);
  BOOST_CHECK_EQUAL(header.content_size, 0xfd04u);
  BOOST_CHECK_EQUAL(static_cast<unsigned>(header.padding_size), 0xfcu);
}

// A record without content would end the stream.
BOOST_AUTO_TEST_CASE(a_stream_of_no_bytes_has_no_record) {
  std::string out = "before";
  append_stream(out, FCGI_STDOUT, 1, "");
  BOOST_CHECK_EQUAL(out, "before");
}

BOOST_AUTO_TEST_CASE(a_stream_is_cut_into_records_that_need_no_padding) {
  for (const std::size_t size :
       {std::size_t{1}, kMaxRecord, kMaxRecord + 1, 2 * kMaxRecord}) {
    std::string out;
    append_stream(out, FCGI_STDERR, 7, std::string(size, 's'));
    const std::vector<Record> records = records_of(out);
    BOOST_CHECK_EQUAL(records.size(), (size + kMaxRecord - 1) / kMaxRecord);
    for (const Record& each : records) {
      BOOST_CHECK_EQUAL(each.type, static_cast<unsigned>(FCGI_STDERR));
      BOOST_CHECK_EQUAL(each.id, 7u);
    }
    BOOST_CHECK(content_of(records, FCGI_STDERR) == std::string(size, 's'));
  }
}

BOOST_AUTO_TEST_CASE(an_end_says_its_protocol_status_and_no_other) {
  std::string out;
  append_end(out, 0x0102, FCGI_CANT_MPX_CONN);
  BOOST_CHECK(out == bytes_of({1, 3, 1, 2, 0, 8, 0, 0}) +
                         bytes_of({0, 0, 0, 0, 1, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(a_size_below_128_takes_one_byte_and_others_four) {
  BOOST_CHECK(appended("n", "") == bytes_of({1, 0, 'n'}));
  BOOST_CHECK(appended("", std::string(127, 'v')) ==
              bytes_of({0, 127}) + std::string(127, 'v'));
  BOOST_CHECK(appended("", std::string(128, 'v')) ==
              bytes_of({0, 0x80, 0, 0, 128}) + std::string(128, 'v'));
  const std::string name(0x010203, 'n');
  BOOST_CHECK(appended(name, "v") == bytes_of({0x80, 1, 2, 3, 1}) + name + "v");
}

BOOST_AUTO_TEST_CASE(what_was_appended_is_taken_and_nothing_behind_it) {
  for (const std::size_t name_size : {0, 1, 127, 128, 70000}) {
    for (const std::size_t value_size : {0, 1, 127, 128, 70000}) {
      const std::string name(name_size, 'n');
      const std::string value(value_size, 'v');
      const std::string out = appended(name, value) + "behind";
      std::string_view text = out;
      std::string_view got_name;
      std::string_view got_value;
      BOOST_REQUIRE(take_param(text, got_name, got_value));
      BOOST_CHECK(got_name == name && got_value == value);
      BOOST_CHECK_EQUAL(text, "behind");
    }
  }
}

// Web servers write every size in four bytes if they like.
BOOST_AUTO_TEST_CASE(a_small_size_may_take_four_bytes) {
  const std::string pair = long_size(1) + long_size(2) + "nvv";
  std::string_view text = pair;
  std::string_view name;
  std::string_view value;
  BOOST_REQUIRE(take_param(text, name, value));
  BOOST_CHECK_EQUAL(name, "n");
  BOOST_CHECK_EQUAL(value, "vv");
}

BOOST_AUTO_TEST_CASE(a_part_of_a_pair_is_not_taken_and_stays) {
  for (const std::string& pair :
       {param("name", "value"), param("name", std::string(200, 'v')),
        param(std::string(200, 'n'), "")}) {
    for (std::size_t size = 0; size < pair.size(); ++size) {
      const std::string part = pair.substr(0, size);
      std::string_view text = part;
      std::string_view name;
      std::string_view value;
      BOOST_REQUIRE(!take_param(text, name, value));
      BOOST_REQUIRE_EQUAL(text.size(), size);
    }
    BOOST_CHECK(takes(pair));
  }
}

// CVE-2025-23016: libfcgi added the two in 32 bits, and the sum was small.
BOOST_AUTO_TEST_CASE(sizes_whose_sum_would_overflow_are_not_believed) {
  const std::size_t sizes[] = {0x7ffffff0, 0x7fffffff, 0x40000000};
  for (const std::size_t name : sizes) {
    for (const std::size_t value : sizes) {
      BOOST_CHECK(!takes(long_size(name) + long_size(value) + "name value"));
    }
    BOOST_CHECK(!takes(bytes_of({1}) + long_size(name) + "name value"));
    BOOST_CHECK(!takes(long_size(name) + bytes_of({1}) + "name value"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
