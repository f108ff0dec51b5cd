#include "edge/gateway.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "edge/cgi.h"
#include "edge/exchange.h"
#include "edge/fastcgi_server.h"

extern char** environ;

namespace claimcheck {
namespace {

using End = Delivery::End;

constexpr int kFirstPassed = 3;  // SD_LISTEN_FDS_START
constexpr int kNone = -1;
constexpr std::size_t kPiece = 1 << 20;

bool listens(int fd) {
  int answer = 0;
  socklen_t size = sizeof answer;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 &&
         answer != 0;
}

int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  const std::string_view digits = text != nullptr ? text : "";
  int number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// One socket: a second one would be waited at in vain.
bool was_passed_by_systemd() {
  return number_in("LISTEN_PID") == getpid() && number_in("LISTEN_FDS") == 1 &&
         listens(kFirstPassed);
}

int find_listener() {
  if (listens(STDIN_FILENO)) {
    return STDIN_FILENO;
  }
  return was_passed_by_systemd() ? kFirstPassed : kNone;
}

// can_go_on waits for an output that was full, and is true for a call that is
// to be made again.
bool can_go_on(int error) {
  if (error == EAGAIN) {
    pollfd ready = {STDOUT_FILENO, POLLOUT, 0};
    poll(&ready, 1, -1);
  }
  return error == EAGAIN || error == EINTR;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (size < 0 && !can_go_on(errno)) {
      return false;
    }
    bytes.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
  return true;
}

End move_piece(Exchange& exchange, std::size_t size) {
  while (size > 0) {
    const ssize_t moved = exchange.body().move(STDOUT_FILENO, size);
    if (moved < 0 && can_go_on(errno)) {
      continue;
    }
    if (moved <= 0) {
      return moved == 0 || (errno != EPIPE && errno != ECONNRESET)
                 ? End::kCut
                 : End::kClientLeft;
    }
    exchange.count(static_cast<std::size_t>(moved));
    size -= static_cast<std::size_t>(moved);
  }
  return End::kComplete;
}

// False: nobody takes the answer any more.
bool wait_for_news(const Exchange& exchange) {
  const auto [first, second] = exchange.waits_on();
  std::array<pollfd, 3> ready = {
      {{first, POLLIN, 0}, {second, POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
  poll(ready.data(), ready.size(), -1);
  return ready.back().revents == 0;
}

End move_body(Exchange& exchange) {
  while (true) {
    const Body::Supply supply = exchange.body().next(kPiece);
    switch (supply.state) {
      case Body::kEnd:
        return End::kComplete;
      case Body::kCut:
        return End::kCut;
      case Body::kWait:
        if (!wait_for_news(exchange)) {
          return End::kClientLeft;
        }
        break;
      case Body::kBytes:
        if (const End end = move_piece(exchange, supply.size);
            end != End::kComplete) {
          return end;
        }
    }
  }
}

// A pipe that nobody reads.
int broken_pipe = kNone;

// Apache's mod_cgid sends SIGTERM when the client has left, and SIGKILL three
// seconds later. What is being written then fails as if the server had closed
// the output, and what comes after it, the audit line, is still done.
void leave_output(int) {
  const int saved = errno;
  dup2(broken_pipe, STDOUT_FILENO);
  errno = saved;
}

void end_on_sigterm() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return;
  }
  close(ends[0]);
  broken_pipe = ends[1];
  // Without SA_RESTART: a write that waits is made again.
  struct sigaction action = {};
  action.sa_handler = leave_output;
  sigaction(SIGTERM, &action, nullptr);
}

End deliver(Exchange& exchange) {
  while (!exchange.is_ready()) {
    if (!wait_for_news(exchange)) {
      return End::kClientLeft;
    }
  }
  if (!write_all(exchange.opening())) {
    return End::kClientLeft;
  }
  exchange.count_opening();
  return move_body(exchange);
}

int serve_cgi(const Gateway& gateway) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  end_on_sigterm();
  const auto start = Exchange::Clock::now();
  const Request request = request_of(variables_of(environ));
  Exchange exchange(gateway.audit, request, gateway.answer(request), start);
  const End end = deliver(exchange);
  write_error(exchange.lines(end));
  exchange.close(end);
  return end == End::kComplete ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

bool is_fastcgi() { return find_listener() != kNone; }

bool is_cgi() { return std::getenv("REQUEST_METHOD") != nullptr; }

// The one place for CGI that catches: what is thrown is a bug or a lack of
// memory.
int Gateway::run() const {
  if (const int listener = find_listener(); listener != kNone) {
    return FastcgiServer(*this, listener).run();
  }
  try {
    return serve_cgi(*this);
  } catch (const std::exception& thrown) {
    write_error(admin_lines(
        std::string("a request failed, by a bug or a lack of memory: ") +
        thrown.what()));
    return EXIT_FAILURE;
  }
}

}  // namespace claimcheck
