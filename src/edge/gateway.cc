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
#include <cstdlib>
#include <thread>
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
constexpr int kMaxDrained = 1 << 20;

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

// A body that nobody reads has to be taken all the same: closing a socket with
// unread bytes resets it, and the server would lose our answer.
void drain(FCGX_Stream* in) {
  std::array<char, 4096> buffer;
  int left = kMaxDrained;
  int size = 0;
  do {
    size = FCGX_GetStr(buffer.data(), buffer.size(), in);
    left -= size;
  } while (size == static_cast<int>(buffer.size()) && left > 0);
}

// Worker accepts and answers, one request at a time.
class Worker {
 public:
  Worker(const Gateway& gateway, int stop) : gateway_(gateway), stop_(stop) {}

  void operator()() {
    FCGX_InitRequest(&request_, kListener, FCGI_FAIL_ACCEPT_ON_INTR);
    while (wait_for_connection()) {
      serve_connection();
    }
    FCGX_Free(&request_, 1);
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
  // connection go back to poll(); libfcgi's own accept would not take that, so
  // it is given the connection.
  void serve_connection() {
    Fd connection(accept4(kListener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.is_open()) {
      return;
    }
    setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &kReadTimeout,
               sizeof kReadTimeout);
    request_.ipcFd = connection.release();
    // FCGX_Accept_r finishes a previous request first, and would close.
    request_.keepConnection = 1;
    if (FCGX_Accept_r(&request_) < 0) {
      FCGX_Free(&request_, 1);
      return;
    }
    // One request a connection: an idle one would hold this worker.
    request_.keepConnection = 0;
    drain(request_.in);
    serve_request();
  }

  void serve_request() {
    const Output out = [this](std::string_view bytes) {
      return FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()),
                         request_.out) == static_cast<int>(bytes.size());
    };
    const ErrorStream errors = [this](std::string_view line) {
      FCGX_PutStr(line.data(), static_cast<int>(line.size()), request_.err);
      FCGX_PutStr("\n", 1, request_.err);
    };
    const Delivery::End end =
        exchange(request_.envp, gateway_.answer, gateway_.audit, out, errors);
    if (end == Delivery::End::kCut) {
      // No end record: the server sees a broken answer, not a short one.
      FCGX_Free(&request_, 1);
    } else {
      FCGX_Finish_r(&request_);
    }
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
