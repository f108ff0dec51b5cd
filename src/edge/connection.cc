#include "edge/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>

namespace claimcheck {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// From the first byte of a request, or the connection's beginning, to the
// request's end.
constexpr seconds kReadTime{30};
// An answer to a request that was not read to its end has to reach the peer
// before a reset does.
constexpr seconds kLingerTime{2};
// A peer that uses a connection more often than this may be about to.
constexpr milliseconds kIdleTime{100};
// One that moves bytes as fast as we do must not keep the thread.
constexpr std::size_t kTurn = 1 << 20;
constexpr std::size_t kMaxBuffered = 32 << 20;
// The file or pipe of a request, and what polls the pipe.
constexpr long kPerRequest = 2;

bool peer_has_left(int error) {
  return error == EPIPE || error == ECONNRESET || error == ENOTCONN ||
         error == ETIMEDOUT;
}

}  // namespace

Connection::Connection(Fd socket, Shared& shared)
    : socket_(std::move(socket)), shared_(shared) {
  const auto now = Clock::now();
  deadline_ = (now + kReadTime).time_since_epoch().count();
  idle_since_ = now.time_since_epoch().count();
  shared_.descriptors.take_anyway(1);
}

Connection::~Connection() {
  leave(End::kClientLeft);
  shared_.buffered -= accounted_;
  shared_.descriptors.give(1);
}

Connection::Wants Connection::on_ready(std::uint32_t events,
                                       std::span<char> scratch) {
  if (source_poller_.is_open()) {
    events = take_source_events();
  }
  if (lingers_ && out_.empty() && !exchange_) {
    return linger(scratch);
  }
  if (hears_no_more_ && exchange_) {
    return (events & (EPOLLHUP | EPOLLERR)) != 0 ? Wants::kClose : send();
  }
  if ((events & ~EPOLLOUT) != 0 && !receive(scratch)) {
    return Wants::kClose;
  }
  return send();
}

// Errors and hang-ups wake unasked.
std::uint32_t Connection::hearing() const {
  return hears_no_more_ && exchange_ ? 0 : EPOLLIN | EPOLLRDHUP;
}

std::uint32_t Connection::events_for(Wants wants) const {
  switch (wants) {
    case Wants::kRead:
      return EPOLLIN | EPOLLRDHUP;
    case Wants::kWrite:
      return EPOLLOUT | hearing();
    case Wants::kSource:
      return EPOLLIN;
    case Wants::kClose:
      return 0;
  }
  __builtin_unreachable();
}

// ---- reading

// False: there is nobody to go on with.
bool Connection::receive(std::span<char> scratch) {
  const ssize_t size =
      recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return true;
  }
  if (size <= 0) {
    return false;
  }
  std::string_view bytes(scratch.data(), static_cast<std::size_t>(size));
  while (!bytes.empty() && !closes_) {
    if (!take(bytes)) {
      return false;
    }
  }
  watch_time();
  return account_for_memory();
}

bool Connection::take(std::string_view& bytes) {
  switch (reader_.read(bytes)) {
    case FastcgiReader::Event::kNone:
      return true;
    case FastcgiReader::Event::kRequest:
      answer();
      return true;
    case FastcgiReader::Event::kTooLarge:
      refuse({Errc::kTooLarge,
              "a request with more than 65536 bytes of params or more than "
              "1 MiB of body"});
      return true;
    case FastcgiReader::Event::kAborted:
      return false;
    case FastcgiReader::Event::kOtherRole:
      append_stream(out_, FCGI_STDERR, reader_.id(),
                    "claimcheck: mapped as a FastCGI role other than "
                    "responder\n");
      append_end(out_, reader_.id(), FCGI_UNKNOWN_ROLE);
      closes_ = true;
      return true;
    case FastcgiReader::Event::kBroken:
      write_error(admin_lines(std::string("a FastCGI peer sent ") +
                              reader_.problem()));
      return false;
  }
  __builtin_unreachable();
}

// Time runs while a part of a request is there; a connection that was used is
// idle for as long as it likes.
void Connection::watch_time() {
  if (exchange_ || closes_) {
    return;
  }
  if (reader_.is_idle()) {
    deadline_ = kNever;
  } else {
    idle_since_ = kNever;
    if (deadline_ == kNever) {
      deadline_ = (Clock::now() + kReadTime).time_since_epoch().count();
    }
  }
}

