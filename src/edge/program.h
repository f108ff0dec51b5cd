// What the two programs have in common: arguments, configuration, gateway.
#ifndef CLAIMCHECK_EDGE_PROGRAM_H_
#define CLAIMCHECK_EDGE_PROGRAM_H_

#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

// Policy is issue() or redeem().
using Policy = Response (*)(const Config& config, const Request& request,
                            World& world);

// Broken answers what never reaches policy: every request where the
// configuration is of no use, and one that is too large or one too many.
using Broken = Response (*)(const Config& config, const Request& request,
                            const Error& error);

struct Program {
  const char* name;
  Policy policy;
  Broken broken;
  // Whether a FastCGI program confines itself to the files of its
  // configuration. One that runs for a single CGI request would pay for it
  // each time.
  bool is_confined;
};

// run_program is all of main(). Under a web server it always serves: with a
// broken configuration every request gets 500 and the log the reason, so that
// the server does not start us again and again.
int run_program(const Program& program, int argc, char** argv);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_PROGRAM_H_
