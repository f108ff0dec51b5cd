// A body that is moved from a file or a pipe into a socket or another pipe
// without passing through the process.
//
//   Body body(std::move(slice));
//   for (Body::Supply supply; (supply = body.next()).state == Body::kBytes;)
//     while (supply.size > 0) supply.size -= body.move(out, supply.size);
#ifndef CLAIMCHECK_EDGE_BODY_H_
#define CLAIMCHECK_EDGE_BODY_H_

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "policy/http.h"

namespace claimcheck {

class Body {
 public:
  enum State {
    kBytes,  // there are `size` more
    kEnd,    // that was all
    kWait,   // the pipe is empty: wait for waits_on()
    kCut,    // the source ended early, failed, is another or cannot be read
  };
  struct Supply {
    State state;
    std::size_t size = 0;
  };

  Body() = default;
  explicit Body(FileSlice slice);
  explicit Body(FileParts parts) : source_(std::move(parts)) {}
  explicit Body(std::unique_ptr<Output> output) : source_(std::move(output)) {}

  // next tells what comes, of at most `most` bytes.
  Supply next(std::size_t most);

  // move moves up to `size` bytes, of those that next() told of, to `out`, as
  // sendfile(2) does it: how many, or -1 and errno. 0: they are not there, or
  // not of the version that was begun with. The last bytes of a file go only
  // after a look at its version, so that no mixed file arrives whole.
  ssize_t move(int out, std::size_t size);

  // take_small appends the body to `text` and leaves nothing, if it is of a
  // file and of at most `most` bytes, and can be read at once. Before move().
  bool take_small(std::string& text, std::size_t most);

  // is_another tells whether the file is no longer of the version that was
  // promised: nobody gets more of that, resuming neither.
  bool is_another() const;

  // why_cut says, for the log, what became of a source that ended early.
  std::string_view why_cut() const { return why_cut_; }

  // waits_on are descriptors of which one is readable when next() has news; -1
  // is none.
  std::array<int, 2> waits_on() const;

  // output is the program behind the body, or nullptr.
  Output* output() const;

 private:
  Supply next_part(const FileParts& source, std::size_t most);
  bool is_same(const FileParts& source);
  ssize_t move_last(const FileParts& source, int out, std::size_t size);
  ssize_t move_part(FileParts& source, int out, std::size_t size);

  std::variant<std::monostate, FileParts, std::unique_ptr<Output>> source_;
  // The part that comes next, and how much of its text went.
  std::size_t at_ = 0;
  std::size_t text_sent_ = 0;
  std::string_view why_cut_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_BODY_H_
