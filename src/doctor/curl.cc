#include "doctor/curl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "claimcheck/sha256.h"
#include "policy/fd.h"

extern char** environ;

namespace claimcheck::doctor {
namespace {

// Head and beginning of the body; a file to compare needs no more.
constexpr std::size_t kMaxAnswer = 128 << 10;
constexpr std::size_t kMaxComplaint = 4096;
// curl ends by itself before that.
constexpr std::chrono::seconds kPatience{25};

// What curl(1) has between double quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '\\':
      case '"':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\v':
        out += "\\v";
        break;
      default:
        out += c;
    }
  }
  return out + "\"\n";
}

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return {};
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

// Child is a curl that runs; it is ended and waited for in any case.
class Child {
 public:
  Child(const std::string& program, const Pipe& in, const Pipe& out,
        const Pipe& err) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, err.write.get(), 2);
    // -q comes first, or curl reads .curlrc.
    char* const argv[] = {const_cast<char*>("curl"), const_cast<char*>("-q"),
                          const_cast<char*>("--config"), const_cast<char*>("-"),
                          nullptr};
    if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv, environ) !=
        0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  bool is_started() const { return pid_ > 0; }

  // end returns the exit status, -1 of one that had to be killed.
  int end() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait();
    }
    return status_;
  }

  // wait is for one that ends by itself.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return status_;
  }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 0);
  }
}

// read_some appends what came; false at the end.
bool read_some(int fd, std::string& text) {
  char buffer[16384];
  const ssize_t size = read(fd, buffer, sizeof buffer);
  if (size > 0) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return size > 0 || (size < 0 && errno == EINTR);
}

struct Output {
  std::string out;
  std::string err;
  // Both ended by themselves.
  bool is_whole = false;
};

Output read_output(int out, int err) {
  Output output;
  pollfd fds[] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (output.out.size() < kMaxAnswer && output.err.size() < kMaxComplaint) {
    if (fds[0].fd < 0 && fds[1].fd < 0) {
      output.is_whole = true;
      return output;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0 ||
        (poll(fds, 2, static_cast<int>(left.count())) < 0 && errno != EINTR)) {
      return output;
    }
    if (fds[0].revents != 0 && !read_some(out, output.out)) {
      fds[0].fd = -1;
    }
    if (fds[1].revents != 0 && !read_some(err, output.err)) {
      fds[1].fd = -1;
    }
  }
  return output;
}

// curl(1), EXIT CODES: what has to do with TLS.
bool is_tls_status(int status) {
  constexpr int kTls[] = {35, 51, 53, 54, 58, 59, 60, 64,
                          66, 77, 80, 82, 83, 90, 91};
  return std::find(std::begin(kTls), std::end(kTls), status) != std::end(kTls);
}

// "curl: (7) Failed to connect to …", of which the first line counts.
std::string complaint_of(const std::string& err, int status) {
  const std::string line = err.substr(0, err.find('\n'));
  constexpr std::string_view kName = "curl: ";
  if (line.starts_with(kName)) {
    return line.substr(kName.size());
  }
  return "curl ended with status " + std::to_string(status) +
         (line.empty() ? "" : ": " + line);
}

Answer failed(std::string why) {
  Answer answer;
  answer.failure = std::move(why);
  return answer;
}

Answer answer_of(const Output& output, int status) {
  Answer answer = parse_answer(output.out);
  answer.is_whole = output.is_whole && status == 0;
  if (answer.status == 0 && output.is_whole && status != 0) {
    answer.failure = complaint_of(output.err, status);
    answer.is_tls = is_tls_status(status);
  }
  return answer;
}

}  // namespace

std::string curl_config(const Question& question) {
  std::string config =
      "silent\nshow-error\ninclude\npath-as-is\ngloboff\n"
      "suppress-connect-headers\nmax-time = 20\n"
      "connect-timeout = 10\nproto = \"=http,https\"\n";
  config += question.method == "HEAD" ? "head\n"
                                      : "request = " + quoted(question.method);
  if (question.method == "POST") {
    config += "data = \"\"\n";
  }
  if (!question.login.empty()) {
    config += "basic\nuser = " + quoted(question.login);
  }
  for (const Header& header : question.headers) {
    config += "header = " + quoted(header.name + ": " + header.value);
  }
  return config + "url = " + quoted(question.url);
}

std::optional<std::string> find_curl(const std::string& path) {
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string program = std::string(rest.substr(0, end)) + "/curl";
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (program.front() == '/' && access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return std::nullopt;
}

Answer Curl::ask(const Question& question) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  if (!in.read.is_open() || !out.read.is_open() || !err.read.is_open()) {
    return failed("no pipe to curl: " + std::string(std::strerror(errno)));
  }
  Child child(program_, in, out, err);
  if (!child.is_started()) {
    return failed(program_ + " cannot be started");
  }
  in.read = Fd();
  out.write = Fd();
  err.write = Fd();
  std::string config = curl_config(question);
  const Cleanser cleanser(config);
  write_all(in.write.get(), config);
  in.write = Fd();
  const Output output = read_output(out.read.get(), err.read.get());
  return answer_of(output, output.is_whole ? child.wait() : child.end());
}

UnixTime Curl::now() {
  return std::chrono::duration_cast<UnixTime>(
      std::chrono::system_clock::now().time_since_epoch());
}

void Curl::wait_until(UnixTime time) {
  std::this_thread::sleep_until(std::chrono::system_clock::time_point(time));
}

}  // namespace claimcheck::doctor
