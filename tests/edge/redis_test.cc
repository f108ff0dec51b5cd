#include "edge/redis.h"

#include <fcntl.h>

#include <atomic>
#include <thread>
#include <vector>

#include "edge/redis_store.h"
#include "edge/system_world.h"
#include "fake_redis.h"
#include "leases.h"
#include "redis_server.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// What is never answered costs a test this.
constexpr RedisTimes kHasty{milliseconds(100), hours(1), hours(1)};

// One that does not rest after a failure.
constexpr RedisTimes kTireless{milliseconds(100), milliseconds(0), hours(1)};

std::string asked(Redis& redis, const RedisCommand& command = {"PING"}) {
  const Result<RedisReply> reply = redis.call(command);
  return reply ? reply->text : detail_of(reply);
}

std::string asked(const FakeRedis& fake, const RedisTimes& times) {
  Redis redis(fake.address(), times);
  return asked(redis);
}

// saying is a Redis that answers every command with `reply`, but for INFO.
std::function<void(const Caller&)> saying(const std::string& reply) {
  return [reply](const Caller& caller) {
    for (std::string heard; !(heard = caller.hear()).empty();) {
      caller.say(contains(heard, "INFO") ? kInfo : reply);
    }
  };
}

// made is a lease for a token that is made now.
Lease made(const std::string& handle) {
  Lease lease = lease_of(handle, system_now() + seconds(60));
  lease.token.usable_since = system_now();
  return lease;
}

std::string verdict(Store& store, const Lease& lease) {
  const auto kept = store.redeem(lease, system_now());
  return kept ? (*kept ? "used" : "first") : detail_of(kept);
}

// Client is what a process has.
struct Client {
  explicit Client(const RedisAddress& address,
                  const RedisTimes& times = kPatient)
      : redis(address, times), store(redis, hours(1), milliseconds(0)) {}
  std::string check() { return detail_of(store.check(system_now())); }
  std::string redeem(const std::string& handle) {
    return verdict(store, made(handle));
  }
  Redis redis;
  RedisStore store;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_peer, *boost::unit_test::precondition(HasHiredis()))

BOOST_AUTO_TEST_CASE(that_never_answers_is_waited_for_once) {
  const FakeRedis fake(
      [](const Caller& caller) { caller.wait_till_he_leaves(); });
  Redis redis(fake.address(), kHasty);
  const std::string said = asked(redis);
  BOOST_CHECK_MESSAGE(said.starts_with("Redis at " + fake.address().socket +
                                       ": it does not answer in time: see"),
                      said);
  for (int i = 0; i < 100; ++i) {
    BOOST_CHECK_EQUAL(asked(redis), said);
  }
  BOOST_CHECK_EQUAL(fake.callers(), 1);
}

BOOST_AUTO_TEST_CASE(that_drips_is_not_waited_for_byte_by_byte) {
  const FakeRedis fake([](const Caller& caller) {
    caller.say("$100000\r\n");
    while (caller.say("x")) {
      usleep(1000);
    }
  });
  BOOST_CHECK(contains(asked(fake, kHasty), "does not answer in time"));
}

BOOST_AUTO_TEST_CASE(that_speaks_another_protocol_is_told) {
  for (const char* text :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n",
        "*1\r\n$1\r\na\r\n", "$99999999999999999999\r\n", "$-2\r\n", ":x\r\n",
        "%1\r\n", "_\r\n", "\r\n", "\x16\x03\x01"}) {
    const FakeRedis fake([text](const Caller& caller) {
      caller.say(text);
      caller.wait_till_he_leaves();
    });
    const std::string said = asked(fake, kPatient);
    BOOST_CHECK_MESSAGE(contains(said, "does not speak Redis' protocol"),
                        text << ": " << said);
  }
}

BOOST_AUTO_TEST_CASE(that_never_ends_is_cut_off) {
  const FakeRedis fake([](const Caller& caller) {
    caller.say("$9223372036854775807\r\n");
    while (caller.say(std::string(4096, 'x'))) {
    }
  });
  BOOST_CHECK(contains(asked(fake, kPatient), "more than 131072 bytes"));
}

