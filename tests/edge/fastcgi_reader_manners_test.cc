// What a peer may say beside a request of its own.
#include "reader_peer.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

bool is_end(const Record& reply, unsigned id, unsigned status) {
  return reply.type == FCGI_END_REQUEST && reply.id == id &&
         reply.content == bytes_of({0, 0, 0, 0, status, 0, 0, 0});
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fastcgi_reader, ReaderPeer)

BOOST_AUTO_TEST_CASE(a_second_request_is_refused_and_the_first_goes_on) {
  const std::string second = request(2, param("SECOND", "2"));
  BOOST_CHECK_EQUAL(
      says(begin(1) + second + record(FCGI_PARAMS, 1, param("FIRST", "1")) +
           record(FCGI_PARAMS, 1) + second + record(FCGI_STDIN, 1) + second),
      "request ");
  BOOST_CHECK((variables() == Pairs{{"FIRST", "1"}}));
  BOOST_CHECK_EQUAL(reader.id(), 1u);
  BOOST_CHECK_EQUAL(says(second), "");
  for (const Record& each : replies()) {
    BOOST_CHECK(is_end(each, 2, FCGI_CANT_MPX_CONN));
  }
  reader.finish();
  BOOST_CHECK_EQUAL(says(second), "request ");
  BOOST_CHECK((variables() == Pairs{{"SECOND", "2"}}));
}

BOOST_AUTO_TEST_CASE(each_request_that_is_refused_is_told) {
  says(begin(1) + begin(2) + begin(0xfffe));
  const std::vector<Record> told = replies();
  BOOST_REQUIRE_EQUAL(told.size(), 2u);
  BOOST_CHECK(is_end(told[0], 2, FCGI_CANT_MPX_CONN));
  BOOST_CHECK(is_end(told[1], 0xfffe, FCGI_CANT_MPX_CONN));
}

BOOST_AUTO_TEST_CASE(a_request_that_begins_twice_is_broken) {
  const std::string whole = get("/");
  for (const std::size_t size :
       {std::size_t{16}, whole.size() - 8, whole.size()}) {
    ReaderPeer peer;
    peer.says(whole.substr(0, size));
    BOOST_CHECK_EQUAL(peer.says(begin(1)), "broken ");
    BOOST_CHECK_EQUAL(peer.reader.problem(), "a request that begins twice");
  }
}

BOOST_AUTO_TEST_CASE(another_version_is_broken_from_its_header_on) {
  for (const char version : {'\0', '\2', 'G', '\xff'}) {
    std::string sent = get("/");
    sent[0] = version;
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(peer.says(sent.substr(0, 7)), "");
    BOOST_CHECK_EQUAL(peer.says(sent.substr(7)), "broken ");
  }
}

BOOST_AUTO_TEST_CASE(a_beginning_of_another_size_is_broken) {
  for (const std::size_t size : {0, 7, 9, 513, 65535}) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(
        peer.says(record(FCGI_BEGIN_REQUEST, 1, std::string(size, '\1'))),
        "broken ");
  }
}

BOOST_AUTO_TEST_CASE(a_role_other_than_responder_is_told) {
  for (const unsigned role : {0, FCGI_AUTHORIZER, FCGI_FILTER, 4, 0x0100}) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(peer.says(begin(9, FCGI_KEEP_CONN, role)), "other_role ");
    BOOST_CHECK_EQUAL(peer.reader.id(), 9u);
  }
}

BOOST_AUTO_TEST_CASE(values_that_are_known_are_answered) {
  says(record(FCGI_GET_VALUES, 0,
              param(FCGI_MAX_CONNS, "") + param("UNKNOWN", "") +
                  param(FCGI_MAX_REQS, "") + param(FCGI_MPXS_CONNS, "")));
  const std::vector<Record> told = replies();
  BOOST_REQUIRE_EQUAL(told.size(), 1u);
  BOOST_CHECK_EQUAL(told[0].type,
                    static_cast<unsigned>(FCGI_GET_VALUES_RESULT));
  BOOST_CHECK_EQUAL(told[0].id, 0u);
  BOOST_CHECK(told[0].content == param(FCGI_MAX_CONNS, "65535") +
                                     param(FCGI_MAX_REQS, "65535") +
                                     param(FCGI_MPXS_CONNS, "0"));
  BOOST_CHECK(reader.is_idle());
}

