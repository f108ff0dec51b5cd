// The audit log: a JSON line for each decision.
//
//   {"time":"2026-11-23T10:00:00.123Z","event":"redeemed","handle":"1a2b…",
//    "user":"alice","resource":"/downloads/a.csv","bytes":1234,
//    "end":"complete","ms":1.204}
//
// bytes are those given to the web server, "-" of a file that was handed over
// to it (policy/handover.h).
//
// Events: issued, redeemed, resumed, repeated, refused, and checked for what
// redeemed nothing: a HEAD, a 304 to a client that has the file already, and a
// command whose client left before it began. A range (206) is redeemed like the
// whole; bytes tell how much it was. Members that are empty are left out. No
// line holds a token or a secret.
#ifndef CLAIMCHECK_EDGE_AUDIT_H_
#define CLAIMCHECK_EDGE_AUDIT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "claimcheck/jwt.h"
#include "edge/held_file.h"
#include "policy/http.h"

namespace claimcheck {

// Delivery is how an answer ended, as far as the web server took it.
struct Delivery {
  enum class End {
    kComplete,
    kClientLeft,
    kCut,  // the body ended early: the answer was broken off
  };
  std::uint64_t bytes = 0;  // of the body, given to the server
  End end = End::kComplete;
  std::chrono::microseconds duration{};
};

// admin_lines spells what an admin has to mend for the server's log, a line for
// each of `detail`, with controls escaped and its end.
std::string admin_lines(std::string_view detail);

// audit_line spells a record, without a line end.
std::string audit_line(UnixTime time, const AuditRecord& record,
                       const Delivery& delivery);

// Audit sends lines where config.audit says. Thread-safe.
class Audit {
 public:
  // `program` names us in syslog; `target` is config.audit.
  Audit(std::string program, std::string target);

  // lines returns what one decision leaves in the web server's error log, each
  // line with its end: what the admin has to mend (a notice, the reason of a
  // status of 500 and above, an earlier line that could not be kept), and with
  // the target "stderr" the audit line.
  std::string lines(UnixTime time, int status, const AuditRecord& record,
                    const Delivery& delivery) const;

  // keep sends the line to syslog or to the file, if either is the target, and
  // a notice in it: nginx's error log is closed to us (nginx/download.conf). A
  // line that cannot be kept goes to our own error output and, since a
  // FastCGI program's may lead nowhere, into the next lines() too.
  void keep(UnixTime time, const AuditRecord& record,
            const Delivery& delivery) const;

 private:
  bool append_line(const std::string& line) const;

  const std::string program_;
  const std::string target_;
  mutable HeldFile file_;
  // The beginning alone of our last line is in the file. The next line of
  // another process may join it.
  mutable std::atomic<bool> is_cut_ = false;
  mutable std::mutex mutex_;
  mutable std::string unkept_;
};

// write_error writes lines to our own error output. They are lost where nobody
// reads it: who serves must not wait for that.
void write_error(std::string_view lines);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_AUDIT_H_