bool Connection::account_for_memory() {
  const std::size_t held = reader_.buffered();
  if (held != accounted_) {
    shared_.buffered += held - accounted_;
    accounted_ = held;
  }
  if (held > 0 && shared_.buffered > kMaxBuffered) {
    write_error(
        "claimcheck: too many requests that are not whole: one is dropped\n");
    return false;
  }
  return true;
}

// ---- answering

// The one place for FastCGI that catches: what is thrown is a bug or a lack of
// memory, and this request alone pays for it, with an answer that breaks off.
void Connection::answer() {
  const auto start = Clock::now();
  try {
    const Request request = request_of(reader_.variables());
    is_admitted_ = shared_.descriptors.take(kPerRequest);
    begin(request,
          is_admitted_
              ? shared_.gateway.answer(request)
              : shared_.gateway.refuse(
                    request, {Errc::kUnavailable,
                              "too many downloads at once for the limit of "
                              "open files: raise LimitNOFILE (systemd) or "
                              "`ulimit -n`"}),
          start);
  } catch (const std::exception& thrown) {
    append_stream(
        out_, FCGI_STDERR, reader_.id(),
        admin_lines(
            std::string("a request failed, by a bug or a lack of memory: ") +
            thrown.what()));
    exchange_.reset();
    closes_ = true;
  }
  closes_ = closes_ || !reader_.keeps_connection();
}

void Connection::refuse(const Error& error) {
  const Request request;
  begin(request, shared_.gateway.refuse(request, error), Clock::now());
  closes_ = true;
  lingers_ = true;
}

void Connection::begin(const Request& request, Response response,
                       Clock::time_point start) {
  deadline_ = kNever;
  idle_since_ = kNever;
  exchange_.emplace(shared_.gateway.audit, request, std::move(response), start);
  append_stream(out_, FCGI_STDOUT, reader_.id(), exchange_->opening());
  reader_.release();
}

// ---- sending

Connection::Wants Connection::send() {
  moved_ = 0;
  while (true) {
    if (record_left_ == 0 && !fill()) {
      return close_as(End::kCut);
    }
    if (const auto wants = flush()) {
      return *wants;
    }
    if (const auto wants = record_left_ > 0 ? move() : rest()) {
      return *wants;
    }
  }
}

// fill adds what comes next, up to the header of a record of the body; all at
// once, so that a small answer goes out in one write. False: the body was cut.
bool Connection::fill() {
  out_ += std::exchange(reader_.replies(), {});
  is_waiting_ = false;
  if (!exchange_ || is_ended_) {
    return true;
  }
  const Body::Supply supply = exchange_->body().next(kMaxRecord);
  switch (supply.state) {
    case Body::kBytes:
      append_record_header(out_, FCGI_STDOUT, reader_.id(), supply.size);
      record_left_ = supply.size;
      return true;
    case Body::kEnd:
      append_tail();
      return true;
    case Body::kWait:
      is_waiting_ = true;
      return true;
    case Body::kCut:
      return false;
  }
  __builtin_unreachable();
}

void Connection::append_tail() {
  const std::uint16_t id = reader_.id();
  append_stream(out_, FCGI_STDERR, id, exchange_->lines(End::kComplete));
  append_record_header(out_, FCGI_STDOUT, id, 0);
  append_end(out_, id, FCGI_REQUEST_COMPLETE);
  is_ended_ = true;
}

std::optional<Connection::Wants> Connection::flush() {
  while (out_sent_ < out_.size()) {
    const ssize_t sent =
        ::send(socket_.get(), out_.data() + out_sent_, out_.size() - out_sent_,
               MSG_DONTWAIT | MSG_NOSIGNAL | (record_left_ > 0 ? MSG_MORE : 0));
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent < 0) {
      return errno == EAGAIN ? Wants::kWrite : close_as(End::kClientLeft);
    }
    out_sent_ += static_cast<std::size_t>(sent);
  }
  // To assign nothing to it would keep the memory.
  std::string().swap(out_);
  out_sent_ = 0;
  return std::nullopt;
}

std::optional<Connection::Wants> Connection::move() {
  if (moved_ >= kTurn) {
    return Wants::kWrite;
  }
  const ssize_t moved = exchange_->body().move(socket_.get(), record_left_);
  if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
    return Wants::kWrite;
  }
  // A record was promised that cannot be filled: the connection breaks, so
  // that nobody takes what came for the whole.
  if (moved <= 0) {
    return close_as(moved < 0 && peer_has_left(errno) ? End::kClientLeft
                                                      : End::kCut);
  }
  exchange_->count(static_cast<std::size_t>(moved));
  record_left_ -= static_cast<std::size_t>(moved);
  moved_ += static_cast<std::size_t>(moved);
  return std::nullopt;
}

