// A body that is moved from a file or a pipe into a socket or another pipe
// without passing through the process.
//
//   Body body(std::move(slice));
//   for (Body::Supply supply; (supply = body.next()).state == Body::kBytes;)
//     while (supply.size > 0) supply.size -= body.move(out, supply.size);
#ifndef CLAIMCHECK_EDGE_BODY_H_
#define CLAIMCHECK_EDGE_BODY_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <variant>

#include "policy/http.h"

namespace claimcheck {

class Body {
 public:
  enum State {
    kBytes,  // there are `size` more
    kEnd,    // that was all
    kWait,   // the pipe is empty: wait for waits_on()
    kCut,    // the source ended early or cannot be read
  };
  struct Supply {
    State state;
    std::size_t size = 0;
  };

  Body() = default;
  explicit Body(FileSlice slice) : source_(std::move(slice)) {}
  explicit Body(Pipe pipe) : source_(std::move(pipe)) {}

  // next tells what comes, of at most `most` bytes.
  Supply next(std::size_t most);

  // move moves up to `size` bytes, of those that next() told of, to `out`, as
  // sendfile(2) does it: how many, or -1 and errno. 0: they are not there, the
  // file has shrunk.
  ssize_t move(int out, std::size_t size);

  // take_small appends the body to `text` and leaves nothing, if it is a slice
  // of at most `most` bytes that can be read at once.
  bool take_small(std::string& text, std::size_t most);

  // waits_on is the pipe's descriptor, or -1.
  int waits_on() const;

 private:
  ssize_t move_slice(FileSlice& slice, int out, std::size_t size);
  ssize_t move_pipe(Pipe& pipe, int out, std::size_t size);

  std::variant<std::monostate, FileSlice, Pipe> source_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_BODY_H_
