// What those who want a program's output and those who keep the program say to
// each other. Both are this executable: the bytes are no format for others.
//
//            call           fork             fork, exec
//   download ----> spawner -----> keeper ---------------> program
//      ^              (FastCGI alone)  |  control            |
//      |<------------------------------'  report             |
//      |<------------------------------- output -------------'
//
// Neither spawner nor keeper touches the output: it goes from the program's
// pipe to the web server's socket.
#ifndef CLAIMCHECK_EDGE_JOB_H_
#define CLAIMCHECK_EDGE_JOB_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/fd.h"
#include "policy/world.h"

namespace claimcheck {

// Job is a program to run. Whoever holds the other end of `control` gets a
// report there when the program has ended, and ends it and all of its process
// group by closing that end.
struct Job {
  Command command;
  Fd output;  // what the program writes to
  Fd control;
};

// kMaxCallText, in bytes: as much as a URL and a user's name can hold.
inline constexpr std::size_t kMaxCallText = 65536;

// encode_call spells a call for the spawner: path, user, and names and values
// of parameters, each ended by a NUL, which none of them holds.
std::string encode_call(const CommandCall& call);

// decode_call returns nothing for what encode_call() does not write.
std::optional<CommandCall> decode_call(std::string_view text);

// Report is how a program ended.
struct Report {
  enum class Kind : std::uint32_t {
    kEnded,       // `number` is its wait status
    kNotStarted,  // `number` is the errno of execve(2)
    kNoProcess,   // `number` is the errno of fork(2)
    kTooMany,     // of the programs that may run at once
  };
  static constexpr std::size_t kMaxWords = 4096;

  Kind kind = Kind::kEnded;
  std::int32_t number = 0;
  // The first that the program wrote to its error output, and how many bytes
  // followed them.
  std::uint32_t words_size = 0;
  std::uint64_t dropped = 0;
  std::array<char, kMaxWords> words{};
};

// send_report tells the other end of `control`, if it is still there.
void send_report(int control, const Report& report);

// forget_inherited makes a process of what fork(2) returned 0 for, which keeps
// of its parent `fds`, moved to 3 and up, and nothing else: /dev/null for
// standard input, output and error, no signal handled, ignored or blocked, a
// session of its own.
void forget_inherited(std::span<Fd* const> fds);

// watch_children returns a signalfd(2) for the end of children. From then on
// what tells download to stop is blocked too: it may be sent to all processes
// of that name, and what is in flight is to be finished. The end of those who
// keep programs is that of their sockets.
Fd watch_children();

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_JOB_H_
