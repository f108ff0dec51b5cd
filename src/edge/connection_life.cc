#include "edge/connection_life.h"

#include <sys/socket.h>

namespace claimcheck {

ConnectionLife::ConnectionLife(int socket)
    : socket_(socket),
      deadline_(ticks(Clock::now() + kReadTime)),
      idle_since_(ticks(Clock::now())) {}

void ConnectionLife::rest() {
  deadline_ = kNever;
  idle_since_ = ticks(Clock::now());
}

void ConnectionLife::read() {
  idle_since_ = kNever;
  if (deadline_ == kNever) {
    deadline_ = ticks(Clock::now() + kReadTime);
  }
}

void ConnectionLife::answer() {
  deadline_ = kNever;
  idle_since_ = kNever;
}

void ConnectionLife::linger() {
  shutdown(socket_, SHUT_WR);
  deadline_ = ticks(Clock::now() + kLingerTime);
}

void ConnectionLife::expire(Clock::time_point now) {
  const Ticks deadline = deadline_;
  if (deadline != kNever && ticks(now) >= deadline) {
    shutdown(socket_, SHUT_RDWR);
  }
}

ConnectionLife::Clock::time_point ConnectionLife::idle_since() const {
  const Ticks since = idle_since_;
  return since == kNever || hears_no_more_
             ? Clock::time_point::max()
             : Clock::time_point(Clock::duration(since));
}

void ConnectionLife::stop_idle(Clock::time_point now) {
  const Ticks since = idle_since_;
  if (since != kNever &&
      now - Clock::time_point(Clock::duration(since)) >= kIdleTime) {
    stop_hearing();
  }
}

void ConnectionLife::stop_hearing() {
  hears_no_more_ = true;
  shutdown(socket_, SHUT_RD);
}

void ConnectionLife::cut() {
  is_cut_ = true;
  shutdown(socket_, SHUT_RDWR);
}

}  // namespace claimcheck
