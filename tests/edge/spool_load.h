// A busy site's redemptions, on a clock that runs ahead: what the spool holds,
// and what a request pays for its keeping.
#ifndef CLAIMCHECK_TESTS_EDGE_SPOOL_LOAD_H_
#define CLAIMCHECK_TESTS_EDGE_SPOOL_LOAD_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "claimcheck/sha256.h"
#include "edge/spool.h"
#include "leases.h"

namespace claimcheck::testing {

// removals counts the calls of unlinkat(2) and renameat(2) that succeeded: a
// program with removals.cc is linked so that they pass through there (--wrap).
int& removals();

struct SpoolLoad {
  std::uint64_t redemptions = 0;
  // Between two of them.
  std::chrono::milliseconds step{1};
  SpoolLimits limits;
};

struct SpoolLoadResult {
  std::uint64_t refused = 0;  // for want of room
  std::uint64_t wrong = 0;    // used for the first one, or first for a used
  std::uint64_t most_records = 0;
  int most_removed = 0;  // by one request, its temporary file aside
  std::chrono::nanoseconds slowest{};
  std::vector<std::chrono::nanoseconds> times;  // of each 64th
};

// run_spool_load redeems new tokens one after the other, and every 100th a
// second time. `count_records` tells how many there are.
template <typename Count>
SpoolLoadResult run_spool_load(Spool& spool, const SpoolLoad& load,
                               const Count& count_records) {
  using Clock = std::chrono::steady_clock;
  SpoolLoadResult result;
  UnixTime now = kNow;
  for (std::uint64_t i = 0; i < load.redemptions; ++i, now += load.step) {
    const std::string handle = hex(Sha256().update(std::to_string(i)).finish());
    const Lease lease = lease_of(handle, now + std::chrono::seconds(2));
    const int before = removals();
    const auto start = Clock::now();
    const auto kept = spool.redeem(lease, now);
    const auto time = Clock::now() - start;
    // Its own temporary file is no sweeping.
    result.most_removed =
        std::max(result.most_removed, removals() - before - 1);
    result.refused += kept ? 0 : 1;
    result.wrong += kept && *kept ? 1 : 0;
    if (i % 100 == 0) {
      const auto again = spool.redeem(lease, now);
      result.wrong += again && *again ? 0 : 1;
    }
    result.slowest = std::max<std::chrono::nanoseconds>(result.slowest, time);
    if (i % 64 == 0) {
      result.times.push_back(time);
    }
    if (i % (load.redemptions / 50 + 1) == 0) {
      result.most_records = std::max(result.most_records, count_records());
    }
  }
  return result;
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_SPOOL_LOAD_H_
