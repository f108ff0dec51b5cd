// A file or folder that is kept open from one request to the next, for as long
// as its name means it.
//
//   HeldFile held;
//   if (const HeldFile::Use file = held.use(path)) …  // file->get()
//   held.hold(Fd(open(path.c_str(), …)));
#ifndef CLAIMCHECK_EDGE_HELD_FILE_H_
#define CLAIMCHECK_EDGE_HELD_FILE_H_

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "policy/fd.h"

namespace claimcheck {

// HeldFile is thread-safe.
class HeldFile {
 public:
  // Use keeps the descriptor open, whatever is held meanwhile.
  using Use = std::shared_ptr<const Fd>;

  // use returns what is held if `path` leads to it, with the owner and the mode
  // that it had: one stat(2), once in a tick (recent.h). Nothing otherwise.
  Use use(const std::string& path) const;

  // hold takes the place of what was held. Nothing, and errno, if `fd` is not
  // open.
  Use hold(Fd fd);

 private:
  // A number of an inode is no other file's while that is open.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    uid_t owner = 0;
    mode_t mode = 0;

    bool operator==(const Identity&) const = default;
  };

  static Identity identity_of(const struct stat& status);

  mutable std::mutex mutex_;
  Use file_;
  Identity identity_;
  // When it was looked at.
  mutable std::int64_t tick_ = -1;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_HELD_FILE_H_
