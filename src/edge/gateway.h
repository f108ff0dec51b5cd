// The gateway between the web server and policy. The process was started
// either for one CGI request (RFC 3875), or as a FastCGI responder with a
// listening socket; it finds out which.
//
//   Gateway gateway{answer, refuse, audit};
//   return gateway.run();
#ifndef CLAIMCHECK_EDGE_GATEWAY_H_
#define CLAIMCHECK_EDGE_GATEWAY_H_

#include <chrono>
#include <functional>
#include <string>

#include "claimcheck/result.h"
#include "edge/audit.h"
#include "policy/http.h"

namespace claimcheck {

// is_fastcgi tells whether we were given a listening socket: as standard input,
// as web servers and spawn-fcgi do it, or by systemd (sd_listen_fds(3)).
bool is_fastcgi();

// is_cgi tells whether the environment is that of a CGI request.
bool is_cgi();

// Gateway serves requests with `answer`, which is called from several threads
// at once under FastCGI.
struct Gateway {
  std::function<Response(const Request&)> answer;
  // refuse answers what cannot be served: too large, or one too many.
  std::function<Response(const Request&, const Error&)> refuse;
  const Audit& audit;
  unsigned threads = 1;
  // How long what is in flight may take once we are told to stop.
  std::chrono::milliseconds shutdown_grace{30000};
  // What an answer takes of them: its file or pipe and what polls that, and
  // more where there are commands.
  long descriptors = 2;

  // run serves one CGI request, or FastCGI requests until SIGTERM, SIGINT,
  // SIGHUP or SIGUSR1, when it finishes those in flight. Returns the exit
  // status.
  int run() const;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_GATEWAY_H_
