#include "edge/redis_keyring.h"

#include "fake_redis.h"
#include "keyrings.h"
#include "redis_server.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

const std::string kName = "claimcheck:keys";

std::string kid_in_force(RedisKeyring& keyring) {
  const auto keys = keyring.keys();
  return keys ? (*keys)->front().kid() : code_of(keys) + ' ' + detail_of(keys);
}

// Two hosts on one Redis.
struct Hosts : RedisServer {
  void set(const std::string& text) const { said({"SET", kName, text}); }

  Redis redis{address(), kPatient};
  Redis other{address(), kPatient};
  RedisKeyring keyring{redis, kName};
  RedisKeyring keyring_of_other{other, kName};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(redis_keyring, Hosts,
                         *boost::unit_test::precondition(HasRedis()))

BOOST_AUTO_TEST_CASE(has_new_keys_at_the_next_request_of_every_host) {
  for (const char letter : std::string("abcdef")) {
    const std::string kid(3, letter);
    set(named(kid, letter) + '\n');
    BOOST_CHECK_EQUAL(kid_in_force(keyring), kid);
    BOOST_CHECK_EQUAL(kid_in_force(keyring_of_other), kid);
  }
  BOOST_CHECK_EQUAL(keyring.take_notice(), "");
}

BOOST_AUTO_TEST_CASE(parses_a_text_once) {
  set(named("first", 'a'));
  const auto before = *keyring.keys();
  BOOST_CHECK_EQUAL(*keyring.keys(), before);
  set(named("first", 'b'));
  BOOST_CHECK_NE(*keyring.keys(), before);
  BOOST_CHECK_EQUAL(before->front().kid(), "first");
}

BOOST_AUTO_TEST_CASE(says_how_to_make_keys_where_there_are_none) {
  const std::string told = kid_in_force(keyring);
  BOOST_CHECK_MESSAGE(
      told.starts_with(
          "config keys: redis:claimcheck:keys: holds nothing: run "
          "`claimcheck keygen | redis-cli -x SET claimcheck:keys`"),
      told);
  set(named("late", 'a'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "late");
  // A Redis that was emptied has lost which tokens were used, too.
  said({"FLUSHALL"});
  BOOST_CHECK(kid_in_force(keyring).starts_with("config"));
}

BOOST_AUTO_TEST_CASE(keeps_the_old_keys_when_the_new_are_none) {
  set("short");
  BOOST_CHECK(contains(kid_in_force(keyring), "5 bytes"));
  BOOST_CHECK(contains(kid_in_force(keyring), "5 bytes"));
  set(named("first", 'a'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  for (const std::string& text :
       {std::string(), std::string("hunter2"), std::string("{\"keys\":[]}"),
        std::string(kMaxKeyText + 1, 'a')}) {
    set(text);
    BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
    const std::string told = keyring.take_notice();
    BOOST_CHECK_MESSAGE(
        told.starts_with("keys: redis:claimcheck:keys: ") &&
            contains(told, "; the keys of before stay in force") &&
            !contains(told, "hunter2"),
        told);
    BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
    BOOST_CHECK_EQUAL(keyring.take_notice(), "");
  }
  set(named("mended", 'b'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "mended");
}

BOOST_AUTO_TEST_CASE(has_no_keys_while_redis_is_out_of_reach) {
  set(named("first", 'a'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  stop();
  BOOST_CHECK(kid_in_force(keyring).starts_with("unavailable Redis at "));
}

BOOST_AUTO_TEST_CASE(takes_no_more_than_keys_can_be) {
  set(std::string(kMaxRedisReply, 'a'));
  BOOST_CHECK(contains(kid_in_force(keyring), "more than 131072 bytes"));
}

// Two hosts sign and verify for each other while the keys are rotated: no more
// than once between a token's signature and its verification.
BOOST_AUTO_TEST_CASE(signs_with_no_key_that_another_host_has_yet_to_see) {
  const auto set_of = [](int turn) {
    const auto key = [](int number) {
      return named(std::to_string(number),
                   static_cast<char>('a' + number % 26));
    };
    return "{\"keys\":[" + key(turn + 1) + ',' + key(turn) + "]}";
  };
  set(set_of(0));
  std::atomic<int> rounds[2] = {0, 0};
  RedisKeyring* const hosts[] = {&keyring, &keyring_of_other};
  const auto turns = [&] {
    for (int turn = 1; turn <= 100; ++turn) {
      set(set_of(turn));
      for (const std::atomic<int>& round : rounds) {
        // The second round began after the rotation.
        for (const int before = round; round < before + 2;) {
          std::this_thread::yield();
        }
      }
    }
  };
  const auto accepted = [&](int i) {
    const std::string token = signed_by((*hosts[i]->keys())->front());
    const bool is_one = is_verified_by(**hosts[1 - i]->keys(), token);
    ++rounds[i];
    return is_one;
  };
  BOOST_CHECK_EQUAL(refused_while(turns, 2, accepted), 0);
}

BOOST_AUTO_TEST_SUITE_END()
