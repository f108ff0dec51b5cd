#include "edge/audit.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "claimcheck/json.h"
#include "edge/file.h"

namespace claimcheck {
namespace {

std::string iso_time(UnixTime time) {
  const std::time_t seconds = time.count() / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%FT%T", &utc);
  std::snprintf(text + size, sizeof text - size, ".%03dZ",
                static_cast<int>(time.count() % 1000));
  return text;
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

void add(std::string& line, const char* name, std::string_view value) {
  if (!value.empty()) {
    line += ",\"" + std::string(name) + "\":" + json_quote(value);
  }
}

// The file is opened for each line, so that a log that is rotated away is
// started anew; one write(2) keeps the lines of many processes apart.
bool append_line(const std::string& file, const std::string& line) {
  const Fd fd(open(file.c_str(),
                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                   0640));
  const std::string text = line + '\n';
  return fd.is_open() && write(fd.get(), text.data(), text.size()) ==
                             static_cast<ssize_t>(text.size());
}

}  // namespace

void report(std::string_view detail, const ErrorStream& errors) {
  while (!detail.empty()) {
    const std::size_t end = std::min(detail.find('\n'), detail.size());
    const std::string line = json_quote(detail.substr(0, end));
    errors("claimcheck: " + line.substr(1, line.size() - 2));
    detail.remove_prefix(std::min(end + 1, detail.size()));
  }
}

std::string audit_line(UnixTime time, const AuditRecord& record,
                       const Delivery& delivery) {
  std::string line = "{\"time\":\"" + iso_time(time) + '"';
  add(line, "event", record.event);
  add(line, "handle", record.handle);
  add(line, "user", record.user);
  add(line, "resource", record.resource);
  add(line, "code", record.code);
  line += ",\"bytes\":" + std::to_string(delivery.bytes);
  add(line, "end", end_word(delivery.end));
  char ms[32];
  std::snprintf(ms, sizeof ms, ",\"ms\":%.3f",
                static_cast<double>(delivery.duration.count()) / 1000);
  line += ms;
  add(line, "detail", record.detail);
  return line + '}';
}

Audit::Audit(std::string program, std::string target)
    : program_(std::move(program)), target_(std::move(target)) {
  if (target_ == "syslog") {
    openlog(program_.c_str(), LOG_PID, LOG_DAEMON);
  }
}

void Audit::write(UnixTime time, int status, const AuditRecord& record,
                  const Delivery& delivery, const ErrorStream& errors) const {
  report(record.notice, errors);
  if (status >= 500) {
    report(record.detail, errors);
  }
  send(audit_line(time, record, delivery), errors);
}

void Audit::send(const std::string& line, const ErrorStream& errors) const {
  if (target_ == "stderr") {
    errors(line);
  } else if (target_ == "syslog") {
    syslog(LOG_INFO, "%s", line.c_str());
  } else if (!append_line(target_, line)) {
    report(system_error("the audit log " + target_), errors);
    errors(line);
  }
}

}  // namespace claimcheck
