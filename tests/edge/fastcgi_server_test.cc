#include "edge/fastcgi_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <stdexcept>

#include "fastcgi_peer.h"
#include "pipe_output.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

using std::chrono::milliseconds;

constexpr int kPatience = 20'000;  // ms: only what is broken takes so long

struct Heard {
  std::vector<Record> records;
  bool is_closed = false;

  bool has_end() const {
    return !records.empty() && records.back().type == FCGI_END_REQUEST;
  }
  std::string out() const { return content_of(records, FCGI_STDOUT); }
};

// heard reads until an answer, its `last` words or the connection end.
Heard heard(const Fd& peer, const std::string& last = "") {
  Heard heard;
  std::string bytes;
  std::vector<char> buffer(65536);
  while (!heard.has_end() && !heard.is_closed &&
         (last.empty() || !heard.out().ends_with(last))) {
    pollfd ready = {peer.get(), POLLIN, 0};
    BOOST_REQUIRE_MESSAGE(poll(&ready, 1, kPatience) == 1, "nothing comes");
    const ssize_t size = read(peer.get(), buffer.data(), buffer.size());
    heard.is_closed = size <= 0;
    bytes.append(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    for (Record& each : take_records(bytes)) {
      heard.records.push_back(std::move(each));
    }
  }
  return heard;
}

bool say(const Fd& peer, const std::string& bytes) {
  return send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

// A server in a child of its own, which can be told to end and cannot outlive
// the test.
struct Server : Sandbox {
  Server() {
    address.sun_family = AF_UNIX;
    const std::string name = *this / "socket";
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    listener = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    BOOST_REQUIRE(bind(listener.get(), as_address(), sizeof address) == 0 &&
                  listen(listener.get(), 256) == 0);
    int ends[2];
    BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    reading = Fd(ends[0]);
    writing = Fd(ends[1]);
  }
  ~Server() {
    if (child > 0) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }

  const sockaddr* as_address() const {
    return reinterpret_cast<const sockaddr*>(&address);
  }

  // start serves with answer() and, where a limit is given, few descriptors.
  void start(rlim_t limit = 0) {
    child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child > 0) {
      reading = Fd();
      return;
    }
    writing = Fd();
    const rlimit few = {limit, limit};
    if (limit != 0) {
      setrlimit(RLIMIT_NOFILE, &few);
    }
    try {
      const Audit audit("test", log);
      const Gateway gateway{
          [this](const Request& request) { return answer(request); },
          [this](const Request& request, const Error&) {
            return answer(request);
          },
          audit, 2, grace};
      _exit(FastcgiServer(gateway, listener.get()).run());
    } catch (...) {
      _exit(113);
    }
  }

  // answer gives the URI back; "/pipe" is answered as long as the test writes,
  // "/bug" is one.
  Response answer(const Request& request) {
    if (request.uri == "/bug") {
      throw std::runtime_error("a bug");
    }
    Response response;
    response.body = request.uri;
    if (request.uri == "/pipe") {
      response.body = output_of(std::move(reading));
    }
    return response;
  }

  Fd connect() const {
    Fd peer(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    BOOST_REQUIRE(::connect(peer.get(), as_address(), sizeof address) == 0);
    return peer;
  }

  // piping is a connection whose answer has begun and does not end.
  Fd piping() const {
    Fd peer = connect();
    BOOST_REQUIRE(say(peer, get("/pipe")));
    BOOST_REQUIRE_EQUAL(::write(writing.get(), "first", 5), 5);
    BOOST_CHECK(contains(heard(peer, "first").out(), "first"));
    return peer;
  }

  // ended waits for the child, and returns its status.
  int ended() {
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    pollfd ready = {process.get(), POLLIN, 0};
    BOOST_REQUIRE_MESSAGE(poll(&ready, 1, kPatience) == 1, "it does not end");
    int status = 0;
    waitpid(std::exchange(child, -1), &status, 0);
    return status;
  }

  void signal(int number) const { BOOST_REQUIRE(kill(child, number) == 0); }

  sockaddr_un address{};
  Fd listener;
  Fd reading;
  Fd writing;
  pid_t child = -1;
  milliseconds grace{60'000};
  const std::string log = *this / "audit.log";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fastcgi_server, Server)

BOOST_AUTO_TEST_CASE(two_threads_keep_200_connections_and_answer_on_each) {
  start();
  std::vector<Fd> peers;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < 200; ++i) {
      if (round == 0) {
        peers.push_back(connect());
      }
      const std::string uri = '/' + std::to_string(i);
      BOOST_REQUIRE(say(peers[i], get(uri)));
      const Heard answer = heard(peers[i]);
      BOOST_REQUIRE(answer.has_end());
      BOOST_REQUIRE_EQUAL(answer.out(), "Status: 200\r\n\r\n" + uri);
    }
  }
  signal(SIGTERM);
  for (const Fd& each : peers) {
    BOOST_REQUIRE(heard(each).is_closed);
  }
  BOOST_CHECK_EQUAL(ended(), 0);
}

BOOST_AUTO_TEST_CASE(requests_that_come_together_are_all_answered) {
  start();
  std::vector<Fd> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(connect());
    BOOST_REQUIRE(say(peers.back(), get("/a")));
  }
  for (const Fd& each : peers) {
    BOOST_REQUIRE(heard(each).has_end() && say(each, get("/b", 0)));
  }
  for (const Fd& each : peers) {
    BOOST_REQUIRE(heard(each).has_end() && heard(each).is_closed);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_without_connections_ends_at_once) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    start();
    {
      const Fd peer = connect();
      BOOST_REQUIRE(say(peer, get("/a", 0)));
      BOOST_REQUIRE(heard(peer).has_end());
    }
    signal(number);
    BOOST_CHECK_EQUAL(ended(), 0);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_finishes_the_request_in_flight) {
  start();
  const Fd busy = piping();
  const Fd idle = connect();
  BOOST_REQUIRE(say(idle, get("/a")) && heard(idle).has_end());
  signal(SIGTERM);
  BOOST_CHECK(heard(idle).is_closed);
  BOOST_REQUIRE_EQUAL(::write(writing.get(), " last", 5), 5);
  writing = Fd();
  const Heard answer = heard(busy);
  BOOST_CHECK(answer.has_end());
  BOOST_CHECK_EQUAL(answer.out(), " last");
  BOOST_CHECK(heard(busy).is_closed);
  BOOST_CHECK_EQUAL(ended(), 0);
  BOOST_CHECK(contains(read_file(log), "\"bytes\":10,\"end\":\"complete\""));
}

