// What each finding means, and the line that mends it.
#ifndef CLAIMCHECK_DOCTOR_ADVICE_H_
#define CLAIMCHECK_DOCTOR_ADVICE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace claimcheck::doctor {

enum class Server { kUnknown, kApache, kLighttpd, kNginx };

// server_of reads a header Server.
Server server_of(std::string_view header);

struct Advice {
  std::string_view code;
  // Why it matters.
  std::string_view why;
  // What to do whatever the server; empty if that depends on it.
  std::string_view everywhere;
  std::string_view apache;
  std::string_view lighttpd;
  std::string_view nginx;
};

// all_advice has each code once.
std::span<const Advice> all_advice();

// advice_for returns the advice of a code that is there.
const Advice& advice_for(std::string_view code);

// remedies_of lists what to do under this server, and under each of them where
// it is not known which one it is.
std::vector<std::string> remedies_of(const Advice& advice, Server server);

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_ADVICE_H_
