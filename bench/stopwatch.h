// Times pieces of work against each other in one process.
//
//   Stopwatch stopwatch;
//   stopwatch.add("sha256", [] { return sha256(text) == expected; });
//   stopwatch.run(5);   // {"name":"sha256","ns":93.1,"spread":0.02}
//
// In each round every case has its turn, so that whatever slows the machine
// for a while slows all of them. A figure is the median of the rounds, the
// spread (p90 - p10) / median.
#ifndef CLAIMCHECK_BENCH_STOPWATCH_H_
#define CLAIMCHECK_BENCH_STOPWATCH_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

class Stopwatch {
 public:
  // add takes a piece of work, called as `work()`, that tells whether it came
  // out right: a case that fails ends the program, and the check keeps the
  // compiler from leaving the work out.
  template <typename Work>
  void add(std::string name, Work work) {
    cases_.push_back({std::move(name),
                      [work = std::move(work)](std::size_t times) mutable {
                        bool good = true;
                        for (std::size_t i = 0; i < times; ++i) {
                          good &= static_cast<bool>(work());
                        }
                        return good;
                      },
                      0,
                      {}});
  }

  // keep drops all cases but those of these names.
  void keep(const std::vector<std::string>& names);

  // run warms up, times `rounds` rounds and prints a line a case.
  void run(std::size_t rounds);

 private:
  struct Case {
    std::string name;
    std::function<bool(std::size_t times)> repeat;
    std::size_t times;  // that fill one turn
    std::vector<double> ns;
  };

  static double time(const Case& each, std::size_t times);

  std::vector<Case> cases_;
};

// percentile of values that are sorted; `p` is from 0 to 1.
double percentile(const std::vector<double>& sorted, double p);

// print_case writes the line of a case. Sorts `ns`.
void print_case(const std::string& name, std::vector<double>& ns);

#endif  // CLAIMCHECK_BENCH_STOPWATCH_H_
