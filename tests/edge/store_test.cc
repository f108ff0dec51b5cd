// What every store of used tokens keeps to.
#include "edge/store.h"

#include <atomic>
#include <boost/mpl/list.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "edge/spool.h"
#include "leases.h"
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
        : state({folder}, true), spool(state, {}) {}
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

using Places = boost::mpl::list<SpoolPlace>;

bool is_first(Store& store, const Lease& lease) {
  const auto kept = store.redeem(lease, kNow);
  return kept && !*kept;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store)

BOOST_AUTO_TEST_CASE_TEMPLATE(redeems_once_and_keeps_the_first_lease, Place,
                              Places) {
  Place place;
  const std::string said = place.outcome([&](Store& store) {
    const Lease lease = lease_of("a1");
    Lease other = lease;
    other.cookie = "another";
    std::string text;
    text += code_of(store.check(kNow));
    text += *store.find(lease.token) ? " found" : " none";
    text += *store.redeem(lease, kNow) ? " used" : " first";
    const auto kept = store.redeem(other, kNow);
    text += kept && *kept && is_same(**kept, lease) ? " kept" : " lost";
    const auto found = place.another()->find(lease.token);
    text += found && *found && is_same(**found, lease) ? " found" : " lost";
    text += is_first(store, lease_of("a2")) ? " first" : " used";
    return text;
  });
  BOOST_CHECK_EQUAL(said, "ok none first kept found first");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(lets_repeat_once, Place, Places) {
  Place place;
  const std::string said = place.outcome([&](Store& store) {
    const Lease lease = lease_of("a1");
    std::string text = is_first(store, lease) ? "first" : "used";
    text += *store.repeat(lease.token, kNow) ? " once" : " never";
    text += *place.another()->repeat(lease.token, kNow) ? " twice" : " no more";
    text += *store.repeat(lease_of("a2").token, kNow) ? " once" : " never";
    const auto kept = store.find(lease.token);
    text += kept && *kept && is_same(**kept, lease) ? " kept" : " lost";
    return text;
  });
  BOOST_CHECK_EQUAL(said, "first once no more once kept");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(has_one_winner_among_32_threads, Place, Places) {
  Place place;
  const std::string said = place.outcome([&](Store& store) {
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        Lease lease = lease_of("0a1");
        lease.cookie = "client " + std::to_string(i);
        const auto kept = store.redeem(lease, kNow);
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

BOOST_AUTO_TEST_CASE_TEMPLATE(has_one_winner_among_40_processes, Place,
                              Places) {
  Place place;
  for (int round = 0; round < 10; ++round) {
    const Lease lease = lease_of("0" + std::to_string(round));
    BOOST_CHECK_EQUAL(
        race(40, [&] { return is_first(*place.another(), lease); }), 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
