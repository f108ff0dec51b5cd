// The state directory: where this user's processes keep used tokens and, where
// none was configured, the secret.
#ifndef CLAIMCHECK_EDGE_STATE_DIRECTORY_H_
#define CLAIMCHECK_EDGE_STATE_DIRECTORY_H_

#include <mutex>
#include <string>
#include <vector>

#include "claimcheck/result.h"
#include "edge/held_file.h"

namespace claimcheck {

// first_there returns the first of `candidates` that exists, whatever it is;
// empty if none does.
std::string first_there(const std::vector<std::string>& candidates);

// StateDirectory settles on the first candidate that exists; where none does,
// on the first that can be made, if `is_made` says so: a folder with an
// absolute name that is missing may be a volume that is not mounted. Once
// settled it never moves and is never made again: a new, empty one would let
// used tokens in. Thread-safe.
class StateDirectory {
 public:
  StateDirectory(std::vector<std::string> candidates, bool is_made)
      : candidates_(std::move(candidates)), is_made_(is_made) {}

  // open returns the folder. kUnavailable, with what to do, if it is missing,
  // not ours, or others may write to it: each call looks again.
  Result<HeldFile::Use> open();

  // path is the folder's, once open() has settled; empty before.
  std::string path();

 private:
  Result<HeldFile::Use> settle();
  Result<HeldFile::Use> settle_on(const std::string& path);

  const std::vector<std::string> candidates_;
  const bool is_made_;
  std::mutex mutex_;
  std::string settled_;
  HeldFile folder_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_STATE_DIRECTORY_H_
