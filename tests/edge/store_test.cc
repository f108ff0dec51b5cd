// What every store of used tokens keeps to.
#include "edge/store.h"

#include <atomic>
#include <boost/mpl/list.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "edge/redis_store.h"
#include "edge/spool.h"
#include "edge/system_world.h"
#include "leases.h"
#include "redis_server.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::seconds;

namespace {

// SpoolPlace is where a store of the spool keeps its records; another() is
// another process's.
struct SpoolPlace : Sandbox {
  struct Own : Store {
    explicit Own(const std::string& folder)
        : state({folder}, false), spool(state, {}) {}
    Result<void> check(UnixTime now) override { return spool.check(now); }
    Result<std::optional<Lease>> find(const Redemption& which) override {
      return spool.find(which);
    }
    Result<std::optional<Lease>> redeem(const Lease& lease,
                                        UnixTime now) override {
      return spool.redeem(lease, now);
    }
    Result<bool> repeat(const Redemption& which, UnixTime now) override {
      return spool.repeat(which, now);
    }
    StateDirectory state;
    Spool spool;
  };

  std::unique_ptr<Store> another() const {
    return std::make_unique<Own>(*this / "state");
  }

  // Children are nobody, and the folder is theirs; the test itself may be root.
  std::string outcome(const std::function<std::string(Store&)>& work) const {
    return as_nobody([&] { return work(*another()); });
  }

  const std::string made = folder("state");
};

// RedisPlace is a Redis of its own, which goes by its own clock.
struct RedisPlace : RedisServer {
  struct Client {
    Redis redis;
  };
  struct Own : Client, RedisStore {
    explicit Own(const RedisAddress& address)
        : Client{Redis(address, kPatient)},
          RedisStore(redis, std::chrono::hours(1), std::chrono::seconds(1)) {}
  };

  std::unique_ptr<Store> another() const {
    return std::make_unique<Own>(address());
  }

  std::string outcome(const std::function<std::string(Store&)>& work) const {
    return as_nobody([&] { return work(*another()); });
  }
};

using Places = boost::mpl::list<SpoolPlace, RedisPlace>;

// IsThere lets a place be skipped, in words.
struct IsThere {
  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id id) const {
    const auto& unit =
        boost::unit_test::framework::get(id, boost::unit_test::TUT_CASE);
    return contains(unit.p_name.get(), "RedisPlace")
               ? HasRedis()(id)
               : boost::test_tools::assertion_result(true);
  }
};

// made is a lease for a token that lives longer than any test.
Lease made(const std::string& handle) {
  return lease_of(handle, system_now() + std::chrono::minutes(5));
}

bool is_first(Store& store, const Lease& lease) {
  const auto kept = store.redeem(lease, system_now());
  return kept && !*kept;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store)

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(IsThere()))
BOOST_AUTO_TEST_CASE_TEMPLATE(redeems_once_and_keeps_the_first_lease, Place,
                              Places) {
  Place place;
  const UnixTime now = system_now();
  const std::string said = place.outcome([&](Store& store) {
    const Lease lease = made("a1");
    Lease other = lease;
    other.cookie = "another";
    std::string text;
    text += code_of(store.check(now));
    text += *store.find(lease.token) ? " found" : " none";
    text += *store.redeem(lease, now) ? " used" : " first";
    const auto kept = store.redeem(other, now);
    text += kept && *kept && is_same(**kept, lease) ? " kept" : " lost";
    const auto found = place.another()->find(lease.token);
    text += found && *found && is_same(**found, lease) ? " found" : " lost";
    text += is_first(store, made("a2")) ? " first" : " used";
    return text;
  });
  BOOST_CHECK_EQUAL(said, "ok none first kept found first");
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(IsThere()))
BOOST_AUTO_TEST_CASE_TEMPLATE(lets_repeat_once, Place, Places) {
  Place place;
  const UnixTime now = system_now();
  const std::string said = place.outcome([&](Store& store) {
    const Lease lease = made("a1");
    std::string text = is_first(store, lease) ? "first" : "used";
    text += *store.repeat(lease.token, now) ? " once" : " never";
    text += *place.another()->repeat(lease.token, now) ? " twice" : " no more";
    text += *store.repeat(made("a2").token, now) ? " once" : " never";
    const auto kept = store.find(lease.token);
    text += kept && *kept && is_same(**kept, lease) ? " kept" : " lost";
    return text;
  });
  BOOST_CHECK_EQUAL(said, "first once no more once kept");
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(IsThere()))
BOOST_AUTO_TEST_CASE_TEMPLATE(has_one_winner_among_32_threads, Place, Places) {
  Place place;
  const std::string said = place.outcome([&](Store& store) {
    const Lease token = made("0a1");
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        Lease lease = token;
        lease.cookie = "client " + std::to_string(i);
        const auto kept = store.redeem(lease, system_now());
        winners += kept && !*kept ? 1 : 0;
        losers +=
            kept && *kept && (*kept)->cookie.starts_with("client") ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    return std::to_string(winners) + ' ' + std::to_string(losers);
  });
  BOOST_CHECK_EQUAL(said, "1 31");
}

BOOST_TEST_DECORATOR(*boost::unit_test::precondition(IsThere()))
BOOST_AUTO_TEST_CASE_TEMPLATE(has_one_winner_among_40_processes, Place,
                              Places) {
  Place place;
  for (int round = 0; round < 10; ++round) {
    const Lease lease = made("0" + std::to_string(round));
    BOOST_CHECK_EQUAL(
        race(40, [&] { return is_first(*place.another(), lease); }), 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
