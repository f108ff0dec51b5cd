// What was found a moment ago, so that many requests at once look once.
//
//   Recent<bool> check;
//   if (check.find()) { return {}; }
//   …
//   check.keep(true);
//
// Not for keys: what one program signs with a new one, the other must know at
// once.
#ifndef CLAIMCHECK_EDGE_RECENT_H_
#define CLAIMCHECK_EDGE_RECENT_H_

#include <time.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace claimcheck {

// this_tick tells the ticks of the kernel's clock apart, in nanoseconds
// (CLOCK_MONOTONIC_COARSE: one of at most 10 ms), by which files are stamped,
// too.
inline std::int64_t this_tick() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// Recent keeps a value until the tick is over. Thread-safe.
template <typename T>
class Recent {
 public:
  std::optional<T> find() const {
    const std::int64_t tick = this_tick();
    const std::lock_guard lock(mutex_);
    return tick == tick_ ? value_ : std::nullopt;
  }

  T keep(T value) {
    const std::int64_t tick = this_tick();
    const std::lock_guard lock(mutex_);
    tick_ = tick;
    value_ = value;
    return value;
  }

 private:
  mutable std::mutex mutex_;
  std::int64_t tick_ = -1;
  std::optional<T> value_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_RECENT_H_
