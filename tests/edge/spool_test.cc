#include "edge/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "edge/temporary.h"
#include "leases.h"
#include "refuse.h"
#include "sandbox.h"
#include "spool_load.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct SpoolFixture : Sandbox {
  SpoolFixture() : state({folder("state")}, false), spool(state, {}) {
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
    std::sort(found.begin(), found.end());
    return found;
  }

  int records() const {
    const std::vector<std::string> all = files();
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [](const std::string& name) {
          return name != "tally" && name != "swept";
        }));
  }

  static std::string verdict(Spool& spool, const std::string& handle,
                             UnixTime expires, UnixTime now) {
    const auto kept = spool.redeem(lease_of(handle, expires), now);
    return kept ? (*kept ? "used" : "first") : code_of(kept);
  }

  std::string redeem(const std::string& handle,
                     UnixTime expires = kNow + seconds(2),
                     UnixTime now = kNow) {
    return verdict(spool, handle, expires, now);
  }

  // own_removals is 1 where the file system has no files without a name: a
  // record's temporary file is removed.
  int own_removals() const {
    const std::string place = folder("probe");
    const Fd opened(open(place.c_str(), O_RDONLY | O_DIRECTORY));
    const int before = removals();
    BOOST_REQUIRE(link_once(opened.get(), "record", "", Durability::kCached));
    const int own = removals() - before;
    std::filesystem::remove_all(place);
    return own;
  }

  StateDirectory state;
  Spool spool;
};

SpoolLimits at_most(std::uint64_t records) {
  SpoolLimits limits;
  limits.max_records = records;
  return limits;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(spool, SpoolFixture)

BOOST_AUTO_TEST_CASE(leaves_records_and_no_temporary_files) {
  BOOST_CHECK_EQUAL(redeem("a1"), "first");
  BOOST_CHECK_EQUAL(redeem("a1"), "used");
  BOOST_CHECK(files() == std::vector<std::string>{"a1"});
}

// ---- sweeping

BOOST_AUTO_TEST_CASE(sweeps_what_is_not_needed_and_nothing_else) {
  const UnixTime old = kNow - hours(1) - seconds(12);
  BOOST_CHECK_EQUAL(redeem("a1", old + seconds(1), old), "first");
  BOOST_CHECK_EQUAL(redeem("a2", kNow - minutes(50), kNow - minutes(51)),
                    "first");
  BOOST_CHECK_EQUAL(redeem("a3"), "first");
  write("state/spool/keep.me", "not ours");
  BOOST_CHECK_EQUAL(redeem("01"), "first");
  BOOST_CHECK((files() ==
               std::vector<std::string>{"01", "a2", "a3", "keep.me", "swept"}));
}

BOOST_AUTO_TEST_CASE(keeps_a_record_as_long_as_it_can_be_resumed) {
  // Its bucket ends with it.
  const UnixTime expires = kNow - milliseconds(1);
  BOOST_CHECK_EQUAL(redeem("a1", expires, expires - seconds(1)), "first");
  const UnixTime last = kNow + hours(1) + seconds(1) - milliseconds(1);
  BOOST_CHECK_EQUAL(redeem("01", last + seconds(1), last), "first");
  BOOST_CHECK(*spool.find({"a1", expires}));
  BOOST_CHECK_EQUAL(redeem("02", last + seconds(2), last + milliseconds(1)),
                    "first");
  BOOST_CHECK(!*spool.find({"a1", expires}));
}

BOOST_AUTO_TEST_CASE(sweeps_no_more_at_once_than_it_says) {
  const UnixTime old = kNow - minutes(70);
  const int count = kSweepAtMost + 50;
  for (int i = 0; i < count; ++i) {
    BOOST_REQUIRE_EQUAL(redeem("a" + std::to_string(i), old, old), "first");
  }
  // A bucket that is let go is one of them.
  BOOST_CHECK_EQUAL(redeem("01"), "first");
  BOOST_CHECK_EQUAL(records(), count - (kSweepAtMost - 1) + 1);
  BOOST_CHECK_EQUAL(redeem("02"), "first");
  BOOST_CHECK_EQUAL(records(), 2);
}

// ---- clocks

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_behind_what_was_swept_is_told) {
  const UnixTime expires = kNow + seconds(2);
  BOOST_CHECK_EQUAL(redeem("a1", expires), "first");
  // Forward by two hours, where the record is let go, and back again.
  const UnixTime ahead = kNow + hours(2);
  BOOST_CHECK_EQUAL(redeem("01", ahead + seconds(2), ahead), "first");
  BOOST_CHECK(!*spool.find({"a1", expires}));
  // Trying again helps nobody: what was kept when it was refused is no lease.
  for (int tries = 0; tries < 3; ++tries) {
    BOOST_CHECK_EQUAL(redeem("a1", expires), "unavailable");
    BOOST_CHECK_EQUAL(redeem("a2", expires), "unavailable");
    BOOST_CHECK_EQUAL(code_of(spool.find({"a1", expires})), "unavailable");
    BOOST_CHECK_EQUAL(code_of(spool.repeat({"a1", expires}, kNow)),
                      "unavailable");
  }
  const Result<void> told = spool.check(kNow);
  BOOST_CHECK_EQUAL(code_of(told), "unavailable");
  BOOST_CHECK(contains(detail_of(told), "the clock was set back"));
  // It catches up where no bucket was let go.
  const UnixTime then = ahead - hours(1);
  BOOST_CHECK_EQUAL(redeem("a3", then + seconds(2), then), "first");
  BOOST_CHECK_EQUAL(code_of(spool.check(then)), "ok");
}

