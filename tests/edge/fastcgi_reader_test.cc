#include "edge/fastcgi_reader.h"

#include "reader_peer.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// padded_to is params of exactly `size` bytes.
std::string padded_to(std::size_t size) {
  const std::string pair = param("N", std::string(60000, 'v'));
  return pair + param("M", std::string(size - pair.size() - 6, 'w'));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fastcgi_reader, ReaderPeer)

BOOST_AUTO_TEST_CASE(a_request_gives_its_variables_in_their_order) {
  BOOST_CHECK_EQUAL(params(param("B", "2") + param("A", "") +
                           param(std::string(200, 'n'), std::string(300, 'v')) +
                           param("B", "3")),
                    "request ");
  const Pairs expected = {{"B", "2"},
                          {"A", ""},
                          {std::string(200, 'n'), std::string(300, 'v')},
                          {"B", "3"}};
  BOOST_CHECK(variables() == expected);
  BOOST_CHECK_EQUAL(reader.id(), 1u);
  BOOST_CHECK(reader.replies().empty());
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_give_the_same) {
  const std::string pairs = param("NAME", "value") + param("EMPTY", "") +
                            param("LONG", std::string(1000, 'l'));
  const std::string sent =
      record(FCGI_GET_VALUES, 0, param(FCGI_MPXS_CONNS, ""), 3) +
      begin(0x1234) + record(FCGI_PARAMS, 0x1234, pairs.substr(0, 500), 9) +
      begin(2) + record(FCGI_PARAMS, 0x1234, pairs.substr(500)) +
      record(FCGI_PARAMS, 0x1234, "", 255) +
      record(FCGI_STDIN, 0x1234, "body", 4) + record(FCGI_STDIN, 0x1234);
  BOOST_REQUIRE_EQUAL(says(sent), "request ");
  BOOST_CHECK_EQUAL(reader.id(), 0x1234u);
  for (const std::size_t piece : {1, 2, 3, 7, 8, 9, 64, 1000}) {
    ReaderPeer other;
    BOOST_CHECK_EQUAL(other.says(sent, piece), "request ");
    BOOST_CHECK(other.variables() == variables());
    BOOST_CHECK(other.reader.replies() == reader.replies());
  }
}

BOOST_AUTO_TEST_CASE(a_pair_may_be_split_between_records_anywhere) {
  const std::string pairs = param("A", std::string(130, 'a')) + param("B", "b");
  std::string sent = begin(1);
  for (const char c : pairs) {
    sent += record(FCGI_PARAMS, 1, std::string(1, c));
  }
  BOOST_CHECK_EQUAL(says(sent + record(FCGI_PARAMS, 1) + record(FCGI_STDIN, 1)),
                    "request ");
  BOOST_CHECK((variables() == Pairs{{"A", std::string(130, 'a')}, {"B", "b"}}));
}

BOOST_AUTO_TEST_CASE(a_request_without_params_has_none) {
  BOOST_CHECK_EQUAL(params(""), "request ");
  BOOST_CHECK(variables().empty());
}

BOOST_AUTO_TEST_CASE(padding_is_passed_over_whatever_it_holds) {
  const std::string padded =
      record(FCGI_BEGIN_REQUEST, 1, bytes_of({0, 1, 1, 0, 0, 0, 0, 0}), 255) +
      record(FCGI_PARAMS, 1, param("A", "a"), 1) +
      record(FCGI_PARAMS, 1, "", 7) + record(FCGI_STDIN, 1, "", 255);
  BOOST_CHECK_EQUAL(says(padded), "request ");
  BOOST_CHECK((variables() == Pairs{{"A", "a"}}));
  BOOST_CHECK(reader.keeps_connection());
}

// CVE-2025-23016: 0xfffffff0 and a neighbour were added up to a small sum.
BOOST_AUTO_TEST_CASE(sizes_that_lie_are_refused) {
  const std::string lies[] = {
      bytes_of({1, 2, 'n', 'v'}),
      bytes_of({1}),
      bytes_of({0x80}),
      long_size(0x7ffffff0) + long_size(0x10) + "nv",
      bytes_of({0xff, 0xff, 0xff, 0xf0, 0xff, 0xff, 0xff, 0xf0}) + "nv",
      bytes_of({0xff, 0xff, 0xff, 0xf0, 0x10}) + std::string(64, 'x'),
      param("GOOD", "1") + bytes_of({3, 0, 'n', 'n'}),
  };
  for (const std::string& lie : lies) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(peer.params(lie), "broken ");
    BOOST_CHECK_EQUAL(peer.reader.problem(), "malformed FCGI_PARAMS");
  }
}

// Behind a NUL others would see nothing, or something else.
BOOST_AUTO_TEST_CASE(a_nul_in_a_param_is_refused) {
  const std::string nul(1, '\0');
  for (const std::string& pair :
       {param("A" + nul, "v"), param("A", nul), param("A", "v" + nul + "w"),
        param("B", "") + param(nul, "")}) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(peer.params(pair), "broken ");
  }
}

BOOST_AUTO_TEST_CASE(params_may_take_65536_bytes_and_no_more) {
  BOOST_CHECK_EQUAL(params(padded_to(65536)), "request ");
  BOOST_CHECK_EQUAL(variables().size(), 2u);
  for (const std::size_t piece : {kWhole, std::size_t{1000}, std::size_t{1}}) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(peer.params(padded_to(65537), piece), "too_large ");
    BOOST_CHECK(peer.variables().empty());
  }
}

