#include "edge/fastcgi_sender.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace claimcheck {
namespace {

// One that takes bytes as fast as we move them must not keep the thread.
constexpr std::size_t kTurn = 1 << 20;

// In bytes; the kernel takes no more than net.core.wmem_max, and twice that. A
// Unix socket wakes its sender when three quarters are read: with its usual
// buffer either side waits for the other half of the time. TCP finds its size
// by itself, until it is told one.
bool enlarge_buffer(int socket) {
  constexpr int kBuffer = 1 << 18;
  int domain = 0;
  int before = 0;
  socklen_t size = sizeof domain;
  return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
         domain == AF_UNIX &&
         getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &before, &size) == 0 &&
         before < 2 * kBuffer &&
         setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer) ==
             0;
}

bool peer_has_left(int error) {
  return error == EPIPE || error == ECONNRESET || error == ENOTCONN ||
         error == ETIMEDOUT;
}

}  // namespace

void FastcgiSender::append(unsigned type, std::uint16_t id,
                           std::string_view bytes) {
  append_stream(out_, type, id, bytes);
}

void FastcgiSender::append_end_of(std::uint16_t id, unsigned protocol_status) {
  append_end(out_, id, protocol_status);
}

FastcgiSender::State FastcgiSender::send(Exchange* exchange, std::uint16_t id,
                                         std::string& replies) {
  moved_ = 0;
  while (true) {
    if (record_left_ == 0) {
      // Not behind what the peer does not read: the reader bounds what waits.
      if (out_.empty()) {
        out_.swap(replies);
      }
      if (exchange != nullptr && !is_ended_ && !fill(*exchange, id)) {
        return State::kCut;
      }
    }
    if (const auto state = flush()) {
      return *state;
    }
    if (exchange != nullptr) {
      exchange->count_opening();
    }
    if (record_left_ > 0) {
      if (const auto state = move(*exchange)) {
        return *state;
      }
    } else if (!replies.empty()) {
      continue;
    } else if (exchange == nullptr || std::exchange(is_ended_, false)) {
      return State::kSent;
    } else if (is_waiting_) {
      return State::kWaiting;
    }
  }
}

// fill adds what comes next, up to the header of a record of the body, and
// nothing while the answer is not known. False: the body was cut.
bool FastcgiSender::fill(Exchange& exchange, std::uint16_t id) {
  is_waiting_ = !exchange.is_ready();
  if (is_waiting_) {
    return true;
  }
  if (!exchange.is_opened()) {
    append_stream(out_, FCGI_STDOUT, id, exchange.opening());
  }
  const Body::Supply supply = exchange.body().next(kMaxRecord);
  switch (supply.state) {
    case Body::kBytes:
      append_record_header(out_, FCGI_STDOUT, id, supply.size);
      record_left_ = supply.size;
      return true;
    case Body::kEnd:
      append_stream(out_, FCGI_STDERR, id,
                    exchange.lines(Delivery::End::kComplete));
      append_record_header(out_, FCGI_STDOUT, id, 0);
      append_end(out_, id, FCGI_REQUEST_COMPLETE);
      is_ended_ = true;
      return true;
    case Body::kWait:
      is_waiting_ = true;
      return true;
    case Body::kCut:
      return false;
  }
  __builtin_unreachable();
}

std::optional<FastcgiSender::State> FastcgiSender::flush() {
  while (out_sent_ < out_.size()) {
    const ssize_t sent =
        ::send(socket_, out_.data() + out_sent_, out_.size() - out_sent_,
               MSG_DONTWAIT | MSG_NOSIGNAL | (record_left_ > 0 ? MSG_MORE : 0));
    if (sent < 0 && (errno == EINTR || (errno == EAGAIN && enlarge()))) {
      continue;
    }
    if (sent < 0) {
      return errno == EAGAIN ? State::kBlocked : State::kLeft;
    }
    out_sent_ += static_cast<std::size_t>(sent);
  }
  // To assign nothing to it would keep the memory.
  std::string().swap(out_);
  out_sent_ = 0;
  return std::nullopt;
}

// enlarge makes the socket's buffer larger, once: true if there may be room
// now. Most answers fit into the usual one.
bool FastcgiSender::enlarge() {
  if (std::exchange(is_enlarged_, true)) {
    return false;
  }
  const int error = errno;
  const bool is_larger = enlarge_buffer(socket_);
  errno = error;
  return is_larger;
}

// A record was promised. If it cannot be filled the connection has to break,
// so that nobody takes what came for the whole.
std::optional<FastcgiSender::State> FastcgiSender::move(Exchange& exchange) {
  if (moved_ >= kTurn) {
    return State::kBlocked;
  }
  const ssize_t moved = exchange.body().move(socket_, record_left_);
  if (moved < 0 && errno == EAGAIN && enlarge()) {
    return std::nullopt;
  }
  if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
    return State::kBlocked;
  }
  if (moved <= 0) {
    return moved < 0 && peer_has_left(errno) ? State::kLeft : State::kCut;
  }
  exchange.count(static_cast<std::size_t>(moved));
  record_left_ -= static_cast<std::size_t>(moved);
  moved_ += static_cast<std::size_t>(moved);
  return std::nullopt;
}

bool FastcgiSender::break_off(std::uint16_t id, std::string_view lines,
                              bool may_fill) {
  if (record_left_ > 0 && !may_fill) {
    return false;
  }
  out_.append(std::exchange(record_left_, 0), '\0');
  append_stream(out_, FCGI_STDERR, id, lines);
  append_breach(out_);
  return !flush().has_value();
}

}  // namespace claimcheck
