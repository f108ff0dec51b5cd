// The audit log: a JSON line for each decision.
//
//   {"time":"2026-11-23T10:00:00.123Z","event":"redeemed","handle":"1a2b…",
//    "user":"alice","resource":"/downloads/a.csv","bytes":1234,
//    "end":"complete","ms":1.204}
//
// Events: issued, redeemed, refused, and checked for a HEAD that was answered
// like its GET. Members that are empty are left out. No line holds a token or a
// secret.
#ifndef CLAIMCHECK_EDGE_AUDIT_H_
#define CLAIMCHECK_EDGE_AUDIT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "claimcheck/jwt.h"
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

// ErrorStream takes a line for the web server's error log.
using ErrorStream = std::function<void(std::string_view line)>;

// report sends what an admin has to mend to the server's log, a line for each
// of `detail`, with controls escaped.
void report(std::string_view detail, const ErrorStream& errors);

// audit_line spells a record, without a line end.
std::string audit_line(UnixTime time, const AuditRecord& record,
                       const Delivery& delivery);

// Audit sends lines where config.audit says. Thread-safe.
class Audit {
 public:
  // `program` names us in syslog; `target` is config.audit.
  Audit(std::string program, std::string target);

  // write logs one decision. What the admin has to mend (a notice, a status of
  // 500 and above, a log file that cannot be written) goes to `errors` too.
  void write(UnixTime time, int status, const AuditRecord& record,
             const Delivery& delivery, const ErrorStream& errors) const;

 private:
  void send(const std::string& line, const ErrorStream& errors) const;

  const std::string program_;
  const std::string target_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_AUDIT_H_
