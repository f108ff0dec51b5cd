#include "edge/audit.h"

#include <fcntl.h>
#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <utility>

#include "claimcheck/ascii.h"
#include "claimcheck/json.h"
#include "edge/file.h"

namespace claimcheck {
namespace {

// In bytes: a log that cannot be written must not fill memory instead.
constexpr std::size_t kMaxUnkept = 65536;

// In bytes, so that most lines are allocated once.
constexpr std::size_t kUsualLine = 320;

// RFC 3339 section 5.6, with milliseconds.
void add_time(std::string& line, UnixTime time) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::chrono::hh_mm_ss clock(time - day);
  add_digits(line, static_cast<int>(date.year()), 4);
  line += '-';
  add_digits(line, static_cast<unsigned>(date.month()), 2);
  line += '-';
  add_digits(line, static_cast<unsigned>(date.day()), 2);
  line += 'T';
  add_clock(line, clock);
  line += '.';
  add_digits(line, clock.subseconds().count(), 3);
  line += 'Z';
}

const char* end_word(Delivery::End end) {
  switch (end) {
    case Delivery::End::kComplete:
      return "complete";
    case Delivery::End::kClientLeft:
      return "client_left";
    case Delivery::End::kCut:
      return "cut";
  }
  __builtin_unreachable();
}

void add(std::string& line, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    json_name_to(line, name);
    json_quote_to(line, value);
  }
}

// errno tells.
std::string why_not_written(const std::string& file) {
  const char* const advice =
      errno == EROFS ? ": a unit of systemd's may write where it says so alone "
                       "(LogsDirectory=, ReadWritePaths=)"
                     : "";
  return system_error("the audit log " + file) + advice;
}

}  // namespace

std::string admin_lines(std::string_view detail) {
  std::string lines;
  while (!detail.empty()) {
    const std::size_t end = std::min(detail.find('\n'), detail.size());
    const std::string line = json_quote(detail.substr(0, end));
    lines += "claimcheck: " + line.substr(1, line.size() - 2) + '\n';
    detail.remove_prefix(std::min(end + 1, detail.size()));
  }
  return lines;
}

std::string audit_line(UnixTime time, const AuditRecord& record,
                       const Delivery& delivery) {
  std::string line;
  line.reserve(kUsualLine);
  line += '{';
  json_name_to(line, "time");
  line += '"';
  add_time(line, time);
  line += '"';
  add(line, "event", record.event);
  add(line, "handle", record.handle);
  add(line, "user", record.user);
  add(line, "resource", record.resource);
  add(line, "code", record.code);
  json_name_to(line, "bytes");
  line += record.is_handed_over ? "\"-\"" : std::to_string(delivery.bytes);
  add(line, "end", end_word(delivery.end));
  json_name_to(line, "ms");
  line += std::to_string(delivery.duration.count() / 1000) + '.';
  add_digits(line, delivery.duration.count() % 1000, 3);
  add(line, "detail", record.detail);
  return line + '}';
}

Audit::Audit(std::string program, std::string target)
    : program_(std::move(program)), target_(std::move(target)) {
  if (target_ == "syslog") {
    openlog(program_.c_str(), LOG_PID, LOG_DAEMON);
  }
}

std::string Audit::lines(UnixTime time, int status, const AuditRecord& record,
                         const Delivery& delivery) const {
  std::string lines = admin_lines(record.notice);
  if (status >= 500) {
    lines += admin_lines(record.detail);
  }
  if (target_ == "stderr") {
    lines += audit_line(time, record, delivery) + '\n';
    return lines;
  }
  const std::lock_guard lock(mutex_);
  return lines + std::exchange(unkept_, {});
}

// Each line looks whether the file is still there, so that a log that is
// rotated away is started anew; one write(2) keeps the lines of many processes
// apart.
bool Audit::append_line(const std::string& line) const {
  HeldFile::Use file = file_.use(target_);
  if (file == nullptr) {
    file = file_.hold(
        Fd(open(target_.c_str(),
                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640)));
    is_cut_ = false;
  }
  if (file == nullptr) {
    return false;
  }
  const bool was_cut = is_cut_.exchange(false);
  const std::string parted = was_cut ? '\n' + line : std::string();
  const std::string_view whole = was_cut ? parted : line;
  const std::size_t size = write_some(file->get(), whole);
  if (size < whole.size()) {
    is_cut_ = was_cut || size > 0;
  }
  return size == whole.size();
}

void Audit::keep(UnixTime time, const AuditRecord& record,
                 const Delivery& delivery) const {
  if (target_ == "stderr") {
    return;
  }
  std::string line = audit_line(time, record, delivery);
  line.pop_back();
  add(line, "notice", record.notice);
  line += "}\n";
  if (target_ == "syslog") {
    syslog(LOG_INFO, "%.*s", static_cast<int>(line.size() - 1), line.data());
  } else if (!append_line(line)) {
    const std::string lines = admin_lines(why_not_written(target_)) + line;
    write_error(lines);
    const std::lock_guard lock(mutex_);
    if (unkept_.size() + lines.size() <= kMaxUnkept) {
      unkept_ += lines;
    }
  }
}

namespace {

// ErrorOutput is the process's own. Up to PIPE_BUF bytes, a pipe that is ready
// takes all at once.
class ErrorOutput {
 public:
  void write_lines(std::string_view lines) {
    const std::lock_guard lock(mutex_);
    while (!lines.empty()) {
      if (!is_ready()) {
        return;
      }
      const ssize_t size = write(STDERR_FILENO, lines.data(),
                                 std::min<std::size_t>(lines.size(), PIPE_BUF));
      if (size < 0 && errno != EINTR) {
        return;
      }
      lines.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
    }
  }

 private:
  // Whoever reads slowly is waited for once, and whoever has stopped reading
  // not again until it reads on.
  bool is_ready() {
    pollfd ready = {STDERR_FILENO, POLLOUT, 0};
    const int wait_ms = is_stuck_ ? 0 : kPatienceMs;
    is_stuck_ = poll(&ready, 1, wait_ms) != 1 || (ready.revents & POLLOUT) == 0;
    return !is_stuck_;
  }

  static constexpr int kPatienceMs = 500;

  std::mutex mutex_;
  bool is_stuck_ = false;
};

}  // namespace

void write_error(std::string_view lines) {
  static ErrorOutput output;
  output.write_lines(lines);
}

}  // namespace claimcheck
