#include "edge/spool.h"

#include <thread>

#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr UnixTime kNow{1800000000000};

struct SpoolFixture : Sandbox {
  SpoolFixture() : state({folder("state")}, true), spool(state) {
    // Root's own folder, where the test itself is root.
    if (geteuid() == 0) {
      BOOST_REQUIRE(chown((*this / "state").c_str(), 0, 0) == 0);
    }
  }

  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& each :
         std::filesystem::recursive_directory_iterator(*this / "state")) {
      if (each.is_regular_file()) {
        found.push_back(each.path().filename());
      }
    }
    return found;
  }

  StateDirectory state;
  Spool spool;
};

Redemption used(const std::string& handle, UnixTime expires = kNow) {
  return {handle, expires, "/downloads/a \"quoted\" name"};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(spool, SpoolFixture)

BOOST_AUTO_TEST_CASE(redeems_once) {
  BOOST_CHECK(!*spool.is_redeemed(used("a1")));
  BOOST_CHECK(*spool.redeem(used("a1"), kNow));
  BOOST_CHECK(*spool.is_redeemed(used("a1")));
  BOOST_CHECK(!*spool.redeem(used("a1"), kNow));
  BOOST_CHECK(*spool.redeem(used("a2"), kNow));
}

BOOST_AUTO_TEST_CASE(leaves_records_and_no_temporary_files) {
  BOOST_CHECK(*spool.redeem(used("a1"), kNow));
  BOOST_CHECK(!*spool.redeem(used("a1"), kNow));
  BOOST_CHECK(files() == std::vector<std::string>{"a1"});
}

BOOST_AUTO_TEST_CASE(has_one_winner_among_64_threads) {
  std::atomic<int> winners = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      const auto redeemed = spool.redeem(used("a1"), kNow);
      winners += redeemed && *redeemed ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  BOOST_CHECK_EQUAL(winners, 1);
}

BOOST_AUTO_TEST_CASE(has_one_winner_among_40_processes) {
  const std::string shared = folder("shared");
  for (int round = 0; round < 10; ++round) {
    const int winners = race(40, [&] {
      StateDirectory own({shared}, true);
      const auto redeemed =
          Spool(own).redeem(used("0" + std::to_string(round)), kNow);
      return redeemed && *redeemed;
    });
    BOOST_CHECK_EQUAL(winners, 1);
  }
}

BOOST_AUTO_TEST_CASE(sweeps_what_expired_and_nothing_else) {
  BOOST_CHECK(*spool.redeem(used("a1", kNow - minutes(70)), kNow));
  BOOST_CHECK(*spool.redeem(used("a2", kNow - minutes(50)), kNow));
  BOOST_CHECK(*spool.redeem(used("a3", kNow + seconds(2)), kNow));
  write("state/spool/keep.me", "not ours");
  BOOST_CHECK(*spool.redeem(used("01", kNow), kNow));
  std::vector<std::string> left = files();
  std::sort(left.begin(), left.end());
  BOOST_CHECK((left == std::vector<std::string>{"01", "a2", "a3", "keep.me"}));
}

BOOST_AUTO_TEST_CASE(sweeps_no_more_at_once_than_it_says) {
  for (int i = 0; i < Spool::kSweepAtMost + 50; ++i) {
    BOOST_REQUIRE(
        *spool.redeem(used("a" + std::to_string(i), kNow - minutes(70)), kNow));
  }
  BOOST_CHECK(*spool.redeem(used("01"), kNow));
  BOOST_CHECK_EQUAL(files().size(), 51u);
  BOOST_CHECK(*spool.redeem(used("02"), kNow));
  BOOST_CHECK_EQUAL(files().size(), 2u);
}

BOOST_AUTO_TEST_CASE(refuses_while_the_folder_cannot_be_written) {
  const std::string closed = folder("closed", 0500);
  const std::string said = as_nobody([&] {
    StateDirectory own({closed}, true);
    Spool there(own);
    return code_of(there.check()) + ' ' +
           code_of(there.redeem(used("a1"), kNow));
  });
  BOOST_CHECK_EQUAL(said, "unavailable unavailable");
}

BOOST_AUTO_TEST_CASE(refuses_while_the_folder_is_missing) {
  std::filesystem::remove_all(*this / "state");
  BOOST_CHECK_EQUAL(code_of(spool.check()), "unavailable");
  BOOST_CHECK_EQUAL(code_of(spool.redeem(used("a1"), kNow)), "unavailable");
  BOOST_CHECK_EQUAL(code_of(spool.is_redeemed(used("a1"))), "unavailable");
}

BOOST_AUTO_TEST_CASE(follows_no_link_to_a_spool_elsewhere) {
  folder("elsewhere");
  symlink("../elsewhere", (*this / "state/spool").c_str());
  BOOST_CHECK_EQUAL(code_of(spool.redeem(used("a1"), kNow)), "unavailable");
}

BOOST_AUTO_TEST_SUITE_END()