BOOST_AUTO_TEST_CASE(that_closes_amid_a_reply_is_told) {
  for (const std::string& text :
       {std::string(), std::string("$"), std::string("$10\r\nabc"), kInfo,
        kInfo + "+PON", kInfo + "$4\r\nPONG"}) {
    const FakeRedis fake([&](const Caller& caller) {
      caller.hear();
      caller.say(text);
    });
    const std::string said = asked(fake, kPatient);
    BOOST_CHECK_MESSAGE(contains(said, "it closed the connection: see"), said);
  }
}

BOOST_AUTO_TEST_CASE(that_has_too_many_clients_is_heard) {
  const FakeRedis fake([](const Caller& caller) {
    caller.say("-ERR max number of clients reached\r\n");
  });
  BOOST_CHECK(
      contains(asked(fake, kPatient), "\"ERR max number of clients reached\""));
}

BOOST_AUTO_TEST_CASE(that_may_evict_is_refused) {
  for (const char* policy : {"allkeys-lru", "noeviction2", ""}) {
    const FakeRedis fake([policy](const Caller& caller) {
      caller.hear();
      caller.say(info("a", 1000, policy));
      caller.wait_till_he_leaves();
    });
    const std::string said = asked(fake, kPatient);
    BOOST_CHECK_MESSAGE(contains(said, "maxmemory-policy is \"" +
                                           std::string(policy) + "\", by") &&
                            contains(said, "set `maxmemory-policy noeviction`"),
                        said);
  }
}

BOOST_AUTO_TEST_CASE(that_does_not_tell_what_it_is_is_refused) {
  const std::string server = "\r\nrun_id:a\r\nuptime_in_seconds:1\r\n";
  const std::string memory = "\r\nmaxmemory_policy:noeviction\r\n";
  const std::pair<std::string, const char*> infos[] = {
      {bulk("") + bulk(memory), "has no run_id"},
      {bulk("\r\nrun_id:a\r\n") + bulk(memory), "has no uptime_in_seconds"},
      {bulk(server) + bulk("\r\nmaxmemory:0\r\n"), "has no maxmemory_policy"},
      {bulk(server) + "$-1\r\n", "has no maxmemory_policy"}};
  for (const auto& [text, expected] : infos) {
    const FakeRedis fake([text = text](const Caller& caller) {
      caller.hear();
      caller.say(text);
      caller.wait_till_he_leaves();
    });
    const std::string said = asked(fake, kPatient);
    BOOST_CHECK_MESSAGE(contains(said, expected), said);
  }
}

BOOST_AUTO_TEST_CASE(that_refuses_is_quoted_with_what_to_do) {
  const std::pair<const char*, const char*> replies[] = {
      {"OOM command not allowed", "raise its maxmemory"},
      {"ERR Error running script (call to f_0): @user_script:7: -OOM command "
       "not allowed",
       "raise its maxmemory"},
      {"READONLY You can't write", "name the primary"},
      {"MISCONF Redis is configured to save", "see its log and the disk"},
      {"LOADING Redis is loading", "wait"},
      {"NOREPLICAS Not enough", "min-replicas-to-write"},
      {"BUSY Redis is busy", "somebody else's"},
      {"NOAUTH Authentication required.", "wants a password"},
      {"NOPERM this user has no permissions", "+eval +get +set"},
      {"MOVED 1 10.0.0.1:6379", "part of a cluster"},
      {"CLUSTERDOWN Hash slot not served", "part of a cluster"},
      {"ERR something new", "see its log and configuration"}};
  for (const auto& [reply, advice] : replies) {
    const FakeRedis fake(saying("-" + std::string(reply) + "\r\n"));
    const std::string said = asked(fake, kPatient);
    BOOST_CHECK_MESSAGE(
        contains(said, "it refuses: \"" + std::string(reply) + "\": ") &&
            contains(said, advice),
        said);
  }
}

BOOST_AUTO_TEST_CASE(that_refuses_at_length_is_cut_and_without_controls) {
  const FakeRedis fake(
      saying("-ERR \x1b[31m\u202e" + std::string(5000, 'a') + "\r\n"));
  const std::string said = asked(fake, kPatient);
  BOOST_CHECK_MESSAGE(contains(said, "ERR ?[31m???aaa"), said);
  BOOST_CHECK_LT(said.size(), 500u);
}

