// A budget of file descriptors, so that a process that has many connections
// refuses in words what it could not open.
#ifndef CLAIMCHECK_EDGE_DESCRIPTORS_H_
#define CLAIMCHECK_EDGE_DESCRIPTORS_H_

#include <sys/resource.h>

#include <algorithm>
#include <atomic>

namespace claimcheck {

// Descriptors is thread-safe.
class Descriptors {
 public:
  // kReserve is kept for what is not counted: state, log and keys. A part of it
  // is for connections that are one too many and are told so.
  static constexpr long kReserve = 40;

  explicit Descriptors(long limit) : budget_(std::max(limit - kReserve, 4L)) {}

  // limit_of_process raises the soft limit to the hard one, as far as it is
  // of use.
  static long limit_of_process() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kEnough);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<long>(limit.rlim_cur);
  }

  // take is true if `count` more fit into the budget; whoever took them gives
  // them back.
  bool take(long count) {
    if (used_.fetch_add(count, std::memory_order_relaxed) + count <= budget_) {
      return true;
    }
    give(count);
    return false;
  }

  // is_full tells that no more fits into the budget.
  bool is_full() const {
    return used_.load(std::memory_order_relaxed) >= budget_;
  }

  // is_spent tells that one more would leave too little for state and log.
  bool is_spent() const {
    return used_.load(std::memory_order_relaxed) >= budget_ + kReserve / 4;
  }

  // take_anyway counts what is there whether it fits or not.
  void take_anyway(long count) {
    used_.fetch_add(count, std::memory_order_relaxed);
  }
  void give(long count) { used_.fetch_sub(count, std::memory_order_relaxed); }

 private:
  static constexpr rlim_t kEnough = 65536;

  const long budget_;
  std::atomic<long> used_{0};
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_DESCRIPTORS_H_
