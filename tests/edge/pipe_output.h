// What a program writes, without a program: a test writes to the other end of
// the pipe, and closing it is the program's end.
#ifndef CLAIMCHECK_TESTS_EDGE_PIPE_OUTPUT_H_
#define CLAIMCHECK_TESTS_EDGE_PIPE_OUTPUT_H_

#include <poll.h>
#include <sys/ioctl.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "policy/fd.h"
#include "policy/output.h"

namespace claimcheck::testing {

class PipeOutput : public Output {
 public:
  PipeOutput(Fd pipe, State end) : pipe_(std::move(pipe)), end_(end) {}

  Look look() override {
    int there = 0;
    pollfd ready = {pipe_.get(), POLLIN, 0};
    poll(&ready, 1, 0);
    ioctl(pipe_.get(), FIONREAD, &there);
    if (there > 0) {
      return {State::kBytes, static_cast<std::size_t>(there)};
    }
    return {(ready.revents & POLLHUP) != 0 ? end_ : State::kWaits};
  }

  int fd() const override { return pipe_.get(); }
  std::array<int, 2> waits_on() const override { return {pipe_.get(), -1}; }
  Error failure() const override {
    return {Errc::kCommandFailed, "the program failed"};
  }
  std::string take_words() override { return std::exchange(words_, {}); }

 private:
  Fd pipe_;
  const State end_;
  std::string words_ = "said\nthat\n";
};

// output_of is of a program that ends well, or fails.
inline std::unique_ptr<Output> output_of(
    Fd pipe, Output::State end = Output::State::kEnded) {
  return std::make_unique<PipeOutput>(std::move(pipe), end);
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_PIPE_OUTPUT_H_
