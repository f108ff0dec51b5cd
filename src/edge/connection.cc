#include "edge/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>

namespace claimcheck {
namespace {

constexpr std::size_t kMaxBuffered = 32 << 20;

}  // namespace

Connection::Connection(Fd socket, Shared& shared)
    : socket_(std::move(socket)),
      shared_(shared),
      life_(socket_.get()),
      sender_(socket_.get()) {
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
  life_.wake();
  if (is_lingering_) {
    return linger(scratch);
  }
  if (life_.hears_no_more() && exchange_) {
    return (events & (EPOLLHUP | EPOLLERR)) != 0 ? Wants::kClose : send();
  }
  if ((events & ~EPOLLOUT) != 0 && !receive(scratch)) {
    return Wants::kClose;
  }
  return send();
}

// Errors and hang-ups wake unasked.
std::uint32_t Connection::hearing() const {
  return life_.hears_no_more() && exchange_ ? 0 : EPOLLIN | EPOLLRDHUP;
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
  const bool is_spurious = size < 0 && (errno == EAGAIN || errno == EINTR);
  if (size <= 0 && !is_spurious) {
    return false;
  }
  std::string_view bytes(scratch.data(),
                         is_spurious ? 0 : static_cast<std::size_t>(size));
  while (!bytes.empty() && listens()) {
    if (!take(bytes)) {
      return false;
    }
  }
  if (!exchange_ && !closes_) {
    reader_.is_idle() ? life_.rest() : life_.read();
  }
  return account_for_memory();
}

// Nothing that follows a refusal is of interest. What follows a request that is
// being answered may be its abort.
bool Connection::listens() const { return exchange_ ? !lingers_ : !closes_; }

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
      sender_.append(FCGI_STDERR, reader_.id(),
                     "claimcheck: mapped as a FastCGI role other than "
                     "responder\n");
      sender_.append_end_of(reader_.id(), FCGI_UNKNOWN_ROLE);
      closes_ = true;
      return true;
    case FastcgiReader::Event::kBroken:
      write_error(
          admin_lines(std::string("a FastCGI peer sent ") + reader_.problem()));
      return false;
  }
  __builtin_unreachable();
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
    is_admitted_ = shared_.descriptors.take(shared_.gateway.descriptors);
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
    sender_.append(
        FCGI_STDERR, reader_.id(),
        admin_lines(
            std::string("a request failed, by a bug or a lack of memory: ") +
            thrown.what()));
    exchange_.reset();
    closes_ = true;
  }
  // One that was refused for want of descriptors gives its own back.
  closes_ = closes_ || !is_admitted_ || !reader_.keeps_connection();
}

void Connection::refuse(const Error& error) {
  const Request request;
  begin(request, shared_.gateway.refuse(request, error), Clock::now());
  closes_ = true;
  lingers_ = true;
}

void Connection::begin(const Request& request, Response response,
                       Clock::time_point start) {
  life_.answer();
  exchange_.emplace(shared_.gateway.audit, request, std::move(response), start);
  if (exchange_->is_ready()) {
    sender_.append(FCGI_STDOUT, reader_.id(), exchange_->opening());
  }
  reader_.release();
}

// ---- sending

Connection::Wants Connection::send() {
  Exchange* const exchange = exchange_ ? &*exchange_ : nullptr;
  switch (sender_.send(exchange, reader_.id(), reader_.replies())) {
    case FastcgiSender::State::kSent:
      return complete();
    case FastcgiSender::State::kBlocked:
      return Wants::kWrite;
    case FastcgiSender::State::kWaiting:
      return Wants::kSource;
    case FastcgiSender::State::kLeft:
      return close_as(End::kClientLeft);
    case FastcgiSender::State::kCut:
      return close_as(End::kCut);
  }
  __builtin_unreachable();
}

// complete tells what to wait for, everything having been sent.
Connection::Wants Connection::complete() {
  if (exchange_) {
    // At once, before the web server has a use for the connection again.
    if (shared_.is_ending && life_.end_unless_asked()) {
      closes_ = true;
    }
    leave(End::kComplete);
    reader_.finish();
    if (lingers_) {
      is_lingering_ = true;
      life_.linger();
      return Wants::kRead;
    }
    life_.rest();
  }
  return closes_ ? Wants::kClose : Wants::kRead;
}

// ---- ending

// Where no record is open the web server's log still learns of a cut.
Connection::Wants Connection::close_as(End end) {
  if (exchange_ && end == End::kCut &&
      sender_.break_off(reader_.id(), exchange_->lines(end),
                        exchange_->body().is_another())) {
    exchange_->close(end);
    exchange_.reset();
  }
  leave(end);
  return Wants::kClose;
}

// The lines of a complete answer went out with it. After a cut() the socket
// looks as if the client had left.
void Connection::leave(End end) {
  if (exchange_) {
    if (end != End::kComplete) {
      end = life_.is_cut() ? End::kCut : end;
      write_error(exchange_->lines(end));
    }
    exchange_->close(end);
    exchange_.reset();
  }
  if (std::exchange(is_admitted_, false)) {
    shared_.descriptors.give(shared_.gateway.descriptors);
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

// ---- waiting for a program

// Several descriptors in one epoll could wake several threads for one
// connection. One that is polled in their place cannot.
int Connection::make_source_poller() {
  source_poller_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  const auto adds = [this](int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return epoll_ctl(source_poller_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  };
  bool is_made = source_poller_.is_open() && adds(socket_.get(), hearing());
  for (const int fd : exchange_->waits_on()) {
    is_made = is_made && (fd < 0 || adds(fd, EPOLLIN));
  }
  if (!is_made) {
    life_.cut();
  }
  return is_made ? source_poller_.get() : -1;
}

std::uint32_t Connection::take_source_events() {
  std::array<epoll_event, 3> events{};
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

}  // namespace claimcheck