BOOST_AUTO_TEST_CASE(the_first_sweep_forgets_nothing_of_what_it_leaves) {
  // Longer ago than any file here was made.
  const UnixTime then = seconds(1'600'000'000);
  BOOST_CHECK_EQUAL(redeem("a1", then + seconds(2), then), "first");
  BOOST_CHECK_EQUAL(redeem("01", then + seconds(2), then), "first");
  BOOST_CHECK(std::filesystem::exists(*this / "state/spool/swept"));
  const auto kept = spool.find({"a1", then + seconds(2)});
  BOOST_REQUIRE(kept);
  BOOST_CHECK(*kept);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_a_little_costs_nothing) {
  BOOST_CHECK_EQUAL(redeem("a1"), "first");
  const UnixTime ahead = kNow + minutes(30);
  BOOST_CHECK_EQUAL(redeem("01", ahead + seconds(2), ahead), "first");
  BOOST_CHECK_EQUAL(redeem("a1"), "used");
  BOOST_CHECK_EQUAL(redeem("a2"), "first");
}

// Of two that sweep at once, one with a clock behind the other's.
BOOST_AUTO_TEST_CASE(what_may_be_gone_is_never_told_to_be_there_again) {
  const UnixTime ahead = kNow + hours(3);
  BOOST_CHECK_EQUAL(redeem("a1", kNow + hours(1), kNow + hours(1)), "first");
  BOOST_CHECK_EQUAL(redeem("a2", kNow, kNow), "first");
  BOOST_CHECK_EQUAL(redeem("01", ahead, ahead), "first");
  BOOST_CHECK_EQUAL(redeem("02", kNow + hours(2), kNow + hours(2)), "first");
  BOOST_CHECK_EQUAL(redeem("a1", kNow + hours(1), kNow + hours(1)),
                    "unavailable");
}

// ---- bounds

BOOST_AUTO_TEST_CASE(over_its_bound_the_oldest_expired_go_first) {
  Spool small(state, at_most(40));
  UnixTime now = kNow;
  for (int i = 0; i < 100; ++i, now += seconds(2)) {
    BOOST_REQUIRE_EQUAL(
        verdict(small, "a" + std::to_string(i), now + seconds(2), now),
        "first");
    BOOST_REQUIRE_LE(records(), 40 + 5);
  }
  // Their tokens stay dead, the last ones can still be resumed.
  BOOST_CHECK(!*small.find({"a0", kNow + seconds(2)}));
  BOOST_CHECK(*small.find({"a99", kNow + seconds(200)}));
  BOOST_CHECK_EQUAL(verdict(small, "a0", kNow + seconds(2), kNow + seconds(1)),
                    "unavailable");
}

BOOST_AUTO_TEST_CASE(only_unexpired_records_alone_fill_it) {
  Spool small(state, at_most(40));
  for (int i = 0; i < 40; ++i) {
    BOOST_REQUIRE_EQUAL(
        verdict(small, "a" + std::to_string(i), kNow + seconds(2), kNow),
        "first");
  }
  const auto refused = small.redeem(lease_of("b1"), kNow);
  BOOST_CHECK_EQUAL(code_of(refused), "unavailable");
  BOOST_CHECK(contains(detail_of(refused), "state_max (40)"));
  BOOST_CHECK_EQUAL(records(), 40);
  BOOST_CHECK_EQUAL(
      verdict(small, "b1", kNow + seconds(13), kNow + seconds(11)), "first");
}

// After a quiet night: to let go of what is old is more than a sweep may do,
// and nothing is left of its budget for those that make room.
BOOST_AUTO_TEST_CASE(a_sweep_that_leaves_nothing_to_remove_refuses_nobody) {
  SpoolLimits wide = at_most(10'000);
  wide.kept_after_expiry = hours(100);
  Spool before(state, wide);
  const int buckets = 2 * kSweepAtMost;
  for (int i = 0; i < buckets; ++i) {
    const UnixTime old = kNow - hours(10) + i * seconds(10);
    BOOST_REQUIRE_EQUAL(verdict(before, "a" + std::to_string(i), old, old),
                        "first");
  }
  Spool small(state, at_most(100));
  int removed = removals();
  BOOST_CHECK_EQUAL(verdict(small, "01", kNow + seconds(2), kNow), "first");
  BOOST_CHECK_EQUAL(records(), buckets + 1);
  // All but 99 were let go.
  BOOST_CHECK_EQUAL(removals() - removed, buckets - 99 + own_removals());
  removed = removals();
  BOOST_CHECK_EQUAL(verdict(small, "02", kNow + seconds(2), kNow), "first");
  BOOST_CHECK_EQUAL(removals() - removed, kSweepAtMost + own_removals());
}

BOOST_AUTO_TEST_CASE(a_request_that_sweeps_and_makes_room_pays_once) {
  Spool small(state, at_most(400));
  for (int i = 0; i < 400; ++i) {
    BOOST_REQUIRE_EQUAL(
        verdict(small, "a" + std::to_string(i), kNow + seconds(2), kNow),
        "first");
  }
  folder("state/spool/1.gone");
  for (int i = 0; i < kSweepAtMost - 10; ++i) {
    write("state/spool/1.gone/" + std::to_string(i), "");
  }
  const UnixTime later = kNow + seconds(11);
  const int removed = removals();
  BOOST_CHECK_EQUAL(verdict(small, "01", later + seconds(2), later), "first");
  // The bucket that is let go to make room comes on top.
  BOOST_CHECK_EQUAL(removals() - removed, kSweepAtMost + 1 + own_removals());
}

// It was let go, and made again by a clock that was set back.
BOOST_AUTO_TEST_CASE(an_expired_bucket_that_is_renamed_later_fills_nothing) {
  Spool small(state, at_most(40));
  for (int i = 0; i < 40; ++i) {
    BOOST_REQUIRE_EQUAL(
        verdict(small, "a" + std::to_string(i), kNow + seconds(2), kNow),
        "first");
  }
  const std::string gone = "state/" + bucket_path(kNow) + ".gone";
  folder(gone);
  write(gone + "/old", "");
  const UnixTime later = kNow + seconds(11);
  BOOST_CHECK_EQUAL(verdict(small, "b1", later + seconds(2), later), "first");
  BOOST_CHECK_EQUAL(records(), 41);
  BOOST_CHECK_EQUAL(verdict(small, "b2", later + seconds(2), later), "first");
  BOOST_CHECK_EQUAL(records(), 2);
}

BOOST_AUTO_TEST_CASE(a_used_token_that_is_tried_again_fills_nothing) {
  Spool small(state, at_most(10));
  for (int i = 0; i < 50; ++i) {
    BOOST_REQUIRE_EQUAL(verdict(small, "a1", kNow + seconds(2), kNow),
                        i == 0 ? "first" : "used");
  }
}

// NFS without its lock service.
BOOST_AUTO_TEST_CASE(is_kept_small_where_nothing_can_be_locked) {
  const std::string said = in_child(
      [] { refuse(SYS_flock, 1, LOCK_NB, ENOLCK); },
      [&] {
        Spool small(state, at_most(10));
        std::string all;
        for (int i = 0; i < 40; ++i) {
          const UnixTime now = kNow + seconds(15 * i);
          all += verdict(small, std::to_string(i), now + seconds(2), now)[0];
        }
        return all + ' ' + std::to_string(records());
      });
  BOOST_CHECK_EQUAL(said, std::string(40, 'f') + " 10");
}

BOOST_AUTO_TEST_CASE(a_large_bound_counts_by_samples) {
  const SpoolLimits limits = at_most(kEstimatedFrom);
  Spool large(state, limits);
  // 256 of the handles that are counted stand for as many as the bound.
  for (int i = 0; i < 256; ++i) {
    BOOST_REQUIRE_EQUAL(
        verdict(large, "00" + std::to_string(i), kNow + seconds(2), kNow),
        "first");
    BOOST_REQUIRE_EQUAL(
        verdict(large, "a" + std::to_string(i), kNow + seconds(2), kNow),
        "first");
  }
  BOOST_CHECK_EQUAL(verdict(large, "a-last", kNow + seconds(2), kNow), "first");
  BOOST_CHECK_EQUAL(verdict(large, "00-last", kNow + seconds(2), kNow),
                    "unavailable");
  // From then on it is full for all, for a second.
  BOOST_CHECK_EQUAL(verdict(large, "a-full", kNow + seconds(2), kNow),
                    "unavailable");
  BOOST_CHECK_EQUAL(
      verdict(large, "a-full", kNow + seconds(3), kNow + seconds(1)), "first");
  BOOST_CHECK_EQUAL(
      verdict(large, "00-last", kNow + seconds(13), kNow + seconds(11)),
      "first");
}

// As when somebody who reads that it is full raises it.
BOOST_AUTO_TEST_CASE(a_bound_that_changes_counts_what_is_there_alike) {
  const UnixTime expires = kNow + seconds(2);
  const auto counted = [](int i) { return "00" + std::to_string(i); };
  Spool before(state, at_most(kEstimatedFrom - 1));
  for (int i = 0; i < 300; ++i) {
    BOOST_REQUIRE_EQUAL(verdict(before, counted(i), expires, kNow), "first");
  }
  Spool after(state, at_most(kEstimatedFrom));
  BOOST_CHECK_EQUAL(verdict(after, counted(300), expires, kNow), "first");
  // It stands for 256.
  Spool again(state, at_most(556));
  BOOST_CHECK_EQUAL(verdict(again, "a1", expires, kNow), "unavailable");
  Spool enough(state, at_most(557));
  BOOST_CHECK_EQUAL(verdict(enough, "a1", expires, kNow), "first");
}

// ---- a busy site

BOOST_AUTO_TEST_CASE(a_busy_sites_spool_is_bounded_and_so_is_each_request) {
  SpoolLoad load;
  load.redemptions = 30'000;
  load.step = milliseconds(20);
  load.limits.kept_after_expiry = seconds(61);
  Spool busy(state, load.limits);
  const SpoolLoadResult result = run_spool_load(
      busy, load, [&] { return static_cast<std::uint64_t>(records()); });
  BOOST_CHECK_EQUAL(result.refused, 0u);
  BOOST_CHECK_EQUAL(result.wrong, 0u);
  // 73 seconds' worth, and what 16 redemptions leave to the next sweep.
  BOOST_CHECK_LE(result.most_records, 75u * 50);
  BOOST_CHECK_GT(result.most_removed, 0);
  BOOST_CHECK_LE(result.most_removed, kSweepAtMost);
}

BOOST_AUTO_TEST_CASE(a_busy_site_beyond_its_bound_loses_only_old_leases) {
  SpoolLoad load;
  load.redemptions = 5'000;
  load.step = milliseconds(20);
  load.limits.max_records = 1'000;
  Spool busy(state, load.limits);
  const SpoolLoadResult result = run_spool_load(
      busy, load, [&] { return static_cast<std::uint64_t>(records()); });
  BOOST_CHECK_EQUAL(result.refused, 0u);
  BOOST_CHECK_EQUAL(result.wrong, 0u);
  BOOST_CHECK_LE(result.most_records, 1'000u + 500);
  // And the bucket that is let go to make room.
  BOOST_CHECK_GT(result.most_removed, 1);
  BOOST_CHECK_LE(result.most_removed, kSweepAtMost + 1);
}

// ---- what may happen to the folder

BOOST_AUTO_TEST_CASE(refuses_while_the_folder_cannot_be_written) {
  const std::string closed = folder("closed", 0500);
  const std::string said = as_nobody([&] {
    StateDirectory own({closed}, false);
    Spool there(own, {});
    return code_of(there.check(kNow)) + ' ' +
           code_of(there.redeem(lease_of("a1"), kNow));
  });
  BOOST_CHECK_EQUAL(said, "unavailable unavailable");
}

BOOST_AUTO_TEST_CASE(refuses_while_the_folder_is_missing) {
  std::filesystem::remove_all(*this / "state");
  BOOST_CHECK_EQUAL(code_of(spool.check(kNow)), "unavailable");
  BOOST_CHECK_EQUAL(redeem("a1"), "unavailable");
  BOOST_CHECK_EQUAL(code_of(spool.find(lease_of("a1").token)), "unavailable");
}

BOOST_AUTO_TEST_CASE(a_spool_that_is_removed_lets_nobody_in_twice) {
  BOOST_CHECK_EQUAL(redeem("a1"), "first");
  std::filesystem::remove_all(*this / "state/spool");
  BOOST_CHECK_EQUAL(redeem("a1"), "unavailable");
  BOOST_CHECK_EQUAL(redeem("a2", kNow + seconds(9), kNow + seconds(8)),
                    "unavailable");
  // By now all that were used have expired.
  BOOST_CHECK_EQUAL(redeem("a3", kNow + seconds(12), kNow + seconds(10)),
                    "first");
}

// By another process, which did not know of it.
BOOST_AUTO_TEST_CASE(a_spool_that_was_made_again_is_missed_anew) {
  BOOST_CHECK_EQUAL(redeem("a1"), "first");
  std::filesystem::remove_all(*this / "state/spool");
  BOOST_CHECK_EQUAL(redeem("a2"), "unavailable");
  Spool other(state, {});
  const UnixTime later = kNow + seconds(11);
  const UnixTime expires = later + seconds(2);
  BOOST_CHECK_EQUAL(verdict(other, "b1", expires, later), "first");
  BOOST_CHECK_EQUAL(redeem("b2", expires, later), "first");
  std::filesystem::remove_all(*this / "state/spool");
  BOOST_CHECK_EQUAL(redeem("b2", expires, later), "unavailable");
}

BOOST_AUTO_TEST_CASE(a_bucket_that_is_removed_is_made_again) {
  BOOST_CHECK_EQUAL(redeem("a1"), "first");
  std::filesystem::remove_all(*this / ("state/" + bucket_path(kNow)));
  BOOST_CHECK_EQUAL(redeem("a2"), "first");
}

BOOST_AUTO_TEST_CASE(makes_no_spool_behind_a_link) {
  folder("elsewhere");
  symlink("../elsewhere", (*this / "state/spool").c_str());
  BOOST_CHECK_EQUAL(redeem("a1"), "unavailable");
}

BOOST_AUTO_TEST_CASE(a_record_that_cannot_be_read_is_nobodys_lease) {
  BOOST_CHECK_EQUAL(redeem("a1"), "first");
  write("state/" + bucket_path(kNow) + "/a1", "");
  const auto found = spool.find(lease_of("a1").token);
  BOOST_REQUIRE(found && *found);
  BOOST_CHECK_EQUAL((*found)->cookie, "");
}

BOOST_AUTO_TEST_SUITE_END()
