// The event loop of a FastCGI responder: one epoll, a few threads that wait in
// it, and as many connections as there are descriptors. A connection is woken
// for one thread at a time (EPOLLONESHOT) and holds it no longer than policy
// takes; idle connections and stalled readers hold none.
//
//   return FastcgiServer(gateway, listener).run();
//
// SIGTERM, SIGINT, SIGHUP and SIGUSR1 end it: no more connections are taken
// (the listener stays as it is, since others may share it), requests in flight
// are finished, and a connection that a web server keeps for later is closed
// when it is idle. One that is always in use ends with an answer, after
// kPatience: the web server may be about to use it again, and Apache does not
// try twice. A second signal, or the end of shutdown_grace, breaks off what is
// left.
#ifndef CLAIMCHECK_EDGE_FASTCGI_SERVER_H_
#define CLAIMCHECK_EDGE_FASTCGI_SERVER_H_

#include <atomic>
#include <mutex>
#include <span>
#include <unordered_set>

#include "edge/connection.h"
#include "edge/descriptors.h"
#include "edge/gateway.h"
#include "policy/fd.h"

namespace claimcheck {

class FastcgiServer {
 public:
  // `listener` stays the caller's; it is made not to block.
  FastcgiServer(const Gateway& gateway, int listener);
  FastcgiServer(const FastcgiServer&) = delete;
  FastcgiServer& operator=(const FastcgiServer&) = delete;
  ~FastcgiServer();

  // run serves until a signal ends it, and returns the exit status.
  int run();

 private:
  using Clock = Connection::Clock;

  void serve();
  void dispatch(void* source, std::uint32_t events, std::span<char> scratch);
  void accept_one(std::span<char> scratch);
  Connection* make_connection();
  void stop_longest_idle();
  void refuse_one();
  void proceed(Connection* connection, std::uint32_t events,
               std::span<char> scratch);
  bool arm(Connection* connection, Connection::Wants wants);
  void forget(Connection* connection);
  void on_signal();
  void on_tick();
  bool watch(int fd, void* source, std::uint32_t events);
  void set_timer(std::chrono::milliseconds delay);
  void end_if_empty();

  const Gateway& gateway_;
  int listener_;
  Descriptors descriptors_;
  Connection::Shared shared_;

  Fd poll_;
  Fd signals_;
  Fd timer_;
  Fd done_;
  // Given up for a moment where there is no other left, to refuse a connection
  // instead of leaving it to wait.
  Fd spare_;

  std::mutex mutex_;
  std::unordered_set<Connection*> connections_;
  bool is_timer_set_ = false;
  bool is_stopping_ = false;
  Clock::time_point patience_end_{};
  Clock::time_point grace_end_{};
  bool is_cut_ = false;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_FASTCGI_SERVER_H_
