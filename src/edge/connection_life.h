// How long a connection may live, and how another thread ends it without
// touching what its own thread works with: it shuts the socket down, which
// wakes whoever waits for it.
#ifndef CLAIMCHECK_EDGE_CONNECTION_LIFE_H_
#define CLAIMCHECK_EDGE_CONNECTION_LIFE_H_

#include <atomic>
#include <chrono>
#include <mutex>

namespace claimcheck {

// ConnectionLife is thread-safe. A new one is idle, with a deadline.
class ConnectionLife {
 public:
  using Clock = std::chrono::steady_clock;

  // From the first byte of a request, or the connection's beginning, to the
  // request's end.
  static constexpr std::chrono::seconds kReadTime{30};
  // An answer to a request that was not read to its end has to reach the peer
  // before a reset does.
  static constexpr std::chrono::seconds kLingerTime{2};
  // A peer that uses a connection more often than this may be about to.
  static constexpr std::chrono::milliseconds kIdleTime{100};

  // The socket outlives the object.
  explicit ConnectionLife(int socket);

  // wake comes before its own thread reads: from then on nobody else ends it.
  void wake();

  // What the connection is at.
  void rest();    // between two requests, for as long as it likes
  void read();    // a part of a request is there
  void answer();  // as long as it takes
  void linger();  // an answer is to be taken before the end

  // expire ends the connection if its time is over.
  void expire(Clock::time_point now);

  // stop_idle calls end_unless_asked() if the connection was idle for a while.
  void stop_idle(Clock::time_point now);

  // stop_hearing lets the peer send no more: what it sent before is read and
  // answered, what it sends after fails at once, before anything of it was
  // taken (over TCP: is lost with the connection).
  void stop_hearing();

  // end_unless_asked does the same, and ends the connection at once if nothing
  // came before: true. For the connection's own thread, between two requests.
  bool end_unless_asked();

  // cut breaks off whatever goes on.
  void cut();

  // has_deadline tells whether time is running for what the peer has to do.
  bool has_deadline() const { return deadline_ != kNever; }
  // idle_since is when the connection came to rest; the end of time if it does
  // not rest, or ends already.
  Clock::time_point idle_since() const;
  bool hears_no_more() const { return hears_no_more_; }
  bool is_cut() const { return is_cut_; }

 private:
  using Ticks = Clock::rep;

  static constexpr Ticks kNever = 0;

  static Ticks ticks(Clock::time_point time) {
    return time.time_since_epoch().count();
  }

  const int socket_;
  // Held by whoever takes the connection out of its rest.
  std::mutex mutex_;
  std::atomic<Ticks> deadline_;
  std::atomic<Ticks> idle_since_;
  std::atomic<bool> hears_no_more_{false};
  std::atomic<bool> is_cut_{false};
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONNECTION_LIFE_H_
