// One connection of a web server to us as a FastCGI responder: it reads
// requests, has them answered and sends the answers, and never blocks. What it
// waits for, somebody else polls:
//
//   Connection connection(accepted, shared);
//   switch (connection.on_ready(events, scratch)) {
//     case Connection::Wants::kRead: …
//
// An idle connection costs its descriptor and some hundred bytes, a stalled
// reader the file's descriptor beside that. Thread-safe are stop_idle(),
// expire() and cut() alone; the rest belongs to whoever was woken.
#ifndef CLAIMCHECK_EDGE_CONNECTION_H_
#define CLAIMCHECK_EDGE_CONNECTION_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "edge/descriptors.h"
#include "edge/exchange.h"
#include "edge/fastcgi_reader.h"
#include "edge/gateway.h"
#include "policy/fd.h"

namespace claimcheck {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  // Shared is what all connections of a process have in common.
  struct Shared {
    const Gateway& gateway;
    Descriptors& descriptors;
    // Held by requests that are not whole, in bytes.
    std::atomic<std::size_t> buffered{0};
    std::atomic<bool> is_stopping{false};
  };

  // Wants is what a connection waits for. Whatever it is, a peer that leaves
  // has to wake it too.
  enum class Wants {
    kRead,
    kWrite,
    kSource,  // what make_source_poller() returned
    kClose,   // nothing more: delete it
  };

  // The socket does not block; `shared` must outlive the connection.
  Connection(Fd socket, Shared& shared);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // An exchange that is not over ends as if the client had left.
  ~Connection();

  int socket() const { return socket_.get(); }

  // events_for are the epoll events to wait for.
  std::uint32_t events_for(Wants wants) const;

  // on_ready does what can be done after these epoll events. `scratch` is room
  // to read into.
  Wants on_ready(std::uint32_t events, std::span<char> scratch);

  // source_poller is a descriptor that becomes readable when the socket or the
  // pipe behind the body does; a new one for each kSource. -1 without
  // descriptors.
  int make_source_poller();

  // has_deadline tells whether time is running for what the peer has to do.
  bool has_deadline() const { return deadline_ != kNever; }

  // expire wakes the connection, to close, if its time is over.
  void expire(Clock::time_point now);

  // stop_idle ends the connection if it was idle for a while: what the peer
  // has sent by now is answered, and it can send no more.
  void stop_idle(Clock::time_point now);

  // cut breaks the answer off.
  void cut();

  // is_polled is for whoever polls: whether the socket is known there.
  bool is_polled = false;

 private:
  using End = Delivery::End;
  using Ticks = Clock::rep;

  static constexpr Ticks kNever = 0;

  bool receive(std::span<char> scratch);
  bool take(std::string_view& bytes);
  void watch_time();
  bool account_for_memory();
  void answer();
  void refuse(const Error& error);
  void begin(const Request& request, Response response,
             Clock::time_point start);
  bool is_broken(const char* problem);
  Wants send();
  std::optional<Wants> flush();
  std::optional<Wants> move();
  bool fill();
  void append_tail();
  std::optional<Wants> rest();
  Wants complete();
  Wants close_as(End end);
  void leave(End end);
  Wants linger(std::span<char> scratch);
  void stop_hearing();
  std::uint32_t hearing() const;
  std::uint32_t take_source_events();

  Fd socket_;
  Shared& shared_;
  FastcgiReader reader_;
  std::optional<Exchange> exchange_;
  Fd source_poller_;

  // Framed bytes that go out first, and how many of them went.
  std::string out_;
  std::size_t out_sent_ = 0;
  // What of the body has to follow out_, its record's header being there.
  std::size_t record_left_ = 0;
  // In this turn.
  std::size_t moved_ = 0;
  bool is_waiting_ = false;  // for the pipe
  bool is_ended_ = false;    // the end of the answer is in out_
  bool closes_ = false;      // after out_
  bool lingers_ = false;     // before it closes
  bool is_admitted_ = false;
  std::size_t accounted_ = 0;

  std::atomic<Ticks> deadline_;
  std::atomic<Ticks> idle_since_;
  std::atomic<bool> is_cut_{false};
  // Reading was shut down: what can be read then is an end for ever.
  std::atomic<bool> hears_no_more_{false};
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONNECTION_H_
