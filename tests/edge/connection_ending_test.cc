// How answers and connections end before their time.
#include "connection_talk.h"
#include "edge/file.h"
#include "pipe_output.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

using std::chrono::seconds;

struct Ending : Served {
  Ending() {
    answer = [this](const Request&) { return slice(file, content.size()); };
  }

  // begun is a talk whose answer is on its way.
  std::unique_ptr<Talk> begun(unsigned flags = FCGI_KEEP_CONN) {
    auto talk = std::make_unique<Talk>(shared);
    BOOST_REQUIRE(talk->says(get("/a", flags)).turn() == Wants::kWrite);
    return talk;
  }

  // pipe answers with what is written to the end that is returned.
  Fd pipe(Output::State end) {
    int ends[2];
    BOOST_REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    reading = Fd(ends[0]);
    answer = [this, end](const Request&) {
      Response response;
      response.body = output_of(std::move(reading), end);
      return response;
    };
    return Fd(ends[1]);
  }

  void check_ended(const char* how) const {
    BOOST_CHECK_MESSAGE(
        contains(audited(), "\"end\":\"" + std::string(how) + '"'), audited());
  }

  const std::string content = numbered(2'000'000);
  const std::string file = write("file", content);
  Fd reading;
  const Connection::Clock::time_point start = Connection::Clock::now();
};

bool has_end(const std::vector<Record>& records) {
  return std::any_of(records.begin(), records.end(), [](const Record& each) {
    return each.type == FCGI_END_REQUEST;
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connection, Ending)

// ---- the body

// Whoever got an end would take what came for the whole.
BOOST_AUTO_TEST_CASE(a_file_that_shrank_closes_without_an_end) {
  for (const std::uint64_t size : {100, 1'500'000}) {
    const auto talk = begun();
    std::filesystem::resize_file(file, size);
    BOOST_CHECK(talk->talk() == Wants::kClose);
    BOOST_CHECK(talk->is_ended);
    const std::vector<Record> records = talk->records();
    BOOST_CHECK(!has_end(records));
    check_ended("cut");
    std::filesystem::remove(log);
    std::filesystem::resize_file(file, content.size());
  }
}

// Nobody gets more of that version: the record is filled, so that nginx, for
// which the mere end of the connection is that of the body, finds the breach.
BOOST_AUTO_TEST_CASE(
    a_file_that_is_another_fills_its_record_before_the_breach) {
  answer = [this](const Request&) {
    Response response = slice(file, content.size());
    auto& body = std::get<FileSlice>(response.body);
    struct stat status;
    BOOST_REQUIRE(fstat(body.fd.get(), &status) == 0);
    body.version = identity_of(status);
    return response;
  };
  const auto talk = begun();
  const std::size_t before = body_of(talk->records()).size();
  std::filesystem::resize_file(file, 100);
  BOOST_CHECK(talk->talk() == Wants::kClose);
  const std::string body = body_of(talk->records());
  BOOST_CHECK_GT(body.size(), before);
  BOOST_CHECK_LT(body.size(), content.size());
  BOOST_CHECK_EQUAL(body.back(), '\0');
  BOOST_CHECK(talk->heard == breach);
}

BOOST_AUTO_TEST_CASE(a_program_that_ends_early_closes_without_an_end) {
  Fd writing = pipe(Output::State::kFailed);
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kSource);
  BOOST_REQUIRE_EQUAL(::write(writing.get(), "words", 5), 5);
  writing = Fd();
  BOOST_CHECK(talk.talk() == Wants::kClose);
  const std::vector<Record> records = talk.records();
  BOOST_CHECK_EQUAL(body_of(records), "words");
  BOOST_CHECK(!has_end(records));
  // nginx would take the mere end of the connection for that of the body.
  BOOST_CHECK(talk.heard == breach);
  check_ended("cut");
}

BOOST_AUTO_TEST_CASE(the_servers_log_learns_of_a_cut_where_it_can) {
  Connection::Shared told{telling, descriptors};
  Fd writing = pipe(Output::State::kFailed);
  Talk talk(told);
  talk.says(get("/a")).talk();
  writing = Fd();
  BOOST_CHECK(talk.talk() == Wants::kClose);
  const std::string line = content_of(talk.records(), FCGI_STDERR);
  BOOST_CHECK_MESSAGE(contains(line, "\"bytes\":0,\"end\":\"cut\""), line);
}

// ---- the peer

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_amid_an_answer_is_told_in_the_log) {
  const auto talk = begun();
  talk->hears();
  talk->peer = Fd();
  BOOST_CHECK(talk->turn() == Wants::kClose);
  check_ended("client_left");
  BOOST_CHECK(contains(audited(), "\"bytes\":"));
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_while_a_program_is_waited_for_is_seen) {
  const Fd writing = pipe(Output::State::kEnded);
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kSource);
  talk.peer = Fd();
  BOOST_CHECK(talk.turn() == Wants::kClose);
  check_ended("client_left");
  signal(SIGPIPE, SIG_IGN);
  BOOST_CHECK_EQUAL(::write(writing.get(), "x", 1), -1);
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_amid_a_request_leaves_no_line) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}}) {
    Talk talk(shared);
    talk.says(get("/a").substr(0, size)).turn();
    talk.peer = Fd();
    BOOST_CHECK(talk.turn() == Wants::kClose);
  }
  BOOST_CHECK(!std::filesystem::exists(log));
  BOOST_CHECK_EQUAL(shared.buffered, 0u);
}

