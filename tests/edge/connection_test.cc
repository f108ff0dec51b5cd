#include "edge/connection.h"

#include <malloc.h>

#include <stdexcept>

#include "connection_talk.h"
#include "pipe_output.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

struct PipeEnds {
  Fd in;
  Fd out;
};

PipeEnds make_pipe() {
  int ends[2];
  BOOST_REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

void put(const Fd& fd, const std::string& text) {
  BOOST_REQUIRE_EQUAL(::write(fd.get(), text.data(), text.size()),
                      static_cast<ssize_t>(text.size()));
}

// piping answers with what a pipe gives.
void piping(Served& served, Fd& in) {
  served.answer = [&in](const Request&) {
    Response response;
    response.body = output_of(std::move(in));
    return response;
  };
}

bool force_buffer(int socket) {
  const int large = 1 << 19;
  return setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large) ==
         0;
}

boost::test_tools::assertion_result can_force_buffers(
    boost::unit_test::test_unit_id) {
  const Fd probe(socket(AF_UNIX, SOCK_STREAM, 0));
  boost::test_tools::assertion_result can(force_buffer(probe.get()));
  can.message() << "only root gives a socket a buffer of any size";
  return can;
}

int buffer_of(int socket) {
  int size = 0;
  socklen_t length = sizeof size;
  BOOST_REQUIRE(getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0);
  return size;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connection, Served)

// A socket of packets tells one write from two.
BOOST_AUTO_TEST_CASE(a_small_answer_is_one_write) {
  const std::string file = write("file", numbered(16384));
  for (const bool is_file : {false, true}) {
    Talk talk(shared, SOCK_SEQPACKET);
    answer = [&](const Request&) {
      return is_file ? slice(file, 16384) : words("words");
    };
    BOOST_CHECK(talk.says(get("/a")).turn() == Wants::kRead);
    BOOST_REQUIRE(talk.hears());
    const std::vector<Record> records = talk.records();
    BOOST_REQUIRE_EQUAL(records.size(), 3u);
    BOOST_CHECK(body_of(records) == (is_file ? numbered(16384) : "words"));
    BOOST_CHECK_EQUAL(records[1].content, "");
    BOOST_CHECK(ends_well(records));
    BOOST_CHECK(!talk.hears());
  }
}

BOOST_AUTO_TEST_CASE(the_line_for_the_servers_log_is_in_that_write_too) {
  Connection::Shared told{telling, descriptors};
  Talk talk(told, SOCK_SEQPACKET);
  talk.says(get("/a")).turn();
  BOOST_REQUIRE(talk.hears());
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(ends_well(records));
  const std::string line = content_of(records, FCGI_STDERR);
  BOOST_CHECK_MESSAGE(contains(line, "\"bytes\":2,\"end\":\"complete\""), line);
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
  Talk talk(shared);
  for (const char c : get("/slow")) {
    BOOST_REQUIRE(talk.says(std::string(1, c)).turn() == Wants::kRead);
  }
  talk.talk();
  BOOST_CHECK_EQUAL(body_of(talk.records()), "/slow");
}

BOOST_AUTO_TEST_CASE(a_large_file_arrives_as_it_is) {
  const std::string content = numbered(3'000'000);
  const std::string file = write("file", content);
  answer = [&](const Request&) { return slice(file, content.size()); };
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kRead);
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(body_of(records) == content);
  BOOST_CHECK(ends_well(records));
  BOOST_CHECK(contains(audited(), "\"bytes\":3000000,\"end\":\"complete\""));
}

BOOST_AUTO_TEST_CASE(parts_of_a_large_file_arrive_as_they_are) {
  const std::string content = numbered(3'000'000);
  const std::string file = write("file", content);
  answer = [&](const Request&) {
    Response response;
    response.body =
        FileParts{Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC)),
                  {{"first:", 5, 2'000'000}, {"second:", 0, 10}, {"end", 0, 0}},
                  {}};
    return response;
  };
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kRead);
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(body_of(records) == "first:" + content.substr(5, 2'000'000) +
                                      "second:" + content.substr(0, 10) +
                                      "end");
  BOOST_CHECK(ends_well(records));
  BOOST_CHECK(contains(audited(), "\"bytes\":2000026,\"end\":\"complete\""));
}

