// Output is what a program writes while it runs. Policy passes it on; edge/ has
// the real one, tests a fake.
//
//   switch (output->look().state) {
//     case Output::State::kBytes: splice(output->fd(), …
//     case Output::State::kWaits: poll(output->waits_on()) …
#ifndef CLAIMCHECK_POLICY_OUTPUT_H_
#define CLAIMCHECK_POLICY_OUTPUT_H_

#include <array>
#include <cstddef>
#include <string>

#include "claimcheck/result.h"

namespace claimcheck {

class Output {
 public:
  enum class State {
    kBytes,   // there are `size`
    kWaits,   // there are none yet: wait for waits_on()
    kEnded,   // there are no more, and the program succeeded
    kFailed,  // the program failed or took too long: failure() says which
  };
  struct Look {
    State state;
    std::size_t size = 0;
  };

  // To destroy an output ends its program.
  virtual ~Output() = default;

  // look tells how things stand, and never blocks. Time runs for the program
  // between a first kWaits and the next kBytes, and not while there are bytes
  // that nobody takes.
  virtual Look look() = 0;

  // fd is the end of the pipe to read from. It does not block.
  virtual int fd() const = 0;

  // waits_on are descriptors of which one is readable when look() has news; -1
  // is none.
  virtual std::array<int, 2> waits_on() const = 0;

  // failure is kCommandFailed, or kUnavailable where the program was not
  // started for a lack of room. After kFailed.
  virtual Error failure() const = 0;

  // take_words returns lines of what the program wrote to its error output,
  // once and bounded: for the admin. Known after kEnded and kFailed.
  virtual std::string take_words() = 0;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_OUTPUT_H_
