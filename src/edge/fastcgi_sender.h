// What goes out on a FastCGI connection: records, and the body between their
// headers by sendfile(2) or splice(2). It never blocks.
//
//   FastcgiSender sender(socket);
//   switch (sender.send(&exchange, id, replies)) {
//     case FastcgiSender::State::kSent: …
#ifndef CLAIMCHECK_EDGE_FASTCGI_SENDER_H_
#define CLAIMCHECK_EDGE_FASTCGI_SENDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/exchange.h"
#include "edge/fastcgi_record.h"

namespace claimcheck {

class FastcgiSender {
 public:
  enum class State {
    kSent,     // everything, and with an exchange the end of its answer
    kBlocked,  // wait until the socket takes more
    kWaiting,  // wait for exchange->waits_on()
    kLeft,     // the peer takes no more
    kCut,      // the body ended early: the answer must not be ended
  };

  // The socket does not block and outlives the sender.
  explicit FastcgiSender(int socket) : socket_(socket) {}

  // append adds records that go out with the next send(). Between two calls of
  // send() with an exchange, only before the first.
  void append(unsigned type, std::uint16_t id, std::string_view bytes);
  void append_end_of(std::uint16_t id, unsigned protocol_status);

  // send sends what was appended, `replies` where no record is open, and the
  // answer from its opening on, if there is an exchange: all at once where it
  // is little.
  State send(Exchange* exchange, std::uint16_t id, std::string& replies);

  // break_off makes an attempt to get lines into the web server's log before
  // the connection breaks, and a breach behind them. False: a record of the
  // body is open, and they would be taken for a part of it. Where it may be
  // filled, since nobody will have a use for what was sent, it is, with zeros.
  bool break_off(std::uint16_t id, std::string_view lines, bool may_fill);

 private:
  bool fill(Exchange& exchange, std::uint16_t id);
  std::optional<State> flush();
  std::optional<State> move(Exchange& exchange);
  bool enlarge();

  const int socket_;
  // Framed bytes that go out first, and how many of them went.
  std::string out_;
  std::size_t out_sent_ = 0;
  // What of the body has to follow out_, its record's header being there.
  std::size_t record_left_ = 0;
  // In this turn.
  std::size_t moved_ = 0;
  bool is_waiting_ = false;
  bool is_enlarged_ = false;
  // The end of the answer is in out_.
  bool is_ended_ = false;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_FASTCGI_SENDER_H_
