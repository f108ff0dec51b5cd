// A program that runs, as those see it who want its output.
//
//   Result<std::unique_ptr<Output>> output = start_command(command, &spawner);
#ifndef CLAIMCHECK_EDGE_RUNNING_COMMAND_H_
#define CLAIMCHECK_EDGE_RUNNING_COMMAND_H_

#include <chrono>
#include <memory>
#include <string>

#include "edge/job.h"
#include "edge/spawner.h"
#include "policy/fd.h"
#include "policy/output.h"
#include "policy/world.h"

namespace claimcheck {

// kCommandDescriptors is what a program that runs takes of them.
inline constexpr long kCommandDescriptors = 3;

// start_command starts a program by the spawner or, where there is none, by a
// keeper that is forked here: for a process without threads. kUnavailable.
Result<std::unique_ptr<Output>> start_command(const Command& command,
                                              const Spawner* spawner);

// RunningCommand waits for the end of `output`, the reading end of the
// program's pipe, and then for the Report that its keeper sends to `control`.
// `timer` is a timerfd(2).
class RunningCommand : public Output {
 public:
  RunningCommand(const Command& command, Fd output, Fd control, Fd timer);

  Look look() override;
  int fd() const override { return output_.get(); }
  std::array<int, 2> waits_on() const override;
  Error failure() const override;
  std::string take_words() override;

 private:
  State ending();
  State take_report();
  bool is_overdue();

  const std::string program_;
  const std::chrono::milliseconds timeout_;
  Fd output_;
  Fd control_;
  Fd timer_;
  bool is_waiting_ = false;  // the timer runs
  bool has_written_ = false;
  bool has_hung_up_ = false;
  bool was_overdue_ = false;
  State state_ = State::kWaits;
  // What the keeper said, if it said anything.
  bool is_reported_ = false;
  Report report_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_RUNNING_COMMAND_H_