// rest tells what to wait for, everything that could go out having gone.
std::optional<Connection::Wants> Connection::rest() {
  if (exchange_ && is_ended_) {
    return complete();
  }
  if (exchange_) {
    return is_waiting_ ? std::optional(Wants::kSource) : std::nullopt;
  }
  return closes_ ? Wants::kClose : Wants::kRead;
}

Connection::Wants Connection::complete() {
  exchange_->close(End::kComplete);
  exchange_.reset();
  leave(End::kComplete);
  reader_.finish();
  is_ended_ = false;
  if (lingers_) {
    shutdown(socket_.get(), SHUT_WR);
    deadline_ = (Clock::now() + kLingerTime).time_since_epoch().count();
    return Wants::kRead;
  }
  if (closes_) {
    return Wants::kClose;
  }
  idle_since_ = Clock::now().time_since_epoch().count();
  if (shared_.is_stopping) {
    stop_hearing();
  }
  return Wants::kRead;
}

// ---- ending

// Where no record is open the web server's log still learns of it.
Connection::Wants Connection::close_as(End end) {
  if (exchange_ && end == End::kCut && record_left_ == 0) {
    append_stream(out_, FCGI_STDERR, reader_.id(), exchange_->lines(end));
    exchange_->close(end);
    exchange_.reset();
    ::send(socket_.get(), out_.data() + out_sent_, out_.size() - out_sent_,
           MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  leave(end);
  return Wants::kClose;
}

// After cut() the socket looks as if the client had left.
void Connection::leave(End end) {
  if (exchange_) {
    end = is_cut_ ? End::kCut : end;
    write_error(exchange_->lines(end));
    exchange_->close(end);
    exchange_.reset();
  }
  if (std::exchange(is_admitted_, false)) {
    shared_.descriptors.give(kPerRequest);
  }
}

// Closing a socket with unread bytes resets it, and the peer might lose our
// answer.
Connection::Wants Connection::linger(std::span<char> scratch) {
  const ssize_t size =
      recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  const bool may_come =
      size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
  return may_come ? Wants::kRead : Wants::kClose;
}

// ---- waiting for a pipe

// Two descriptors in one epoll could wake two threads for one connection. One
// that is polled in their place cannot.
int Connection::make_source_poller() {
  source_poller_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  epoll_event on_socket{};
  on_socket.events = hearing();
  on_socket.data.fd = socket_.get();
  epoll_event on_pipe{};
  on_pipe.events = EPOLLIN;
  on_pipe.data.fd = exchange_->body().waits_on();
  const bool is_made = source_poller_.is_open() &&
                       epoll_ctl(source_poller_.get(), EPOLL_CTL_ADD,
                                 socket_.get(), &on_socket) == 0 &&
                       epoll_ctl(source_poller_.get(), EPOLL_CTL_ADD,
                                 on_pipe.data.fd, &on_pipe) == 0;
  return is_made ? source_poller_.get() : -1;
}

std::uint32_t Connection::take_source_events() {
  std::array<epoll_event, 2> events{};
  const int count =
      epoll_wait(source_poller_.get(), events.data(), events.size(), 0);
  source_poller_ = Fd();
  for (int i = 0; i < count; ++i) {
    if (events[static_cast<std::size_t>(i)].data.fd == socket_.get()) {
      return events[static_cast<std::size_t>(i)].events;
    }
  }
  return EPOLLOUT;
}

// ---- from other threads

void Connection::expire(Clock::time_point now) {
  const Ticks deadline = deadline_;
  if (deadline != kNever && now.time_since_epoch().count() >= deadline) {
    shutdown(socket_.get(), SHUT_RDWR);
  }
}

void Connection::stop_idle(Clock::time_point now) {
  const Ticks since = idle_since_;
  if (since != kNever &&
      now - Clock::time_point(Clock::duration(since)) >= kIdleTime) {
    stop_hearing();
  }
}

// What the peer sent before this is read and answered; what it sends after
// fails at once, before anything of it was taken.
void Connection::stop_hearing() {
  hears_no_more_ = true;
  shutdown(socket_.get(), SHUT_RD);
}

void Connection::cut() {
  is_cut_ = true;
  shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace claimcheck
