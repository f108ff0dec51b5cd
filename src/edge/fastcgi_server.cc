#include "edge/fastcgi_server.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "edge/file.h"

#if defined(__SANITIZE_THREAD__)
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
#endif

namespace claimcheck {
namespace {

// modify is epoll_ctl(2). Whoever it wakes may close the descriptor before the
// call returns, which ThreadSanitizer takes for a race of two uses.
bool modify(int poll, int operation, int fd, epoll_event* event) {
#if defined(__SANITIZE_THREAD__)
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
#endif
  const bool is_done = epoll_ctl(poll, operation, fd, event) == 0;
#if defined(__SANITIZE_THREAD__)
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#endif
  return is_done;
}

using std::chrono::milliseconds;

// As much as a record may hold.
constexpr std::size_t kScratch = 65536;
constexpr milliseconds kTick{1000};
constexpr milliseconds kStoppingTick{50};
constexpr milliseconds kPatience{5000};
// For those that were cut to say so.
constexpr milliseconds kCutTime{1000};

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&signals, number);
  }
  return signals;
}

// A copy, which asks the file system for nothing: we may be confined.
Fd copy_of(int fd) { return Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

}  // namespace

FastcgiServer::FastcgiServer(const Gateway& gateway, int listener)
    : gateway_(gateway),
      listener_(listener),
      descriptors_(Descriptors::limit_of_process()),
      shared_{gateway, descriptors_},
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      done_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      spare_(copy_of(listener)) {}

FastcgiServer::~FastcgiServer() {
  for (Connection* connection : connections_) {
    delete connection;
  }
}

int FastcgiServer::run() {
  // Blocked before there are threads, so that none of them takes one.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  signals_ = Fd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  fcntl(listener_, F_SETFL, fcntl(listener_, F_GETFL) | O_NONBLOCK);
  if (!watch(listener_, &listener_, EPOLLIN | EPOLLEXCLUSIVE) ||
      !watch(signals_.get(), &signals_, EPOLLIN) ||
      !watch(timer_.get(), &timer_, EPOLLIN | EPOLLET) ||
      !watch(done_.get(), &done_, EPOLLIN)) {
    write_error(admin_lines(system_error("the event loop cannot start")));
    return EXIT_FAILURE;
  }
  std::vector<std::thread> threads;
  try {
    for (unsigned i = 1; i < gateway_.threads; ++i) {
      threads.emplace_back([this] { serve(); });
    }
  } catch (const std::system_error& refused) {
    write_error(admin_lines(std::string("fewer threads than configured: ") +
                            refused.what()));
  }
  serve();
  for (std::thread& thread : threads) {
    thread.join();
  }
  return EXIT_SUCCESS;
}

bool FastcgiServer::watch(int fd, void* source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = source;
  return epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// One event at a time: a second one would wait for the first one's file.
void FastcgiServer::serve() {
  const auto scratch = std::make_unique<std::array<char, kScratch>>();
  while (true) {
    epoll_event event{};
    if (epoll_wait(poll_.get(), &event, 1, -1) != 1) {
      continue;
    }
    if (event.data.ptr == &done_) {
      return;
    }
    try {
      dispatch(event.data.ptr, event.events, *scratch);
    } catch (const std::exception& thrown) {
      write_error(admin_lines(
          std::string("no connection was taken: a bug or a lack of memory: ") +
          thrown.what()));
    }
  }
}

void FastcgiServer::dispatch(void* source, std::uint32_t events,
                             std::span<char> scratch) {
  if (source == &listener_) {
    accept_one(scratch);
  } else if (source == &signals_) {
    on_signal();
  } else if (source == &timer_) {
    on_tick();
  } else {
    proceed(static_cast<Connection*>(source), events, scratch);
  }
}

// ---- connections

// The request is there already, most of the time.
void FastcgiServer::accept_one(std::span<char> scratch) {
  if (Connection* connection = make_connection()) {
    proceed(connection, EPOLLIN, scratch);
  }
}

// Under the lock: a connection that is taken while the last one ends must not
// find everything over. Of one that is closed at once, the server that
// connected tells its client by itself.
Connection* FastcgiServer::make_connection() {
  const std::lock_guard lock(mutex_);
  if (is_stopping_) {
    return nullptr;
  }
  Fd socket(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.is_open()) {
    if (errno == EMFILE || errno == ENFILE) {
      refuse_one();
    } else if (errno == EINVAL) {
      // Somebody shut it down; it would wake us for ever.
      epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listener_, nullptr);
      write_error("claimcheck: the listening socket was shut down\n");
    }
    return nullptr;
  }
  if (descriptors_.is_full()) {
    stop_longest_idle();
  }
  if (descriptors_.is_spent()) {
    return nullptr;
  }
  auto connection = std::make_unique<Connection>(std::move(socket), shared_);
  connections_.insert(connection.get());
  if (!is_timer_set_) {
    set_timer(kTick);
  }
  return connection.release();
}

