#include "edge/gateway.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "edge/exchange.h"
#include "policy/fd.h"

extern char** environ;

namespace claimcheck {
namespace {

constexpr int kListener = 0;
// A slow reader holds one.
constexpr int kWorkers = 32;
// A peer that connects and says nothing holds a worker no longer than this.
constexpr timeval kReadTimeout{10, 0};
constexpr std::chrono::seconds kLinger{1};
constexpr std::chrono::milliseconds kOutOfDescriptors{50};
constexpr int kNoListener = -1;

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
  return true;
}

// A body that nobody reads has to be taken for a while: closing a socket with
// unread bytes resets it, and the server would lose our answer. A deadline, not
// a time-out for each read: a body that trickles in holds a worker no longer.
void linger(int connection) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + kLinger;
  std::array<char, 4096> buffer;
  shutdown(connection, SHUT_WR);
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ready = {connection, POLLIN, 0};
    if (left.count() <= 0 ||
        poll(&ready, 1, static_cast<int>(left.count())) <= 0 ||
        read(connection, buffer.data(), buffer.size()) <= 0) {
      return;
    }
  }
}

// Worker accepts and answers, one request at a time.
class Worker {
 public:
  Worker(const Gateway& gateway, int stop) : gateway_(gateway), stop_(stop) {}

  void operator()() {
    while (wait_for_connection()) {
      serve_connection();
    }
  }

 private:
  // False: it is time to stop.
  bool wait_for_connection() {
    std::array<pollfd, 2> ready = {
        {{kListener, POLLIN, 0}, {stop_, POLLIN, 0}}};
    while (poll(ready.data(), ready.size(), -1) < 0 && errno == EINTR) {
    }
    return ready[1].revents == 0 && (ready[0].revents & POLLNVAL) == 0;
  }

  // The listener does not block, so that workers woken for the same
  // connection go back to poll().
  void serve_connection() {
    Fd connection(accept4(kListener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.is_open()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        std::this_thread::sleep_for(kOutOfDescriptors);
      }
      return;
    }
    setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &kReadTimeout,
               sizeof kReadTimeout);
    // libfcgi is given the connection, and no listener: after a malformed
    // request, whose connection it closes, it would accept the next by itself,
    // without our bounds.
    FCGX_InitRequest(&request_, kNoListener, FCGI_FAIL_ACCEPT_ON_INTR);
    request_.ipcFd = connection.release();
    // FCGX_Accept_r finishes a previous request first, and would close.
    request_.keepConnection = 1;
    if (FCGX_Accept_r(&request_) < 0) {
      return;
    }
    // It is for us to close.
    request_.keepConnection = 1;
    const bool is_whole = serve_request();
    FCGX_Free(&request_, 0);
    const Fd served(std::exchange(request_.ipcFd, -1));
    if (is_whole && served.is_open()) {
      linger(served.get());
    }
  }

  // False: the connection shall break.
  bool serve_request() {
    const char* role = FCGX_GetParam("FCGI_ROLE", request_.envp);
    // An answer of ours would let an authorizer's client in.
    if (role == nullptr || std::string_view(role) != "RESPONDER") {
      log("claimcheck: mapped as a FastCGI role other than responder\n");
      return false;
    }
    std::string lines;
    const Output out = [this](std::string_view bytes) {
      return FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()),
                         request_.out) == static_cast<int>(bytes.size());
    };
    const Delivery::End end = exchange(
        request_.envp, gateway_.answer, gateway_.audit, out,
        [&](std::string_view line) { lines.append(line).append("\n"); });
    if (end == Delivery::End::kClientLeft) {
      // With the connection went the server's log.
      write_all(STDERR_FILENO, lines);
      return false;
    }
    log(lines);
    if (end == Delivery::End::kCut) {
      // No end record: the server sees a broken answer, not a short one.
      return false;
    }
    // One request a connection: an idle one would hold this worker.
    FCGX_Finish_r(&request_);
    return true;
  }

  void log(std::string_view lines) {
    FCGX_PutStr(lines.data(), static_cast<int>(lines.size()), request_.err);
    FCGX_FFlush(request_.err);
  }

  const Gateway& gateway_;
  const int stop_;
  FCGX_Request request_{};
};

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) {
    sigaddset(&signals, number);
  }
  return signals;
}

int serve_fastcgi(const Gateway& gateway) {
  // Blocked before the workers start, so that none of them takes one.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const Fd stop(eventfd(0, EFD_CLOEXEC));
  FCGX_Init();
  fcntl(kListener, F_SETFL, fcntl(kListener, F_GETFL) | O_NONBLOCK);
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back(Worker(gateway, stop.get()));
  }
  int number = 0;
  sigwait(&signals, &number);
  eventfd_write(stop.get(), 1);
  for (std::thread& worker : workers) {
    worker.join();
  }
  return EXIT_SUCCESS;
}

int serve_cgi(const Gateway& gateway) {
  signal(SIGPIPE, SIG_IGN);
  const Delivery::End end = exchange(
      environ, gateway.answer, gateway.audit,
      [](std::string_view bytes) { return write_all(STDOUT_FILENO, bytes); },
      [](std::string_view line) {
        write_all(STDERR_FILENO, std::string(line) + '\n');
      });
  return end == Delivery::End::kComplete ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

bool is_fastcgi() {
  int listens = 0;
  socklen_t size = sizeof listens;
  return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) ==
             0 &&
         listens != 0;
}

bool is_cgi() { return std::getenv("REQUEST_METHOD") != nullptr; }

int Gateway::run() const {
  return is_fastcgi() ? serve_fastcgi(*this) : serve_cgi(*this);
}

}  // namespace claimcheck
