#include "edge/connection_life.h"

#include <sys/socket.h>

namespace claimcheck {

ConnectionLife::ConnectionLife(int socket)
    : socket_(socket),
      deadline_(ticks(Clock::now() + kReadTime)),
      idle_since_(ticks(Clock::now())) {}

void ConnectionLife::wake() {
  const std::lock_guard lock(mutex_);
  idle_since_ = kNever;
}

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
  const std::lock_guard lock(mutex_);
  const Ticks since = idle_since_;
  if (since != kNever && !hears_no_more_ &&
      now - Clock::time_point(Clock::duration(since)) >= kIdleTime) {
    end_unless_asked();
  }
}

void ConnectionLife::stop_hearing() {
  hears_no_more_ = true;
  shutdown(socket_, SHUT_RD);
}

// A web server looks whether a connection is still there before it uses it
// again, and must see that it is not.
bool ConnectionLife::end_unless_asked() {
  stop_hearing();
  char byte = 0;
  const bool is_asked = recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  if (!is_asked) {
    shutdown(socket_, SHUT_RDWR);
  }
  return !is_asked;
}

void ConnectionLife::cut() {
  is_cut_ = true;
  shutdown(socket_, SHUT_RDWR);
}

}  // namespace claimcheck
