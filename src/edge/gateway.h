// The gateway between the web server and policy. The process was started
// either for one CGI request (RFC 3875), or as a FastCGI responder with a
// listening socket as its standard input; it finds out which.
//
//   Gateway gateway{answer, audit};
//   return gateway.run();
#ifndef CLAIMCHECK_EDGE_GATEWAY_H_
#define CLAIMCHECK_EDGE_GATEWAY_H_

#include <functional>
#include <string>

#include "edge/audit.h"
#include "policy/http.h"

namespace claimcheck {

// is_fastcgi tells whether standard input is a listening socket.
bool is_fastcgi();

// is_cgi tells whether the environment is that of a CGI request.
bool is_cgi();

// Gateway serves requests with `answer`, which is called from several threads
// at once under FastCGI.
struct Gateway {
  std::function<Response(const Request&)> answer;
  const Audit& audit;

  // run serves one CGI request, or FastCGI requests until SIGTERM, SIGINT or
  // SIGUSR1, when it finishes those in flight. Returns the exit status.
  int run() const;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_GATEWAY_H_