BOOST_AUTO_TEST_CASE(a_question_that_is_malformed_is_answered_with_less) {
  BOOST_CHECK_EQUAL(says(record(FCGI_GET_VALUES, 0, bytes_of({9, 9, 'F'}))),
                    "");
  const std::vector<Record> told = replies();
  BOOST_REQUIRE_EQUAL(told.size(), 1u);
  BOOST_CHECK_EQUAL(told[0].content, "");
}

BOOST_AUTO_TEST_CASE(a_question_amid_a_request_is_answered_and_harms_nothing) {
  const std::string question =
      record(FCGI_GET_VALUES, 0, param(FCGI_MPXS_CONNS, ""));
  BOOST_CHECK_EQUAL(says(question + begin(1) + question +
                         record(FCGI_PARAMS, 1, param("A", "a")) + question +
                         record(FCGI_PARAMS, 1) + question +
                         record(FCGI_STDIN, 1) + question),
                    "request ");
  BOOST_CHECK((variables() == Pairs{{"A", "a"}}));
  BOOST_CHECK_EQUAL(replies().size(), 5u);
}

BOOST_AUTO_TEST_CASE(a_management_type_that_is_unknown_is_told) {
  for (const unsigned type : {0, 10, 11, 12, 255}) {
    BOOST_CHECK_EQUAL(says(record(type, 0, "what")), "");
    const std::vector<Record> told = replies();
    BOOST_REQUIRE_EQUAL(told.size(), 1u);
    BOOST_CHECK_EQUAL(told[0].type, static_cast<unsigned>(FCGI_UNKNOWN_TYPE));
    BOOST_CHECK_EQUAL(told[0].id, 0u);
    BOOST_CHECK(told[0].content == bytes_of({type, 0, 0, 0, 0, 0, 0, 0}));
  }
}

BOOST_AUTO_TEST_CASE(a_management_record_has_a_size_that_is_kept) {
  const std::string most(512, '\0');
  BOOST_CHECK_EQUAL(says(record(FCGI_GET_VALUES, 0, most)), "");
  BOOST_CHECK_EQUAL(says(record(FCGI_GET_VALUES, 0, most + 'x')), "broken ");
}

BOOST_AUTO_TEST_CASE(a_record_of_a_request_without_an_id_is_broken) {
  for (unsigned type = FCGI_BEGIN_REQUEST; type <= FCGI_DATA; ++type) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(
        peer.says(record(type, 0, bytes_of({0, 1, 1, 0, 0, 0, 0, 0}))),
        "broken ");
  }
}

BOOST_AUTO_TEST_CASE(a_type_that_is_unknown_is_passed_over_within_a_request) {
  BOOST_CHECK_EQUAL(says(begin(1) + record(99, 1, std::string(2000, 'x')) +
                         record(FCGI_STDOUT, 1, "echo") +
                         record(FCGI_PARAMS, 1) + record(FCGI_STDIN, 1)),
                    "request ");
}