BOOST_AUTO_TEST_CASE(a_request_that_is_aborted_amid_its_answer_is_left) {
  const auto talk = begun();
  talk->says(record(FCGI_ABORT_REQUEST, 1));
  BOOST_CHECK(talk->turn() == Wants::kClose);
  check_ended("client_left");
}

BOOST_AUTO_TEST_CASE(an_abort_is_heard_where_the_connection_is_not_kept) {
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a", 0)).turn() == Wants::kWrite);
  talk.says(record(FCGI_ABORT_REQUEST, 1));
  BOOST_CHECK(talk.turn() == Wants::kClose);
  check_ended("client_left");
}

BOOST_AUTO_TEST_CASE(a_request_that_is_aborted_early_ends_and_another_works) {
  Talk talk(shared);
  talk.says(begin(1) + record(FCGI_ABORT_REQUEST, 1)).talk();
  BOOST_CHECK(ends_well(talk.records()));
  talk.says(get("/a")).talk();
  BOOST_CHECK(body_of(talk.records()) == content);
  check_ended("complete");
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_answered_and_read_on_for_a_while) {
  Talk talk(shared);
  const std::string large = begin(1) +
                            record(FCGI_PARAMS, 1, std::string(65535, 'p')) +
                            record(FCGI_PARAMS, 1, std::string(2, 'p'));
  BOOST_CHECK(talk.says(large).talk() == Wants::kRead);
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(content_of(records, FCGI_STDOUT).starts_with("Status: 413\r\n"));
  BOOST_CHECK(ends_well(records));
  BOOST_CHECK(talk.is_ended);
  check_ended("complete");
  BOOST_CHECK_EQUAL(shared.buffered, 0u);
  for (int i = 0; i < 10; ++i) {
    BOOST_REQUIRE(talk.says(large).turn() == Wants::kRead);
  }
  talk.connection->life().expire(start);
  BOOST_CHECK(talk.turn() == Wants::kRead);
  talk.connection->life().expire(Connection::Clock::now() + seconds(2));
  BOOST_CHECK(talk.turn() == Wants::kClose);
}

BOOST_AUTO_TEST_CASE(what_is_no_fastcgi_is_closed_without_a_word) {
  Talk talk(shared);
  BOOST_CHECK(talk.says("GET / HTTP/1.1\r\n\r\n").talk() == Wants::kClose);
  BOOST_CHECK(talk.is_ended);
  BOOST_CHECK_EQUAL(talk.heard, "");
}

BOOST_AUTO_TEST_CASE(requests_that_are_not_whole_share_so_much_memory) {
  {
    Talk talk(shared);
    talk.says(get("/a").substr(0, 60)).turn();
    BOOST_CHECK_GT(shared.buffered, 0u);
  }
  BOOST_CHECK_EQUAL(shared.buffered, 0u);
  shared.buffered = 32 << 20;
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a").substr(0, 60)).turn() == Wants::kClose);
  BOOST_CHECK_EQUAL(shared.buffered, std::size_t{32 << 20});
}

