// World is all that policy needs from outside, and the only way to it. edge/
// has the real one, tests a fake.
#ifndef CLAIMCHECK_POLICY_WORLD_H_
#define CLAIMCHECK_POLICY_WORLD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "claimcheck/jwt.h"
#include "claimcheck/key.h"
#include "claimcheck/result.h"
#include "policy/fd.h"

namespace claimcheck {

// FileRef names a file beneath a folder: `path` is relative, without empty or
// dot segments.
struct FileRef {
  std::string root;
  std::string path;
};

// OpenFile is a regular file, open for reading, and its identity.
struct OpenFile {
  Fd fd;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;  // since 1970-01-01T00:00:00Z
  std::uint64_t inode = 0;
};

// Redemption is what is kept of a used token.
struct Redemption {
  std::string handle;
  UnixTime expires{};
  std::string resource;
};

class World {
 public:
  virtual ~World() = default;

  virtual UnixTime now() = 0;

  // random returns 128 bits that nobody can guess.
  virtual std::array<unsigned char, 16> random() = 0;

  // keys returns the keys in force. kConfig or kUnavailable.
  virtual Result<std::shared_ptr<const KeySet>> keys() = 0;

  // open returns the regular file that `file` names, reached without following
  // a link or leaving the root. kNotFound, or kUnavailable where the root or
  // the process is at fault.
  virtual Result<OpenFile> open(const FileRef& file) = 0;

  // check_redemptions tells whether redeem() could work now. kUnavailable.
  virtual Result<void> check_redemptions() = 0;

  // is_redeemed tells whether a token was used. kUnavailable.
  virtual Result<bool> is_redeemed(const Redemption& redemption) = 0;

  // redeem marks a token as used: true for exactly one caller among all
  // threads, processes and hosts, false for the others. kUnavailable.
  virtual Result<bool> redeem(const Redemption& redemption) = 0;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_WORLD_H_