// Connections that a web server keeps and does not use must not keep out those
// of another.
void FastcgiServer::stop_longest_idle() {
  const auto longest =
      std::min_element(connections_.begin(), connections_.end(),
                       [](Connection* a, Connection* b) {
                         return a->life().idle_since() < b->life().idle_since();
                       });
  if (longest != connections_.end()) {
    (*longest)->life().stop_idle(Clock::now());
  }
}

void FastcgiServer::refuse_one() {
  spare_ = Fd();
  { const Fd refused(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)); }
  spare_ = copy_of(listener_);
}

void FastcgiServer::proceed(Connection* connection, std::uint32_t events,
                            std::span<char> scratch) {
  connection->take_over();
  try {
    const Connection::Wants wants = connection->on_ready(events, scratch);
    if (wants != Connection::Wants::kClose && arm(connection, wants)) {
      return;
    }
  } catch (const std::exception& thrown) {
    write_error(admin_lines(
        std::string("a connection failed, by a bug or a lack of memory: ") +
        thrown.what()));
  }
  forget(connection);
}

// Another thread may have the connection before this returns.
bool FastcgiServer::arm(Connection* connection, Connection::Wants wants) {
  epoll_event event{};
  event.events = connection->events_for(wants) | EPOLLONESHOT;
  event.data.ptr = connection;
  const bool is_new = wants == Connection::Wants::kSource ||
                      !std::exchange(connection->is_polled, true);
  const int fd = wants == Connection::Wants::kSource
                     ? connection->make_source_poller()
                     : connection->socket();
  connection->hand_over();
  return modify(poll_.get(), is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd,
                &event);
}

// Out of the set before it goes: on_tick() touches what is in it.
void FastcgiServer::forget(Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    connections_.erase(connection);
    end_if_empty();
  }
  delete connection;
}

// ---- time and signals

void FastcgiServer::set_timer(milliseconds delay) {
  itimerspec when{};
  when.it_value.tv_sec = delay.count() / 1000;
  when.it_value.tv_nsec = delay.count() % 1000 * 1'000'000;
  timerfd_settime(timer_.get(), 0, &when, nullptr);
  is_timer_set_ = true;
}

void FastcgiServer::end_if_empty() {
  if (is_stopping_ && connections_.empty()) {
    eventfd_write(done_.get(), 1);
  }
}

void FastcgiServer::on_signal() {
  signalfd_siginfo info{};
  if (read(signals_.get(), &info, sizeof info) != sizeof info) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (is_stopping_) {
    grace_end_ = Clock::now();
  } else {
    is_stopping_ = true;
    patience_end_ = Clock::now() + kPatience;
    grace_end_ = Clock::now() + gateway_.shutdown_grace;
    epoll_ctl(poll_.get(), EPOLL_CTL_DEL, listener_, nullptr);
  }
  end_if_empty();
  set_timer(milliseconds(1));
}

void FastcgiServer::on_tick() {
  std::uint64_t ticks = 0;
  if (read(timer_.get(), &ticks, sizeof ticks) != sizeof ticks) {
    return;
  }
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  is_timer_set_ = false;
  if (is_cut_ && now >= grace_end_ + kCutTime) {
    eventfd_write(done_.get(), 1);
    return;
  }
  is_cut_ = is_stopping_ && now >= grace_end_;
  shared_.is_ending = is_stopping_ && now >= patience_end_;
  for (Connection* connection : connections_) {
    if (is_cut_) {
      connection->life().cut();
    } else if (is_stopping_) {
      connection->life().stop_idle(now);
    }
    connection->life().expire(now);
  }
  if (!connections_.empty()) {
    set_timer(is_stopping_ ? kStoppingTick : kTick);
  }
}

}  // namespace claimcheck