// ---- time

BOOST_AUTO_TEST_CASE(a_request_has_30_seconds_to_come) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}}) {
    Talk talk(shared);
    talk.says(get("/a").substr(0, size)).turn();
    BOOST_CHECK(talk.connection->life().has_deadline());
    talk.connection->life().expire(start + seconds(29));
    BOOST_CHECK(talk.turn() == Wants::kRead);
    talk.connection->life().expire(Connection::Clock::now() + seconds(30));
    BOOST_CHECK(talk.turn() == Wants::kClose);
  }
}

BOOST_AUTO_TEST_CASE(between_requests_and_within_an_answer_no_time_runs) {
  const auto talk = begun();
  BOOST_CHECK(!talk->connection->life().has_deadline());
  talk->connection->life().expire(start + std::chrono::hours(9));
  BOOST_CHECK(talk->talk() == Wants::kRead);
  BOOST_CHECK(!talk->connection->life().has_deadline());
  talk->says(begin(1)).turn();
  BOOST_CHECK(talk->connection->life().has_deadline());
  talk->says(get("/a").substr(16)).talk();
  BOOST_CHECK(!talk->connection->life().has_deadline());
}

// ---- stopping

BOOST_AUTO_TEST_CASE(an_idle_connection_is_stopped_and_one_just_used_is_not) {
  Talk talk(shared);
  talk.connection->life().stop_idle(start);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kRead);
  talk.connection->life().stop_idle(start + seconds(99));
  BOOST_CHECK(talk.talk() == Wants::kClose);
  BOOST_CHECK(talk.is_ended);
  BOOST_CHECK(ends_well(talk.records()));
}

BOOST_AUTO_TEST_CASE(a_request_that_was_sent_before_the_stop_is_answered) {
  Talk talk(shared);
  talk.says(get("/a"));
  talk.connection->life().stop_idle(start + seconds(99));
  BOOST_CHECK_EQUAL(::send(talk.peer.get(), "x", 1, MSG_NOSIGNAL), -1);
  BOOST_CHECK(talk.talk() == Wants::kClose);
  const std::vector<Record> records = talk.records();
  BOOST_CHECK(body_of(records) == content);
  BOOST_CHECK(ends_well(records));
  check_ended("complete");
}

BOOST_AUTO_TEST_CASE(an_answer_on_its_way_is_finished_and_then_it_stops) {
  const auto talk = begun();
  shared.is_ending = true;
  talk->connection->life().stop_idle(start + seconds(99));
  BOOST_CHECK(talk->talk() == Wants::kClose);
  BOOST_CHECK(ends_well(talk->records()));
  check_ended("complete");
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_after_the_stop_is_still_noticed) {
  const Fd writing = pipe(Output::State::kEnded);
  Talk talk(shared);
  talk.says(get("/a"));
  talk.connection->life().stop_idle(start + seconds(99));
  BOOST_CHECK(talk.talk() == Wants::kSource);
  talk.peer = Fd();
  BOOST_CHECK(talk.turn() == Wants::kClose);
  check_ended("client_left");
}

BOOST_AUTO_TEST_CASE(a_cut_breaks_an_answer_off_and_says_so) {
  const auto talk = begun();
  talk->connection->life().cut();
  BOOST_CHECK(talk->talk() == Wants::kClose);
  BOOST_CHECK(!has_end(talk->records()));
  check_ended("cut");
}

// The thread that sends sees a broken pipe, and the pipe was ours.
BOOST_AUTO_TEST_CASE(a_cut_amid_a_write_is_not_told_as_a_client_that_left) {
  const auto talk = begun();
  talk->connection->life().cut();
  std::array<char, 100> scratch;
  BOOST_CHECK(talk->connection->on_ready(EPOLLOUT, scratch) == Wants::kClose);
  check_ended("cut");
}

BOOST_AUTO_TEST_CASE(a_cut_reaches_who_waits_for_a_program) {
  const Fd writing = pipe(Output::State::kEnded);
  Talk talk(shared);
  BOOST_CHECK(talk.says(get("/a")).talk() == Wants::kSource);
  talk.connection->life().cut();
  BOOST_CHECK(talk.talk() == Wants::kClose);
  check_ended("cut");
}

BOOST_AUTO_TEST_SUITE_END()