// Redis itself quotes the arguments of a command that was renamed.
BOOST_AUTO_TEST_CASE(that_sends_a_password_back_has_it_logged_nowhere) {
  const std::string echo =
      "-ERR unknown command 'AUTH', with args beginning with: 'hunter2' \r\n";
  const auto said_by = [](const std::string& replies) {
    const FakeRedis fake([&](const Caller& caller) {
      caller.hear();
      caller.say(replies);
      caller.wait_till_he_leaves();
    });
    RedisAddress address = fake.address();
    address.password = "hunter2";
    Redis redis(address, kPatient);
    return asked(redis);
  };
  const std::string refused = said_by(echo);
  BOOST_CHECK_MESSAGE(contains(refused,
                               "does not take the user and the "
                               "password that state holds"),
                      refused);
  BOOST_CHECK(!contains(refused, "hunter2"));
  const std::string later = said_by("+OK\r\n-ERR I heard hunter2\r\n");
  BOOST_CHECK_MESSAGE(contains(later, "it refuses: see its log"), later);
  BOOST_CHECK(!contains(later, "hunter2"));
}

BOOST_AUTO_TEST_CASE(that_renamed_a_command_has_no_record_logged) {
  const FakeRedis fake(saying(
      "-ERR unknown command 'EVAL', with args beginning with: 'a' 'b'\r\n"));
  const std::string said = asked(fake, kPatient);
  BOOST_CHECK_MESSAGE(contains(said, "\"ERR unknown command 'EVAL'\""), said);
}

// ---- connections that are kept

BOOST_AUTO_TEST_CASE(is_asked_again_over_the_connection_of_before) {
  const FakeRedis fake(saying("+PONG\r\n"));
  Redis redis(fake.address(), kPatient);
  for (int i = 0; i < 5; ++i) {
    BOOST_CHECK_EQUAL(asked(redis), "PONG");
  }
  BOOST_CHECK_EQUAL(fake.callers(), 1);
}

BOOST_AUTO_TEST_CASE(is_looked_at_again_when_a_connection_is_old) {
  RedisTimes times = kPatient;
  times.max_age = milliseconds(0);
  const FakeRedis fake([](const Caller& caller) {
    caller.hear();
    caller.say(caller.number < 2 ? kInfo : info("a", 1000, "other"));
    caller.hear();
    caller.say("+PONG\r\n");
  });
  Redis redis(fake.address(), times);
  BOOST_CHECK_EQUAL(asked(redis), "PONG");
  BOOST_CHECK_EQUAL(asked(redis), "PONG");
  BOOST_CHECK(contains(asked(redis), "maxmemory-policy is \"other\""));
}

BOOST_AUTO_TEST_CASE(that_closed_a_kept_connection_is_asked_over_a_new_one) {
  // After its reply, or amid the next command.
  for (const bool hears_it : {false, true}) {
    const FakeRedis fake([hears_it](const Caller& caller) {
      caller.hear();
      caller.say(kInfo);
      for (int i = 0; i < (caller.number == 0 ? 1 : 9); ++i) {
        if (!caller.hear().empty()) {
          caller.say("+PONG\r\n");
        }
      }
      if (hears_it) {
        caller.hear();
      }
    });
    Redis redis(fake.address(), kPatient);
    for (int i = 0; i < 5; ++i) {
      BOOST_CHECK_EQUAL(asked(redis), "PONG");
    }
    BOOST_CHECK_EQUAL(fake.callers(), 2);
  }
}

// The reply to one command must never be taken for another's.
BOOST_AUTO_TEST_CASE(that_answers_late_or_unasked_is_not_heard) {
  const FakeRedis fake([](const Caller& caller) {
    caller.hear();
    caller.say(kInfo);
    caller.hear();
    if (caller.number == 0) {
      caller.wait_till_he_leaves();
      return;
    }
    caller.say("+PONG\r\n+LATE\r\n");
    caller.hear();
  });
  Redis redis(fake.address(), kTireless);
  BOOST_CHECK(contains(asked(redis), "does not answer in time"));
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK_EQUAL(asked(redis), "PONG");
  }
  BOOST_CHECK_EQUAL(fake.callers(), 4);
}

