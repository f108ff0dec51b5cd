#include "edge/running_command.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "edge/file.h"
#include "edge/keeper.h"

namespace claimcheck {
namespace {

constexpr int kMaxLines = 20;

void set_timer(int timer, std::chrono::milliseconds delay) {
  itimerspec when{};
  when.it_value.tv_sec = delay.count() / 1000;
  when.it_value.tv_nsec = delay.count() % 1000 * 1'000'000;
  timerfd_settime(timer, 0, &when, nullptr);
}

bool has_fired(int timer) {
  std::uint64_t times = 0;
  return read(timer, &times, sizeof times) == sizeof times;
}

std::string end_of(int status) {
  if (WIFEXITED(status)) {
    return "exited with status " + std::to_string(WEXITSTATUS(status));
  }
  const int number = WTERMSIG(status);
  const char* name = sigdescr_np(number);
  return "was ended by signal " + std::to_string(number) +
         (name != nullptr ? std::string(" (") + name + ')' : "");
}

// The reading end does not block. The writing end does, which is what holds the
// program back.
bool make_pipe(Fd& reading, Fd& writing) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return false;
  }
  reading = Fd(fds[0]);
  writing = Fd(fds[1]);
  return fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
}

bool make_sockets(Fd& ours, Fd& its) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
    return false;
  }
  ours = Fd(fds[0]);
  its = Fd(fds[1]);
  return true;
}

// lines_of are the first of `words`, each after `prefix`.
std::string lines_of(std::string_view words, std::uint64_t dropped,
                     const std::string& prefix) {
  std::string lines;
  for (int i = 0; i < kMaxLines && !words.empty(); ++i) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    lines += prefix + std::string(words.substr(0, end)) + '\n';
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  dropped += words.size();
  return dropped == 0 ? lines
                      : lines + prefix + "and " + std::to_string(dropped) +
                            " bytes more\n";
}

}  // namespace

RunningCommand::RunningCommand(const Command& command, Fd output, Fd control,
                               Fd timer)
    : program_("command " + command.arguments.front()),
      timeout_(command.timeout),
      output_(std::move(output)),
      control_(std::move(control)),
      timer_(std::move(timer)) {}

Output::Look RunningCommand::look() {
  if (state_ == State::kEnded || state_ == State::kFailed) {
    return {state_};
  }
  int there = 0;
  // Asked before FIONREAD: what is written in between is no end.
  pollfd ready = {output_.get(), POLLIN, 0};
  poll(&ready, 1, 0);
  if (ioctl(output_.get(), FIONREAD, &there) == 0 && there > 0) {
    is_waiting_ = false;
    has_written_ = true;
    return {State::kBytes, static_cast<std::size_t>(there)};
  }
  has_hung_up_ = (ready.revents & POLLHUP) != 0;
  state_ = has_hung_up_ ? take_report() : State::kWaits;
  if (state_ == State::kWaits && is_overdue()) {
    was_overdue_ = true;
    state_ = State::kFailed;
  }
  return {state_};
}

// What was written is whole only if the program says so.
Output::State RunningCommand::take_report() {
  const ssize_t size =
      recv(control_.get(), &report_, sizeof report_, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return State::kWaits;
  }
  is_reported_ = size == sizeof report_;
  return is_reported_ && report_.kind == Report::Kind::kEnded &&
                 report_.number == 0
             ? State::kEnded
             : State::kFailed;
}

bool RunningCommand::is_overdue() {
  if (std::exchange(is_waiting_, true)) {
    return has_fired(timer_.get());
  }
  set_timer(timer_.get(), timeout_);
  return false;
}

std::array<int, 2> RunningCommand::waits_on() const {
  return {has_hung_up_ ? control_.get() : output_.get(), timer_.get()};
}

Error RunningCommand::failure() const {
  const char* when = has_written_ ? "" : " before its first byte";
  if (was_overdue_) {
    return {Errc::kCommandFailed, program_ + " wrote nothing for " +
                                      std::to_string(timeout_.count()) +
                                      " ms, its command_timeout" + when};
  }
  if (!is_reported_) {
    return {Errc::kCommandFailed,
            program_ + " was ended with the process that kept it" + when};
  }
  switch (report_.kind) {
    case Report::Kind::kEnded:
      return {Errc::kCommandFailed,
              program_ + ' ' + end_of(report_.number) + when};
    case Report::Kind::kNotStarted:
      return {Errc::kCommandFailed, program_ + " cannot be executed by uid " +
                                        std::to_string(geteuid()) + ": " +
                                        strerrordesc_np(report_.number)};
    case Report::Kind::kNoProcess:
      return {Errc::kUnavailable, program_ + ": no process for it: " +
                                      strerrordesc_np(report_.number)};
    case Report::Kind::kTooMany:
      return {Errc::kUnavailable,
              program_ + ": " + std::to_string(kMaxCommands) +
                  " commands run already, and no more at once"};
  }
  __builtin_unreachable();
}

std::string RunningCommand::take_words() {
  const std::string_view words(report_.words.data(), report_.words_size);
  std::string lines = lines_of(words, report_.dropped, program_ + ": ");
  report_.words_size = 0;
  report_.dropped = 0;
  return lines;
}

Result<std::unique_ptr<Output>> start_command(const Command& command,
                                              const Spawner* spawner) {
  Job job{command, {}, {}};
  Fd output;
  Fd control;
  Fd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.is_open() || !make_pipe(output, job.output) ||
      !make_sockets(control, job.control)) {
    return Error{Errc::kUnavailable,
                 system_error("no descriptors for a command")};
  }
  auto running = std::make_unique<RunningCommand>(
      command, std::move(output), std::move(control), std::move(timer));
  if (spawner == nullptr && fork_keeper(job) < 0) {
    return Error{Errc::kUnavailable, system_error("no process for a command")};
  }
  if (spawner != nullptr) {
    if (Result<void> r = spawner->pass(job); !r) {
      return r.error();
    }
  }
  return std::unique_ptr<Output>(std::move(running));
}

}  // namespace claimcheck
