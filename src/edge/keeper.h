// A keeper: a process for one program. It starts the program, reads its error
// output so that this never blocks it, reports how it ended and leaves nothing
// of it behind. It has no thread, no configuration and no state. Where it is
// killed itself the program ends with it, and what the program had started does
// not.
#ifndef CLAIMCHECK_EDGE_KEEPER_H_
#define CLAIMCHECK_EDGE_KEEPER_H_

#include <sys/types.h>

#include "edge/job.h"

namespace claimcheck {

// fork_keeper starts a keeper and returns its process id, or -1 and errno. The
// job's ends stay open here too: close them.
//
// The program runs in "/", with /dev/null as its standard input, in a session
// and process group of its own, and gains no rights by executing (setuid). When
// the other end of the job's control is closed the group gets SIGTERM, and
// SIGKILL two seconds later; so it does when the program itself has failed. Who
// leaves the group is on his own.
pid_t fork_keeper(Job& job);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_KEEPER_H_
