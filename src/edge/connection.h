// One connection of a web server to us as a FastCGI responder: it reads
// requests, has them answered and sends the answers, and never blocks. What it
// waits for, somebody else polls:
//
//   Connection connection(accepted, shared);
//   switch (connection.on_ready(events, scratch)) {
//     case Connection::Wants::kRead: …
//
// An idle connection costs its descriptor and some hundred bytes, a stalled
// reader the file's descriptor beside that. Thread-safe is life() alone; the
// rest belongs to whoever was woken.
#ifndef CLAIMCHECK_EDGE_CONNECTION_H_
#define CLAIMCHECK_EDGE_CONNECTION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "edge/connection_life.h"
#include "edge/descriptors.h"
#include "edge/exchange.h"
#include "edge/fastcgi_reader.h"
#include "edge/fastcgi_sender.h"
#include "edge/gateway.h"
#include "policy/fd.h"

namespace claimcheck {

class Connection {
 public:
  using Clock = ConnectionLife::Clock;

  // Shared is what all connections of a process have in common.
  struct Shared {
    const Gateway& gateway;
    Descriptors& descriptors;
    // Held by requests that are not whole, in bytes.
    std::atomic<std::size_t> buffered{0};
    // Whether a connection that is kept ends with its next answer.
    std::atomic<bool> is_ending{false};
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

  // make_source_poller returns a descriptor that becomes readable when the
  // socket does, or what the exchange waits on; a new one for each kSource. -1
  // without descriptors.
  int make_source_poller();

  // life is for whoever ends connections.
  ConnectionLife& life() { return life_; }

  // hand_over comes before another thread may be woken for the connection,
  // take_over after it was: epoll orders the two, and C++ does not know.
  void hand_over() { turn_.store(true, std::memory_order_release); }
  void take_over() { turn_.load(std::memory_order_acquire); }

  // is_polled is for whoever polls: whether the socket is known there.
  bool is_polled = false;

 private:
  using End = Delivery::End;

  bool receive(std::span<char> scratch);
  bool listens() const;
  bool take(std::string_view& bytes);
  bool account_for_memory();
  void answer();
  void refuse(const Error& error);
  void begin(const Request& request, Response response,
             Clock::time_point start);
  Wants send();
  Wants complete();
  Wants close_as(End end);
  void leave(End end);
  Wants linger(std::span<char> scratch);
  std::uint32_t hearing() const;
  std::uint32_t take_source_events();

  Fd socket_;
  Shared& shared_;
  ConnectionLife life_;
  FastcgiReader reader_;
  FastcgiSender sender_;
  std::optional<Exchange> exchange_;
  Fd source_poller_;

  bool closes_ = false;        // after what is being sent
  bool lingers_ = false;       // before it closes
  bool is_lingering_ = false;  // everything was sent
  bool is_admitted_ = false;
  std::size_t accounted_ = 0;
  std::atomic<bool> turn_{false};
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONNECTION_H_
