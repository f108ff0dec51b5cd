#include "edge/job.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace claimcheck {
namespace {

constexpr char kEnd = '\0';

// take_text takes a text off the front of `bytes`, which hold its end.
std::string take_text(std::string_view& bytes) {
  const std::size_t end = bytes.find(kEnd);
  std::string text(bytes.substr(0, end));
  bytes.remove_prefix(end + 1);
  return text;
}

// Kernels before 5.9 have no close_range(2).
void close_from(int first) {
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) {
    return;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (rlim_t fd = static_cast<rlim_t>(first); fd < limit.rlim_cur; ++fd) {
    close(static_cast<int>(fd));
  }
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) {
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

std::string encode_call(const CommandCall& call) {
  std::string text = call.path + kEnd + call.user + kEnd;
  for (const auto& [name, value] : call.params) {
    text += name + kEnd + value + kEnd;
  }
  return text;
}

std::optional<CommandCall> decode_call(std::string_view text) {
  const auto texts = std::count(text.begin(), text.end(), kEnd);
  if (texts < 2 || texts % 2 != 0 || !text.ends_with(kEnd)) {
    return std::nullopt;
  }
  CommandCall call;
  call.path = take_text(text);
  call.user = take_text(text);
  while (!text.empty()) {
    std::string name = take_text(text);
    call.params[std::move(name)] = take_text(text);
  }
  return call;
}

void send_report(int control, const Report& report) {
  send(control, &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void forget_inherited(std::span<Fd* const> fds) {
  reset_signals();
  setsid();
  const int first = STDERR_FILENO + 1;
  const int behind = first + static_cast<int>(fds.size());
  for (Fd* fd : fds) {
    *fd = Fd(fcntl(fd->get(), F_DUPFD_CLOEXEC, behind));
  }
  for (int i = 0; Fd * fd : fds) {
    const int place = first + i++;
    *fd = Fd(dup3(fd->get(), place, O_CLOEXEC));
  }
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) {
    _exit(EXIT_FAILURE);
  }
  for (int fd = 0; fd < first; ++fd) {
    dup2(null, fd);
  }
  close_from(behind);
}

Fd watch_children() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigset_t blocked = child;
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&blocked, number);
  }
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  return Fd(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace claimcheck