// Each caller meets another process: the first was heard just now.
BOOST_AUTO_TEST_CASE(that_was_started_again_is_not_asked_what_it_may_not_know) {
  const std::string words = "may have lost which tokens were used before";
  for (const int uptime : {0, 1000}) {
    const FakeRedis fake([uptime](const Caller& caller) {
      caller.hear();
      caller.say(info(std::to_string(caller.number),
                      caller.number == 0 ? 1000 : uptime));
      while (!caller.hear().empty() && caller.number > 0) {
        caller.say("+PONG\r\n");
      }
      caller.say("+PONG\r\n");
    });
    Redis redis(fake.address(), kPatient);
    const auto asked_since = [&](UnixTime since) {
      const Result<RedisReply> reply = redis.call({"PING"}, since);
      return reply ? reply->text : detail_of(reply);
    };
    const UnixTime before = system_now() - seconds(5);
    BOOST_CHECK_EQUAL(asked_since(before), "PONG");
    for (int i = 0; i < 3; ++i) {
      BOOST_CHECK(contains(asked_since(before), words));
      BOOST_CHECK_EQUAL(asked_since(UnixTime::max()), "PONG");
      BOOST_CHECK_EQUAL(asked_since(system_now() + milliseconds(1)), "PONG");
    }
    BOOST_CHECK_EQUAL(fake.callers(), 2);
  }
}

// Nothing tells a Redis that was emptied from a new one.
BOOST_AUTO_TEST_CASE(that_is_met_for_the_first_time_is_asked_all) {
  const FakeRedis fake(saying("+PONG\r\n"));
  Redis redis(fake.address(), kPatient);
  BOOST_CHECK_EQUAL(detail_of(redis.call({"PING"}, system_now() - hours(1))),
                    "");
}

