#include "edge/dial.h"

#include <poll.h>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>

#include "listener.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

Deadline in_a_while() { return SteadyClock::now() + std::chrono::seconds(30); }
Deadline soon() { return SteadyClock::now() + std::chrono::milliseconds(20); }

}  // namespace

BOOST_AUTO_TEST_SUITE(dial)

BOOST_AUTO_TEST_CASE(connects_to_an_address_and_to_a_name) {
  const Listener listener;
  for (const char* host : {"127.0.0.1", "localhost"}) {
    NameLookup lookup(host, listener.port);
    BOOST_CHECK_EQUAL(detail_of(dial_host(lookup, in_a_while())), "");
  }
}

BOOST_AUTO_TEST_CASE(tells_addresses_from_names) {
  for (const char* host : {"127.0.0.1", "::1", "fe80::1"}) {
    BOOST_CHECK(is_address(host));
  }
  for (const char* host : {"localhost", "redis.example", "1.2.3.4.example"}) {
    BOOST_CHECK(!is_address(host));
  }
}

BOOST_AUTO_TEST_CASE(says_why_it_cannot_connect) {
  std::string port;
  {
    const Listener closed;
    port = closed.port;
  }
  NameLookup lookup("127.0.0.1", port);
  BOOST_CHECK(contains(detail_of(dial_host(lookup, in_a_while())), "refused"));
  const Sandbox sandbox;
  BOOST_CHECK(contains(detail_of(dial_socket(sandbox / "none", in_a_while())),
                       "No such file"));
  BOOST_CHECK(contains(
      detail_of(dial_socket('/' + std::string(200, 'a'), in_a_while())),
      "too long"));
}

BOOST_AUTO_TEST_CASE(tries_the_next_address_of_a_name) {
  const Listener listener;
  NameLookup lookup("two.example", listener.port,
                    [](const std::string&, const std::string& port) {
                      SocketAddresses both = *resolve("127.0.0.1", "1");
                      both.push_back(resolve("127.0.0.1", port)->at(0));
                      return Result<SocketAddresses>(both);
                    });
  BOOST_CHECK_EQUAL(detail_of(dial_host(lookup, in_a_while())), "");
}

BOOST_AUTO_TEST_CASE(says_that_a_name_is_none) {
  NameLookup lookup("none.example", "1",
                    [](const std::string&, const std::string&) {
                      return Result<SocketAddresses>(
                          Error{Errc::kUnavailable, "Name not known"});
                    });
  BOOST_CHECK_EQUAL(detail_of(dial_host(lookup, in_a_while())),
                    "looking up its name: Name not known");
}

// A resolver that hangs has one thread of ours, and no caller.
BOOST_AUTO_TEST_CASE(waits_no_longer_for_a_name_than_it_may) {
  std::promise<void> gate;
  std::atomic<int> lookups = 0;
  const std::shared_future<void> opened(gate.get_future());
  NameLookup lookup(
      "slow.example", "1",
      [&lookups, opened](const std::string&, const std::string& port) {
        ++lookups;
        opened.wait();
        return resolve("127.0.0.1", port);
      });
  for (int i = 0; i < 5; ++i) {
    BOOST_CHECK(contains(detail_of(lookup.find(soon())), "takes too long"));
  }
  gate.set_value();
  // What comes too late serves who asks next.
  BOOST_CHECK_EQUAL(detail_of(lookup.find(in_a_while())), "");
  BOOST_CHECK_EQUAL(lookups, 1);
}

BOOST_AUTO_TEST_CASE(looks_a_name_up_again_after_a_failure) {
  std::atomic<int> lookups = 0;
  NameLookup lookup(
      "flaky.example", "1", [&](const std::string&, const std::string& port) {
        return ++lookups == 1 ? Error{Errc::kUnavailable, "not yet"}
                              : resolve("127.0.0.1", port);
      });
  BOOST_CHECK(!lookup.find(in_a_while()));
  BOOST_CHECK(lookup.find(in_a_while()));
  BOOST_CHECK(lookup.find(in_a_while()));
  BOOST_CHECK_EQUAL(lookups, 2);
}

BOOST_AUTO_TEST_CASE(
    waits_until_the_deadline_and_takes_what_is_there_after_it) {
  int ends[2];
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const Fd here(ends[0]);
  const Fd there(ends[1]);
  BOOST_CHECK(!wait_for(here.get(), POLLIN, soon()));
  BOOST_CHECK_EQUAL(errno, ETIMEDOUT);
  BOOST_REQUIRE(write(there.get(), "x", 1) == 1);
  BOOST_CHECK(wait_for(here.get(), POLLIN, SteadyClock::now()));
}

BOOST_AUTO_TEST_SUITE_END()
