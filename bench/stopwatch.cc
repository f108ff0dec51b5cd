#include "stopwatch.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr double kTurnNs = 25e6;

// The CPU's time and not the clock's, as `openssl speed` has it: what else the
// machine does in between is not ours.
double cpu_ns() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

}  // namespace

double percentile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above],
                   at - static_cast<double>(below));
}

void print_case(const std::string& name, std::vector<double>& ns) {
  std::sort(ns.begin(), ns.end());
  const double median = percentile(ns, 0.5);
  std::printf("{\"name\":\"%s\",\"ns\":%.1f,\"spread\":%.3f}\n", name.c_str(),
              median, (percentile(ns, 0.9) - percentile(ns, 0.1)) / median);
}

void Stopwatch::keep(const std::vector<std::string>& names) {
  std::erase_if(cases_, [&names](const Case& each) {
    return std::find(names.begin(), names.end(), each.name) == names.end();
  });
}

double Stopwatch::time(const Case& each, std::size_t times) {
  const double start = cpu_ns();
  const bool good = each.repeat(times);
  const double took = cpu_ns() - start;
  if (!good) {
    std::fprintf(stderr, "%s: a wrong result\n", each.name.c_str());
    std::exit(1);
  }
  return took;
}

void Stopwatch::run(std::size_t rounds) {
  for (Case& each : cases_) {
    double took = 0;
    for (each.times = 1; (took = time(each, each.times)) < kTurnNs / 4;) {
      each.times *= 2;
    }
    each.times = static_cast<std::size_t>(static_cast<double>(each.times) *
                                          kTurnNs / took) +
                 1;
  }
  for (std::size_t round = 0; round < rounds; ++round) {
    for (Case& each : cases_) {
      each.ns.push_back(time(each, each.times) /
                        static_cast<double>(each.times));
    }
  }
  for (Case& each : cases_) {
    print_case(each.name, each.ns);
  }
}