BOOST_AUTO_TEST_CASE(a_second_signal_breaks_off_what_is_left) {
  start();
  const Fd busy = piping();
  const Fd idle = connect();
  BOOST_REQUIRE(say(idle, get("/a")) && heard(idle).has_end());
  signal(SIGTERM);
  // Two at once would count as one.
  BOOST_CHECK(heard(idle).is_closed);
  signal(SIGTERM);
  const Heard answer = heard(busy);
  BOOST_CHECK(answer.is_closed && !answer.has_end());
  BOOST_CHECK_EQUAL(ended(), 0);
  BOOST_CHECK(contains(read_file(log), "\"bytes\":5,\"end\":\"cut\""));
}

BOOST_AUTO_TEST_CASE(a_grace_that_is_over_breaks_off_what_is_left) {
  grace = milliseconds(10);
  start();
  const Fd busy = piping();
  signal(SIGTERM);
  const Heard answer = heard(busy);
  BOOST_CHECK(answer.is_closed && !answer.has_end());
  BOOST_CHECK_EQUAL(ended(), 0);
}

BOOST_AUTO_TEST_CASE(a_bug_in_one_answer_is_no_end_of_the_others) {
  start();
  const Fd peer = connect();
  for (int i = 0; i < 20; ++i) {
    const Fd unlucky = connect();
    BOOST_REQUIRE(say(unlucky, get("/bug")));
    const Heard answer = heard(unlucky);
    BOOST_CHECK(answer.is_closed && !answer.has_end());
    BOOST_CHECK(contains(content_of(answer.records, FCGI_STDERR), ": a bug\n"));
    BOOST_REQUIRE(say(peer, get("/a")));
    BOOST_CHECK(heard(peer).has_end());
  }
}

// A web server that gets no answer would wait for its own timeout.
BOOST_AUTO_TEST_CASE(one_connection_too_many_is_refused_at_once) {
  start(64);
  std::vector<Fd> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(connect());
  }
  // Those beyond the limit, or in their place those that rest longest.
  std::vector<pollfd> polled;
  for (const Fd& peer : peers) {
    polled.push_back({peer.get(), POLLIN, 0});
  }
  int closed = 0;
  for (int tries = 0; tries < 1000 && closed <= 100 - 64; ++tries) {
    closed = poll(polled.data(), polled.size(), 10);
  }
  BOOST_CHECK_GT(closed, 100 - 64);
  BOOST_CHECK_LT(closed, 100);
  peers.erase(peers.begin(), peers.begin() + 80);
  // They are taken again as soon as the server knows of those that left.
  bool is_served = false;
  for (int tries = 0; tries < 10'000 && !is_served; ++tries) {
    const Fd peer = connect();
    is_served = say(peer, get("/a")) && heard(peer).has_end();
  }
  BOOST_CHECK(is_served);
  signal(SIGTERM);
  BOOST_CHECK_EQUAL(ended(), 0);
  // Never were they so many that there was no descriptor for the log.
  BOOST_CHECK(contains(read_file(log), "\"end\":\"complete\""));
}

BOOST_AUTO_TEST_SUITE_END()
