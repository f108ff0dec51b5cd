#include "edge/spawner.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "edge/file.h"
#include "edge/keeper.h"
#include "policy/resource.h"

namespace claimcheck {
namespace {

// Only a spawner that is stopped takes so long to take a job.
constexpr timeval kPatience{2, 0};
constexpr std::size_t kPassed = 2;  // descriptors

// PassedFds is room for them in a message (unix(7), SCM_RIGHTS).
union PassedFds {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * kPassed)];
};

msghdr message_of(iovec& text, PassedFds& fds) {
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = fds.bytes;
  message.msg_controllen = sizeof fds.bytes;
  return message;
}

bool send_job(int socket, const Job& job) {
  std::string text = encode_call(job.command.call);
  iovec bytes{text.data(), text.size()};
  PassedFds fds{};
  msghdr message = message_of(bytes, fds);
  const std::array<int, kPassed> passed = {job.output.get(), job.control.get()};
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof passed);
  std::memcpy(CMSG_DATA(header), passed.data(), sizeof passed);
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size());
}

class Process {
 public:
  Process(Fd socket, const Config& config, unsigned most)
      : socket_(std::move(socket)), config_(config), most_(most) {}

  // serve returns when nobody can pass a job any more.
  void serve();

 private:
  bool receive(std::optional<Job>& job);
  void start(Job job);

  Fd socket_;
  const Config& config_;
  const unsigned most_;
  unsigned running_ = 0;
  std::string buffer_ = std::string(kMaxCallText, '\0');
};

void Process::serve() {
  const Fd signals = watch_children();
  while (true) {
    std::array<pollfd, 2> news = {
        {{socket_.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}}};
    poll(news.data(), news.size(), -1);
    signalfd_siginfo ignored;
    while (read(signals.get(), &ignored, sizeof ignored) > 0) {
    }
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
      --running_;
    }
    std::optional<Job> job;
    if (news[0].revents != 0 && !receive(job)) {
      return;
    }
    if (job) {
      start(*std::move(job));
    }
  }
}

// False: that was the last. What is no call of a command of ours is dropped,
// which is heard at the other end of its control.
bool Process::receive(std::optional<Job>& job) {
  iovec bytes{buffer_.data(), buffer_.size()};
  PassedFds fds{};
  msghdr message = message_of(bytes, fds);
  const ssize_t size =
      recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size <= 0) {
    return size < 0 && (errno == EAGAIN || errno == EINTR);
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  std::array<int, kPassed> passed;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof passed)) {
    return true;
  }
  std::memcpy(passed.data(), CMSG_DATA(header), sizeof passed);
  Job made{{}, Fd(passed[0]), Fd(passed[1])};
  const std::string_view text(buffer_.data(), static_cast<std::size_t>(size));
  std::optional<CommandCall> call = decode_call(text);
  Result<Command> command =
      call ? command_of(config_, *std::move(call))
           : Result<Command>(Error{Errc::kBadUrl, "no call"});
  if (command) {
    made.command = *std::move(command);
    job = std::move(made);
  }
  return true;
}

void Process::start(Job job) {
  Report report;
  const int control = job.control.get();
  if (running_ >= most_) {
    report.kind = Report::Kind::kTooMany;
    send_report(control, report);
  } else if (fork_keeper(job) > 0) {
    ++running_;
  } else {
    report.kind = Report::Kind::kNoProcess;
    report.number = errno;
    send_report(control, report);
  }
}

}  // namespace

Spawner::Spawner(const Config& config, unsigned most) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return;
  }
  Fd ours(ends[0]);
  Fd its(ends[1]);
  const pid_t pid = fork();
  if (pid == 0) {
    forget_inherited(std::array{&its});
    Process(std::move(its), config, most).serve();
    _exit(EXIT_SUCCESS);
  }
  if (pid > 0) {
    setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience,
               sizeof kPatience);
    socket_ = std::move(ours);
  }
}

Result<void> Spawner::pass(const Job& job) const {
  errno = ENOTCONN;
  if (!socket_.is_open() || !send_job(socket_.get(), job)) {
    return Error{Errc::kUnavailable,
                 system_error("the process that starts commands is out of "
                              "reach: restart us")};
  }
  return {};
}

}  // namespace claimcheck
