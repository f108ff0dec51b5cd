#include "edge/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

namespace claimcheck {
namespace {

using Clock = std::chrono::steady_clock;

// Between SIGTERM and SIGKILL.
constexpr std::chrono::milliseconds kGrace{2000};

struct Ends {
  Fd reading;
  Fd writing;
};

Ends make_pipe() {
  int fds[2] = {-1, -1};
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return {};
  }
  return {Fd(fds[0]), Fd(fds[1])};
}

void drain(const Fd& signals) {
  signalfd_siginfo ignored;
  while (read(signals.get(), &ignored, sizeof ignored) > 0) {
  }
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& each : texts) {
    pointers.push_back(each.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

class Keeper {
 public:
  explicit Keeper(Job job) : job_(std::move(job)) {}

  void keep();

 private:
  bool start();
  [[noreturn]] void become_program(pid_t keeper, const Ends& words,
                                   const Ends& failure);
  void wait_for_news();
  void wait_for_end(std::chrono::milliseconds most);
  bool is_wanted();
  void take_words();
  void reap();
  void stop();

  Job job_;
  Fd signals_;
  Fd words_;
  pid_t program_ = -1;
  bool is_ended_ = false;
  Report report_;
};

void Keeper::keep() {
  // Those whose parents in the group end become ours, so that they are waited
  // for and not left to whoever is process 1.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  signals_ = watch_children();
  if (!start()) {
    send_report(job_.control.get(), report_);
    return;
  }
  bool is_reported = false;
  while (is_wanted()) {
    wait_for_news();
    take_words();
    reap();
    if (is_ended_ && !std::exchange(is_reported, true)) {
      take_words();
      send_report(job_.control.get(), report_);
      if (report_.number != 0) {
        break;
      }
    }
  }
  stop();
}

// False: there is no program, and report_ says why.
bool Keeper::start() {
  const pid_t keeper = getpid();
  Ends words = make_pipe();
  Ends failure = make_pipe();
  if (!words.reading.is_open() || !failure.reading.is_open() ||
      (program_ = fork()) < 0) {
    report_.kind = Report::Kind::kNoProcess;
    report_.number = errno;
    return false;
  }
  if (program_ == 0) {
    become_program(keeper, words, failure);
  }
  job_.output = Fd();
  words_ = std::move(words.reading);
  words.writing = Fd();
  failure.writing = Fd();
  fcntl(words_.get(), F_SETFL, O_NONBLOCK);
  // Ends when the program is executed: then it has its own group.
  if (read(failure.reading.get(), &report_.number, sizeof report_.number) > 0) {
    report_.kind = Report::Kind::kNotStarted;
    waitpid(program_, nullptr, 0);
    return false;
  }
  return true;
}

void Keeper::become_program(pid_t keeper, const Ends& words,
                            const Ends& failure) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  dup2(job_.output.get(), STDOUT_FILENO);
  dup2(words.writing.get(), STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const auto arguments = pointers_to(job_.command.arguments);
  const auto environment = pointers_to(job_.command.environment);
  // A keeper that ended before prctl(2) will send no signal.
  if (getppid() == keeper && chdir("/") == 0) {
    execve(arguments[0], arguments.data(), environment.data());
  }
  const std::int32_t error = errno;
  const bool is_told =
      write(failure.writing.get(), &error, sizeof error) == sizeof error;
  _exit(is_told ? EXIT_FAILURE : 127);
}

void Keeper::wait_for_news() {
  std::array<pollfd, 3> news = {{{job_.control.get(), POLLIN, 0},
                                 {signals_.get(), POLLIN, 0},
                                 {words_.get(), POLLIN, 0}}};
  poll(news.data(), news.size(), -1);
  drain(signals_);
}

void Keeper::wait_for_end(std::chrono::milliseconds most) {
  std::array<pollfd, 2> news = {
      {{signals_.get(), POLLIN, 0}, {words_.get(), POLLIN, 0}}};
  poll(news.data(), news.size(), static_cast<int>(most.count()));
  drain(signals_);
}

// Nothing is ever sent to us: what can be read is the end.
bool Keeper::is_wanted() {
  pollfd control = {job_.control.get(), POLLIN, 0};
  return poll(&control, 1, 0) == 0;
}

// As much as is there, but not for ever: there is more to look at.
void Keeper::take_words() {
  std::array<char, 65536> buffer;
  for (int i = 0; i < 16 && words_.is_open(); ++i) {
    const ssize_t got = read(words_.get(), buffer.data(), buffer.size());
    if (got < 0) {
      return;
    }
    if (got == 0) {
      words_ = Fd();
      return;
    }
    const auto size = static_cast<std::size_t>(got);
    const std::size_t kept =
        std::min<std::size_t>(size, report_.words.size() - report_.words_size);
    std::copy_n(buffer.data(), kept, report_.words.data() + report_.words_size);
    report_.words_size += static_cast<std::uint32_t>(kept);
    report_.dropped += size - kept;
  }
}

// The program itself is only looked at: as long as it is not waited for, its
// number is no other group's.
void Keeper::reap() {
  while (!is_ended_) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
      return;
    }
    if (info.si_pid != program_) {
      waitpid(info.si_pid, nullptr, 0);
      continue;
    }
    is_ended_ = true;
    report_.number = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0)
                                                : W_EXITCODE(0, info.si_status);
  }
}

// Error output is read to the end: what is said of SIGTERM must not end anybody
// by SIGPIPE who has to tidy up.
void Keeper::stop() {
  kill(-program_, SIGTERM);
  const auto end = Clock::now() + kGrace;
  while (true) {
    take_words();
    const pid_t ended = waitpid(-program_, nullptr, WNOHANG);
    if (ended < 0) {
      return;  // nobody is left
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) {
      break;
    }
    if (ended == 0) {
      wait_for_end(left);
    }
  }
  kill(-program_, SIGKILL);
  while (waitpid(-program_, nullptr, 0) > 0) {
  }
}

}  // namespace

pid_t fork_keeper(Job& job) {
  const pid_t pid = fork();
  if (pid == 0) {
    forget_inherited(std::array{&job.output, &job.control});
    Keeper(std::move(job)).keep();
    _exit(EXIT_SUCCESS);
  }
  return pid;
}

}  // namespace claimcheck
