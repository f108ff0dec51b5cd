// The keys that sign and verify, from wherever the configuration says.
#ifndef CLAIMCHECK_EDGE_KEYRING_H_
#define CLAIMCHECK_EDGE_KEYRING_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "edge/key_file.h"
#include "edge/state_directory.h"
#include "policy/config.h"

namespace claimcheck {

// kSecretName is the secret's in the state directory.
inline constexpr const char* kSecretName = "secret";

// Keyring has the keys of one setting. Thread-safe.
//
// A file is looked at (stat(2)) for each request, so that get-token never
// signs with a key that download has yet to see, and read when it changed. New
// keys that are none, or may be read by others, leave the old ones in force,
// and are tried again each second.
class Keyring {
 public:
  // The keys of the file config.keys, else of config.jwt_secret, else of the
  // secret in the state directory, which the first process to need it makes.
  // `state` must outlive the keyring.
  Keyring(const Config& config, StateDirectory& state)
      : setting_("keys"),
        file_(config.keys),
        secret_(config.jwt_secret),
        state_(&state) {}

  // The keys of `file`, which `setting` names, and nothing in their place.
  Keyring(std::string setting, std::string file)
      : setting_(std::move(setting)), file_(std::move(file)) {}

  // keys returns the keys in force. While there never were any: kConfig for a
  // file or secret that holds none; kUnavailable while the state directory
  // cannot be used. Each call tries again until one succeeds.
  Result<std::shared_ptr<const KeySet>> keys();

  // check is keys() while there never were any: from the first on there always
  // are.
  Result<void> check();

  // take_notice returns why new keys were not taken, once; empty if they were.
  std::string take_notice();

 private:
  using Clock = std::chrono::steady_clock;

  // Loaded is the keys in force and what they were read from.
  struct Loaded {
    std::shared_ptr<const KeySet> keys;
    // Empty: the environment.
    std::string path;
    // What was read last, or refused.
    FileVersion version;
    // A file that changed just now may change again within the same tick of its
    // clock: until then it is read again.
    bool is_settled = false;
    // Where it was refused.
    std::optional<Clock::time_point> try_again{};
  };

  static bool is_current(const Loaded& loaded);
  Result<Loaded> load() const;
  std::shared_ptr<const Loaded> newest() const;
  std::shared_ptr<const KeySet> take(Loaded loaded);
  std::shared_ptr<const KeySet> keep_old(Loaded old, const FileVersion& refused,
                                         const Error& error);

  // Stands before what is wrong with a file.
  const std::string setting_;
  const std::string file_;
  const std::string secret_;
  // nullptr: a file alone.
  StateDirectory* const state_ = nullptr;
  // Who finds that the file changed waits here for its keys.
  std::mutex loading_;
  // Why the newest file was refused; empty if it was not. With `loading_`.
  std::string problem_;
  // Of what follows, and never held for long.
  mutable std::mutex mutex_;
  std::shared_ptr<const Loaded> loaded_;
  std::string notice_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_KEYRING_H_
