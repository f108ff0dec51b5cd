// spool_load FOLDER COUNT: redeems COUNT tokens on a clock that runs ahead, 200
// a second, and tells what the spool held and what a request paid. FOLDER has
// to be empty, of mode 0700, and large enough for an hour of records.
#include "edge/spool_load.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::uint64_t files_in(const std::string& folder) {
  const std::filesystem::recursive_directory_iterator all(folder);
  return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

double us(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

int report(SpoolLoadResult result, const SpoolLoad& load) {
  std::sort(result.times.begin(), result.times.end());
  const auto quantile = [&](double part) {
    const auto count = static_cast<double>(result.times.size());
    return us(result.times[static_cast<std::size_t>(count * part)]);
  };
  std::printf(
      "%llu redemptions, %llu refused, %llu wrong; at most %llu files; at most "
      "%d removed by one; us: median %.1f, 99%% %.1f, 99.9%% %.1f, slowest "
      "%.1f\n",
      static_cast<unsigned long long>(load.redemptions),
      static_cast<unsigned long long>(result.refused),
      static_cast<unsigned long long>(result.wrong),
      static_cast<unsigned long long>(result.most_records), result.most_removed,
      quantile(0.5), quantile(0.99), quantile(0.999), us(result.slowest));
  // A bucket is a file's tally and a folder beside its records.
  const auto bound = load.limits.max_records + load.limits.max_records / 16;
  const bool is_good = result.refused == 0 && result.wrong == 0 &&
                       result.most_records <= bound &&
                       result.most_removed <= kSweepAtMost;
  return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: spool_load FOLDER COUNT\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  SpoolLoad load;
  load.redemptions = std::strtoull(argv[2], nullptr, 10);
  load.step = std::chrono::milliseconds(5);
  StateDirectory state({folder}, false);
  Spool spool(state, load.limits);
  return report(run_spool_load(spool, load, [&] { return files_in(folder); }),
                load);
}
