// The keys that sign and verify, from wherever the configuration says.
#ifndef CLAIMCHECK_EDGE_KEYRING_H_
#define CLAIMCHECK_EDGE_KEYRING_H_

#include <memory>
#include <mutex>
#include <string>

#include "claimcheck/key.h"
#include "claimcheck/result.h"
#include "edge/state_directory.h"
#include "policy/config.h"

namespace claimcheck {

// Keyring loads the keys once: the file config.keys, else config.jwt_secret,
// else the secret in the state directory, which the first process to need it
// makes. Thread-safe. `state` must outlive it.
class Keyring {
 public:
  Keyring(const Config& config, StateDirectory& state)
      : file_(config.keys), secret_(config.jwt_secret), state_(state) {}

  // keys returns the keys. kConfig for a file or secret that is no key;
  // kUnavailable while the state directory cannot be used: each call tries
  // again until one succeeds.
  Result<std::shared_ptr<const KeySet>> keys();

 private:
  Result<Key> load();

  const std::string file_;
  const std::string secret_;
  StateDirectory& state_;
  std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_KEYRING_H_