BOOST_AUTO_TEST_CASE(that_is_none_lets_nobody_in) {
  for (const char* reply : {"+OK\r\n", "+LATE\r\n", "+LATE x\r\n", "$-1\r\n",
                            ":1\r\n", "+\r\n", "+KEPTx\r\n"}) {
    const FakeRedis fake(saying(reply));
    Client client(fake.address());
    BOOST_CHECK(contains(client.redeem("a1"), "EVAL does not do"));
    BOOST_CHECK_EQUAL(
        code_of(client.store.repeat(made("a1").token, system_now())),
        "unavailable");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(redis, *boost::unit_test::precondition(HasRedis()))

BOOST_AUTO_TEST_CASE(forgets_a_record_when_it_is_not_needed_any_more) {
  const RedisServer server;
  Client client(server.address());
  BOOST_CHECK_EQUAL(client.redeem("a1"), "first");
  BOOST_CHECK(*client.store.repeat(made("a1").token, system_now()));
  for (const char* key : {"claimcheck:a1", "claimcheck:a1:again"}) {
    const int left = std::stoi(server.said({"TTL", key}));
    BOOST_CHECK_GT(left, 3300);
    BOOST_CHECK_LE(left, 3660);
  }
  BOOST_CHECK_EQUAL(client.check(), "");
  BOOST_CHECK_GT(std::stoi(server.said({"TTL", "claimcheck:check"})), 3300);
}

// A host whose clock lags far behind: what was kept of the token may be gone.
BOOST_AUTO_TEST_CASE(keeps_nothing_that_is_late_by_its_own_clock) {
  const RedisServer server;
  Client client(server.address());
  const UnixTime behind = system_now() - hours(2);
  const Lease lease = lease_of("a1", behind + seconds(2));
  const auto kept = client.store.redeem(lease, behind);
  BOOST_CHECK_EQUAL(code_of(kept), "unavailable");
  BOOST_CHECK_MESSAGE(contains(detail_of(kept), " s ahead of ours") &&
                          contains(detail_of(kept), "set both by NTP"),
                      detail_of(kept));
  BOOST_CHECK(
      contains(detail_of(client.store.check(behind)), "its clock is 7200 s"));
  BOOST_CHECK(!*client.store.repeat(lease.token, behind));
  BOOST_CHECK_EQUAL(server.said({"DBSIZE"}), "0");
}

// Where the reply to the first redemption was lost, the second is the same.
BOOST_AUTO_TEST_CASE(knows_its_own_record_when_a_reply_was_lost) {
  const RedisServer server;
  const FakeRedis between([&](const Caller& caller) {
    const Result<Fd> behind =
        dial_socket(server.socket(), SteadyClock::now() + seconds(30));
    fcntl(behind->get(), F_SETFL, 0);
    const Caller there{*behind, 0};
    for (std::string heard; !(heard = caller.hear()).empty();) {
      there.say(heard);
      const std::string reply = there.hear();
      if (caller.number == 0 && contains(heard, "claimcheck:a1")) {
        return;
      }
      caller.say(reply);
    }
  });
  Client client(between.address());
  BOOST_CHECK_EQUAL(client.check(), "");
  BOOST_CHECK_EQUAL(client.redeem("a1"), "first");
  BOOST_CHECK_EQUAL(between.callers(), 2);
  BOOST_CHECK_EQUAL(client.redeem("a1"), "used");
}

BOOST_AUTO_TEST_CASE(that_is_full_lets_nobody_in_and_tells_what_was_used) {
  const RedisServer server;
  Client client(server.address());
  BOOST_CHECK_EQUAL(client.redeem("a1"), "first");
  server.said({"CONFIG", "SET", "maxmemory", "1"});
  for (int i = 0; i < 2; ++i) {
    BOOST_CHECK(contains(client.redeem("a2"), "\"OOM "));
    BOOST_CHECK(contains(client.check(), "raise its maxmemory"));
    BOOST_CHECK(*client.store.find(made("a1").token));
  }
  server.said({"CONFIG", "SET", "maxmemory", "0"});
  BOOST_CHECK_EQUAL(client.check(), "");
  BOOST_CHECK_EQUAL(client.redeem("a2"), "first");
}

BOOST_AUTO_TEST_CASE(that_evicts_keeps_nothing_for_us) {
  const RedisServer server(
      {"--maxmemory", "100mb", "--maxmemory-policy", "volatile-ttl"});
  Client client(server.address());
  BOOST_CHECK(contains(client.redeem("a1"), "is \"volatile-ttl\""));
  BOOST_CHECK(contains(client.check(), "`maxmemory-policy noeviction`"));
}

BOOST_AUTO_TEST_CASE(that_is_a_replica_keeps_nothing_for_us) {
  const RedisServer server({"--replicaof", "127.0.0.1", "1"});
  Client client(server.address());
  BOOST_CHECK(contains(client.redeem("a1"), "name the primary in state"));
  BOOST_CHECK(contains(client.check(), "\"READONLY "));
}

BOOST_AUTO_TEST_CASE(that_is_a_cluster_keeps_nothing_for_us) {
  const RedisServer server({"--cluster-enabled", "yes"});
  Client client(server.address());
  BOOST_CHECK(contains(client.redeem("a1"), "part of a cluster"));
}

// What README tells to give.
BOOST_AUTO_TEST_CASE(lets_a_user_of_few_rights_do_all) {
  const RedisServer server({"--user", "default", "off", "--user", "claimcheck",
                            "on", ">p@ss word", "~claimcheck:*", "+eval",
                            "+get", "+set", "+time", "+info", "+select"});
  RedisAddress address = server.address();
  BOOST_CHECK(contains(Client(address).check(), "wants a password"));
  address.password = "p@ss word";
  BOOST_CHECK(contains(Client(address).check(), "does not take the user"));
  address.user = "claimcheck";
  address.database = "3";
  Client client(address);
  BOOST_CHECK_EQUAL(client.check(), "");
  BOOST_CHECK_EQUAL(client.redeem("a1"), "first");
  BOOST_CHECK(*client.store.find(made("a1").token));
  BOOST_CHECK(*client.store.repeat(made("a1").token, system_now()));
  BOOST_CHECK_EQUAL(asked(client.redis, {"GET", "claimcheck:keys"}), "");
  BOOST_CHECK(contains(asked(client.redis, {"GET", "another's"}), "NOPERM"));
}

BOOST_AUTO_TEST_CASE(keeps_its_records_in_the_database_that_it_is_told) {
  const RedisServer server;
  RedisAddress address = server.address();
  address.database = "3";
  Client client(address);
  BOOST_CHECK_EQUAL(client.redeem("a1"), "first");
  BOOST_CHECK_EQUAL(server.said({"EXISTS", "claimcheck:a1"}), "0");
  BOOST_CHECK_EQUAL(Client(server.address()).redeem("a1"), "first");
  address.database = "99";
  BOOST_CHECK(contains(Client(address).check(), "DB index is out of range"));
}

BOOST_AUTO_TEST_CASE(that_is_stopped_and_started_again_is_found_again) {
  RedisServer server;
  Client client(server.address());
  BOOST_CHECK_EQUAL(client.redeem("a1"), "first");
  server.stop();
  const std::string said = client.redeem("a2");
  BOOST_CHECK_MESSAGE(contains(said,
                               "connecting: Connection refused: see "
                               "that it runs, that state names"),
                      said);
  server.start();
  BOOST_CHECK_EQUAL(asked(client.redis), "PONG");
}

// It keeps nothing on disk.
BOOST_AUTO_TEST_CASE(that_lost_all_lets_in_what_was_made_since_and_no_other) {
  RedisServer server;
  Client client(server.address());
  const Lease used = made("a1");
  const Lease unused = made("a2");
  BOOST_CHECK_EQUAL(verdict(client.store, used), "first");
  server.stop();
  server.start();
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK(contains(verdict(client.store, used), "those are refused"));
    BOOST_CHECK(contains(verdict(client.store, unused), "those are refused"));
  }
  BOOST_CHECK_EQUAL(server.said({"DBSIZE"}), "0");
  Lease next = made("a3");
  next.token.usable_since += seconds(1);
  BOOST_CHECK_EQUAL(verdict(client.store, next), "first");
  BOOST_CHECK_EQUAL(verdict(client.store, next), "used");
}

BOOST_AUTO_TEST_CASE(that_hangs_is_told_and_found_again) {
  const RedisServer server;
  Client client(server.address(), kTireless);
  BOOST_CHECK_EQUAL(Client(server.address()).redeem("a1"), "first");
  server.signal(SIGSTOP);
  BOOST_CHECK(contains(client.redeem("a2"), "does not answer in time"));
  server.signal(SIGCONT);
  Client patient(server.address());
  BOOST_CHECK_EQUAL(patient.redeem("a1"), "used");
  BOOST_CHECK_EQUAL(patient.check(), "");
}

BOOST_AUTO_TEST_CASE(that_must_not_be_reached_is_told) {
  const RedisServer server({"--unixsocketperm", "700"});
  const std::string said = in_child(
      [] {
        if (geteuid() == 0 && (setgid(12345) != 0 || setuid(12345) != 0)) {
          _exit(115);
        }
      },
      [&] { return Client(server.address()).check(); });
  if (geteuid() == 0) {
    BOOST_CHECK_MESSAGE(contains(said, "Permission denied"), said);
    BOOST_CHECK(contains(said, "uid 12345 may write to that"));
  }
}

BOOST_AUTO_TEST_CASE(takes_another_kind_of_value_for_no_record) {
  const RedisServer server;
  Client client(server.address());
  server.said({"LPUSH", "claimcheck:a1", "x"});
  server.said({"SET", "claimcheck:a2", "x"});
  BOOST_CHECK(contains(client.redeem("a1"), "WRONGTYPE"));
  BOOST_CHECK_EQUAL(code_of(client.store.find(made("a1").token)),
                    "unavailable");
  const auto kept = client.store.redeem(made("a2"), system_now());
  BOOST_REQUIRE(kept && *kept);
  BOOST_CHECK_EQUAL((*kept)->cookie, "");
}

// It keeps nothing on disk, and forgets all each time.
BOOST_AUTO_TEST_CASE(has_one_winner_while_it_is_killed_and_started_again) {
  RedisServer server;
  constexpr std::size_t kTokens = 100'000;
  std::vector<std::atomic<std::int64_t>> born(kTokens);
  std::vector<std::atomic<int>> winners(kTokens);
  Client client(server.address(),
                {seconds(30), milliseconds(0), milliseconds(20)});
  std::atomic<bool> is_done = false;
  const auto redeem = [&](std::size_t token) {
    std::int64_t none = 0;
    born[token].compare_exchange_strong(none, system_now().count());
    Lease lease = made('b' + std::to_string(token));
    lease.token.usable_since = UnixTime(born[token]);
    const auto kept = client.store.redeem(lease, system_now());
    winners[token] += kept && !*kept ? 1 : 0;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t token = 0; token < kTokens && !is_done; ++token) {
        redeem(token);
        redeem(token - std::min<std::size_t>(token, 20));
      }
    });
  }
  for (int i = 0; i < 4; ++i) {
    usleep(50'000);
    server.stop();
    server.start();
  }
  is_done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto won = [&](int times) {
    return std::count(winners.begin(), winners.end(), times);
  };
  BOOST_CHECK_GT(won(1), 0);
  BOOST_CHECK_EQUAL(won(0) + won(1), static_cast<std::int64_t>(kTokens));
}

BOOST_AUTO_TEST_SUITE_END()