BOOST_AUTO_TEST_CASE(a_reader_that_stalls_is_waited_for_and_then_served) {
  const std::string content = numbered(3'000'000);
  const std::string file = write("file", content);
  answer = [&](const Request&) { return slice(file, content.size()); };
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).turn() == Wants::kWrite);
  BOOST_CHECK(!talk.connection->life().has_deadline());
  BOOST_CHECK(talk.says(stream(FCGI_STDIN, 1, "late")).turn() == Wants::kWrite);
  BOOST_CHECK(talk.talk() == Wants::kRead);
  BOOST_CHECK(body_of(talk.records()) == content);
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_fit_gets_a_larger_buffer) {
  const std::string file = write("file", numbered(3'000'000));
  for (const std::uint64_t length : {20'000, 3'000'000}) {
    answer = [&](const Request&) { return slice(file, length); };
    Talk talk(shared);
    const int before = buffer_of(talk.connection->socket());
    const bool fits = talk.says(get("/a")).turn() == Wants::kRead;
    BOOST_CHECK_EQUAL(fits, length == 20'000);
    BOOST_CHECK_EQUAL(buffer_of(talk.connection->socket()) > before, !fits);
  }
}

// As where net.core.wmem_default is that large.
BOOST_AUTO_TEST_CASE(a_buffer_that_is_larger_already_is_left_alone,
                     *boost::unit_test::precondition(can_force_buffers)) {
  const std::string file = write("file", numbered(3'000'000));
  answer = [&](const Request&) { return slice(file, 3'000'000); };
  Talk talk(shared);
  BOOST_REQUIRE(force_buffer(talk.connection->socket()));
  const int before = buffer_of(talk.connection->socket());
  BOOST_CHECK(talk.says(get("/a")).turn() == Wants::kWrite);
  BOOST_CHECK_GE(buffer_of(talk.connection->socket()), before);
}

BOOST_AUTO_TEST_CASE(large_words_arrive_however_slowly_they_are_read) {
  answer = [](const Request&) { return words(numbered(1'000'000)); };
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).turn() == Wants::kWrite);
  talk.talk();
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(body_of(records) == numbered(1'000'000));
  BOOST_CHECK(ends_well(records));
}

BOOST_AUTO_TEST_CASE(what_a_program_writes_is_passed_on_as_it_comes) {
  PipeEnds pipe = make_pipe();
  piping(*this, pipe.in);
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kSource);
  BOOST_CHECK_EQUAL(body_of(talk.records()), "");
  put(pipe.out, "first");
  BOOST_CHECK(talk.talk() == Wants::kSource);
  BOOST_CHECK_EQUAL(content_of(talk.records(), FCGI_STDOUT), "first");
  put(pipe.out, numbered(65536));
  pipe.out = Fd();
  BOOST_CHECK(talk.talk() == Wants::kRead);
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(content_of(records, FCGI_STDOUT) == numbered(65536));
  BOOST_CHECK(ends_well(records));
  BOOST_CHECK(contains(audited(), "\"bytes\":65541,\"end\":\"complete\""));
}

BOOST_AUTO_TEST_CASE(a_question_is_answered_while_a_program_is_waited_for) {
  PipeEnds pipe = make_pipe();
  piping(*this, pipe.in);
  Talk talk(shared);
  talk.says(get("/a")).talk();
  talk.records();
  talk.says(record(FCGI_GET_VALUES, 0, param(FCGI_MPXS_CONNS, "")));
  BOOST_CHECK(talk.talk() == Wants::kSource);
  BOOST_CHECK_EQUAL(talk.records().size(), 1u);
  put(pipe.out, "words");
  pipe.out = Fd();
  BOOST_CHECK(talk.talk() == Wants::kRead);
  BOOST_CHECK(ends_well(talk.records()));
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_or_closed_as_the_peer_says) {
  Talk talk(shared);
  for (const char* uri : {"/a", "/b"}) {
    BOOST_CHECK(talk.says(get(uri)).talk() == Wants::kRead);
    const std::vector<Record> records = talk.records();
    BOOST_CHECK_EQUAL(body_of(records), uri);
    BOOST_CHECK(ends_well(records));
  }
  BOOST_CHECK(talk.says(get("/c", 0)).talk() == Wants::kClose);
  BOOST_CHECK(ends_well(talk.records()));
  BOOST_CHECK(talk.is_ended);
}