BOOST_AUTO_TEST_CASE(a_filters_data_is_passed_over) {
  BOOST_CHECK_EQUAL(
      says(begin(1) + stream(FCGI_DATA, 1, std::string(70'000, 'd')) +
           record(FCGI_PARAMS, 1) + record(FCGI_DATA, 1, "data") +
           record(FCGI_STDIN, 1)),
      "request ");
  BOOST_CHECK(variables().empty());
}

BOOST_AUTO_TEST_CASE(a_request_that_is_aborted_early_ends_and_another_works) {
  const std::string whole = get("/first");
  for (const std::size_t size : {std::size_t{16}, whole.size() - 8}) {
    BOOST_CHECK_EQUAL(
        says(whole.substr(0, size) + record(FCGI_ABORT_REQUEST, 1)), "");
    const std::vector<Record> told = replies();
    BOOST_REQUIRE_EQUAL(told.size(), 1u);
    BOOST_CHECK(is_end(told[0], 1, FCGI_REQUEST_COMPLETE));
    BOOST_CHECK(reader.is_idle());
    BOOST_CHECK_EQUAL(reader.buffered(), 0u);
    BOOST_CHECK_EQUAL(says(whole), "request ");
    BOOST_CHECK_EQUAL(variables().size(), 2u);
    reader.finish();
  }
}

BOOST_AUTO_TEST_CASE(an_early_abort_ends_a_connection_that_is_not_kept) {
  BOOST_CHECK_EQUAL(says(begin(1, 0) + record(FCGI_ABORT_REQUEST, 1)),
                    "aborted ");
}

BOOST_AUTO_TEST_CASE(a_request_that_is_being_answered_can_be_aborted) {
  says(get("/"));
  BOOST_CHECK_EQUAL(says(record(FCGI_ABORT_REQUEST, 1)), "aborted ");
  BOOST_CHECK(reader.replies().empty());
}

BOOST_AUTO_TEST_CASE(an_abort_of_another_request_is_passed_over) {
  const std::string whole = get("/");
  const std::string abort = record(FCGI_ABORT_REQUEST, 2);
  BOOST_CHECK_EQUAL(says(abort + whole.substr(0, 16) + abort), "");
  BOOST_CHECK_EQUAL(says(whole.substr(16) + abort), "request ");
  BOOST_CHECK(reader.replies().empty());
}

// It crossed with our answer.
BOOST_AUTO_TEST_CASE(an_abort_of_a_finished_request_is_passed_over) {
  says(get("/"));
  reader.finish();
  BOOST_CHECK_EQUAL(says(record(FCGI_ABORT_REQUEST, 1) + get("/")), "request ");
  BOOST_CHECK(reader.replies().empty());
}

BOOST_AUTO_TEST_CASE(what_comes_late_of_a_body_is_passed_over) {
  says(get("/"));
  const std::string late = stream(FCGI_STDIN, 1, std::string(9000, 's'));
  BOOST_CHECK_EQUAL(says(late), "");
  reader.finish();
  BOOST_CHECK_EQUAL(says(late + stream(FCGI_PARAMS, 1, "late")), "");
  BOOST_CHECK(reader.is_idle());
  BOOST_CHECK_EQUAL(reader.buffered(), 0u);
  BOOST_CHECK_EQUAL(says(get("/")), "request ");
}

BOOST_AUTO_TEST_CASE(a_peer_that_asks_and_never_listens_is_broken) {
  for (const std::string& question :
       {record(FCGI_GET_VALUES, 0, param(FCGI_MAX_CONNS, "")), record(99, 0),
        begin(2)}) {
    ReaderPeer peer;
    std::string events = peer.says(begin(1));
    for (int i = 0; i < 2000 && events.empty(); ++i) {
      events = peer.says(question);
    }
    BOOST_CHECK_EQUAL(events, "broken ");
    BOOST_CHECK_LE(peer.reader.replies().size(), 20'000u);
  }
}

BOOST_AUTO_TEST_CASE(a_peer_that_asks_and_listens_may_go_on) {
  for (int i = 0; i < 2000; ++i) {
    BOOST_REQUIRE_EQUAL(says(record(99, 0)), "");
    BOOST_REQUIRE_EQUAL(replies().size(), 1u);
  }
}

BOOST_AUTO_TEST_CASE(another_protocol_is_broken) {
  for (const std::string& sent :
       {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8),
        std::string(64, '\0'), std::string(64, '\xff')}) {
    ReaderPeer peer;
    BOOST_CHECK_EQUAL(peer.says(sent), "broken ");
  }
}

BOOST_AUTO_TEST_SUITE_END()
