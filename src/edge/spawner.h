// The spawner: a process that starts programs for one that cannot. A FastCGI
// download has threads, which fork(2) does not go with, and is confined, which
// a program that it started would be too; so it leaves this process behind
// before it becomes either.
//
//   Spawner spawner(config, kMaxCommands);   // before there are threads
//   confine(config);
//   spawner.pass(job);
//
// It is not confined, and so it runs what the configuration says and nothing
// else: it is passed a call, and makes the command itself. Whoever takes the
// confined process over can have the downloads made, in anybody's name.
// It ends with us.
#ifndef CLAIMCHECK_EDGE_SPAWNER_H_
#define CLAIMCHECK_EDGE_SPAWNER_H_

#include "claimcheck/result.h"
#include "edge/job.h"
#include "policy/config.h"
#include "policy/fd.h"

namespace claimcheck {

// kMaxCommands is how many commands a process runs at once.
inline constexpr unsigned kMaxCommands = 32;

class Spawner {
 public:
  // `most` programs run at once, those that are being ended among them.
  Spawner(const Config& config, unsigned most);

  // pass has a keeper forked for a job, or a report sent why there is none.
  // kUnavailable if the spawner cannot be reached. Thread-safe.
  Result<void> pass(const Job& job) const;

 private:
  Fd socket_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SPAWNER_H_