BOOST_AUTO_TEST_CASE(
    a_second_request_at_once_is_refused_and_the_first_goes_on) {
  Talk talk(shared);
  talk.says(begin(1) + request(2, "") + get("/a").substr(16)).talk();
  const std::vector<Record> records = talk.records();
  BOOST_CHECK_EQUAL(body_of(records), "/a");
  // Behind the answer, which was there before there was room for it.
  BOOST_CHECK_EQUAL(content_of(records, FCGI_END_REQUEST),
                    std::string(8, '\0') +
                        bytes_of({0, 0, 0, 0, FCGI_CANT_MPX_CONN, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(without_descriptors_it_refuses_in_words) {
  const std::string content = numbered(1'000'000);
  const std::string file = write("file", content);
  answer = [&](const Request&) { return slice(file, content.size()); };
  // Two connections and one request.
  Descriptors few(Descriptors::kReserve + 4);
  Connection::Shared crowded{gateway, few};
  Talk first(crowded);
  Talk second(crowded);
  BOOST_CHECK(first.says(get("/a")).turn() == Wants::kWrite);
  BOOST_CHECK(second.says(get("/a")).talk() == Wants::kClose);
  const std::vector<Record> refused = second.records();
  BOOST_CHECK(content_of(refused, FCGI_STDOUT).starts_with("Status: 503\r\n"));
  BOOST_CHECK(ends_well(refused));
  first.talk();
  BOOST_CHECK(body_of(first.records()) == content);
  // It gave its own descriptor back, and whoever comes next is served.
  second.connection.reset();
  Talk third(crowded);
  third.says(get("/a")).talk();
  BOOST_CHECK(body_of(third.records()) == content);
  first.connection.reset();
  third.connection.reset();
  BOOST_CHECK(few.take(4));
}

// One request pays for a bug or for a lack of memory, and what was thrown is
// no line of the attacker's making.
BOOST_AUTO_TEST_CASE(what_is_thrown_breaks_this_answer_alone) {
  Descriptors few(Descriptors::kReserve + 4);
  Connection::Shared crowded{gateway, few};
  answer = [](const Request&) -> Response {
    throw std::runtime_error("first\nclaimcheck: forged \x1b[31m");
  };
  Talk talk(crowded);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kClose);
  const std::vector<Record> records = talk.records();
  BOOST_REQUIRE_EQUAL(records.size(), 1u);
  const std::string& told = records[0].content;
  BOOST_CHECK_EQUAL(records[0].type, static_cast<unsigned>(FCGI_STDERR));
  BOOST_CHECK(
      contains(told, ": first\nclaimcheck: claimcheck: forged \\u001b"));
  BOOST_CHECK(told.find('\x1b') == told.npos);
  BOOST_CHECK(talk.is_ended);
  BOOST_CHECK(few.take(4));
}

BOOST_AUTO_TEST_CASE(another_role_is_told_and_closed) {
  for (const unsigned role : {FCGI_AUTHORIZER, FCGI_FILTER}) {
    Talk talk(shared);
    BOOST_CHECK(talk.says(begin(7, 1, role)).talk() == Wants::kClose);
    const std::vector<Record> records = talk.records();
    BOOST_REQUIRE_EQUAL(records.size(), 2u);
    BOOST_CHECK(contains(records[0].content, "role other than responder"));
    BOOST_CHECK(records[1].content ==
                bytes_of({0, 0, 0, 0, FCGI_UNKNOWN_ROLE, 0, 0, 0}));
  }
}

// The sanitizers keep what was freed for a while.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
BOOST_AUTO_TEST_CASE(an_idle_connection_keeps_no_memory_of_what_it_served) {
  answer = [](const Request&) { return words(std::string(60'000, 'w')); };
  const std::string sent =
      request(1, param("HTTP_COOKIE", std::string(60'000, 'c')));
  const auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  constexpr std::size_t kCount = 50;
  std::vector<std::unique_ptr<Connection>> idle;
  std::vector<Fd> peers;
  idle.reserve(kCount);
  peers.reserve(kCount);
  const std::size_t before = in_use();
  for (std::size_t i = 0; i < kCount; ++i) {
    Talk talk(shared);
    BOOST_REQUIRE(talk.says(sent).talk() == Wants::kRead);
    BOOST_REQUIRE(ends_well(talk.records()));
    idle.push_back(std::move(talk.connection));
    peers.push_back(std::move(talk.peer));
  }
  BOOST_CHECK_LE((in_use() - before) / kCount, 2000u);
  BOOST_CHECK_EQUAL(shared.buffered, 0u);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