BOOST_AUTO_TEST_CASE(params_that_never_end_are_too_large_and_keep_no_more) {
  says(begin(1));
  std::string events;
  for (int i = 0; i < 100 && events.empty(); ++i) {
    events = says(record(FCGI_PARAMS, 1, std::string(1000, 'x')));
  }
  BOOST_CHECK_EQUAL(events, "too_large ");
  BOOST_CHECK_LE(reader.buffered(), 2 * kMaxParams);
}

BOOST_AUTO_TEST_CASE(a_body_may_take_1_mib_and_no_more) {
  const std::string head = begin(1) + stream(FCGI_PARAMS, 1, param("A", "a"));
  const std::string most(kMaxStdin, 's');
  BOOST_CHECK_EQUAL(says(head + stream(FCGI_STDIN, 1, most)), "request ");
  ReaderPeer peer;
  BOOST_CHECK_EQUAL(peer.says(head + stream(FCGI_STDIN, 1, most + 's')),
                    "too_large ");
  BOOST_CHECK(peer.variables().empty());
}

BOOST_AUTO_TEST_CASE(a_body_that_never_ends_is_too_large_and_is_not_kept) {
  says(begin(1) + stream(FCGI_PARAMS, 1, param("A", "a")));
  const std::size_t buffered = reader.buffered();
  std::string events;
  for (int i = 0; i < 1100 && events.empty(); ++i) {
    BOOST_REQUIRE_EQUAL(reader.buffered(), buffered);
    events = says(record(FCGI_STDIN, 1, std::string(1000, 's')));
  }
  BOOST_CHECK_EQUAL(events, "too_large ");
}

// Nobody may pay for the last request's body with this one.
BOOST_AUTO_TEST_CASE(bodies_of_several_requests_do_not_add_up) {
  const std::string sent = begin(1) + record(FCGI_PARAMS, 1) +
                           stream(FCGI_STDIN, 1, std::string(600'000, 's'));
  for (int i = 0; i < 4; ++i) {
    BOOST_REQUIRE_EQUAL(says(sent), "request ");
    reader.finish();
  }
  BOOST_CHECK_EQUAL(
      says(sent.substr(0, sent.size() - 8) + record(FCGI_ABORT_REQUEST, 1)),
      "");
  BOOST_CHECK_EQUAL(says(sent), "request ");
}

BOOST_AUTO_TEST_CASE(a_request_is_kept_or_not_as_its_flag_says) {
  BOOST_CHECK_EQUAL(says(get("/", 0)), "request ");
  BOOST_CHECK(!reader.keeps_connection());
  reader.finish();
  BOOST_CHECK_EQUAL(says(get("/", 0xff)), "request ");
  BOOST_CHECK(reader.keeps_connection());
  reader.finish();
  BOOST_CHECK_EQUAL(says(get("/", 0xfe)), "request ");
  BOOST_CHECK(!reader.keeps_connection());
}

BOOST_AUTO_TEST_CASE(requests_follow_one_another) {
  for (unsigned id = 1; id < 5; ++id) {
    BOOST_CHECK_EQUAL(says(request(id, param("N", std::to_string(id)))),
                      "request ");
    BOOST_CHECK_EQUAL(reader.id(), id);
    BOOST_CHECK((variables() == Pairs{{"N", std::to_string(id)}}));
    reader.finish();
  }
}

BOOST_AUTO_TEST_CASE(is_idle_between_requests_alone) {
  BOOST_CHECK(reader.is_idle());
  const std::string sent = get("/");
  for (const char c : sent) {
    says(std::string(1, c));
    BOOST_REQUIRE(!reader.is_idle());
  }
  reader.release();
  BOOST_CHECK(!reader.is_idle());
  reader.finish();
  BOOST_CHECK(reader.is_idle());
}

// What has to be bounded is what memory holds, not what is in use of it.
BOOST_AUTO_TEST_CASE(an_unfinished_request_is_counted_until_it_is_released) {
  BOOST_CHECK_EQUAL(reader.buffered(), 0u);
  says(begin(1) + record(FCGI_PARAMS, 1, param("A", std::string(9000, 'a'))));
  BOOST_CHECK_GE(reader.buffered(), 9000u);
  BOOST_CHECK_EQUAL(says(record(FCGI_PARAMS, 1) + record(FCGI_STDIN, 1)),
                    "request ");
  BOOST_CHECK_GE(reader.buffered(), 9000u);
  reader.release();
  BOOST_CHECK(reader.variables().empty());
  BOOST_CHECK_EQUAL(reader.buffered(), 0u);
  BOOST_CHECK_EQUAL(says(record(FCGI_ABORT_REQUEST, 1)), "aborted ");
  reader.finish();
  BOOST_CHECK_EQUAL(reader.buffered(), 0u);
}

// Two bytes that were sent become a pair of views.
BOOST_AUTO_TEST_CASE(many_empty_params_are_counted_for_what_they_take) {
  std::string pairs;
  while (pairs.size() < kMaxParams) {
    pairs += param("", "");
  }
  says(begin(1) + stream(FCGI_PARAMS, 1, pairs));
  BOOST_CHECK_EQUAL(reader.variables().size(), kMaxParams / 2);
  BOOST_CHECK_GE(reader.buffered(),
                 kMaxParams / 2 * sizeof(Variables::value_type));
  says(record(FCGI_ABORT_REQUEST, 1));
  BOOST_CHECK_EQUAL(reader.buffered(), 0u);
}

BOOST_AUTO_TEST_SUITE_END()
