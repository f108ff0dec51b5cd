// The keys of several hosts, in the Redis that they share: keys = "redis:NAME".
//
//   claimcheck keygen | redis-cli -x SET NAME
#ifndef CLAIMCHECK_EDGE_REDIS_KEYRING_H_
#define CLAIMCHECK_EDGE_REDIS_KEYRING_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "claimcheck/sha256.h"
#include "edge/redis.h"

namespace claimcheck {

// RedisKeyring has the keys of the text (claimcheck/key_set.h) that `name`
// holds. Thread-safe. `redis` must outlive it.
//
// Each request asks for the text, so that no host signs with a key that another
// one has yet to see. A text that is none leaves the old keys in force.
class RedisKeyring {
 public:
  RedisKeyring(Redis& redis, std::string name)
      : redis_(redis), name_(std::move(name)) {}

  // keys returns the keys in force. kConfig for a name that holds nothing, and
  // for a text that is none while there never were keys; kUnavailable while
  // Redis is.
  Result<std::shared_ptr<const KeySet>> keys();

  // take_notice returns why a new text was not taken, once; empty if it was.
  std::string take_notice();

 private:
  Result<std::shared_ptr<const KeySet>> take(std::string_view text);
  Error config_error(const std::string& why) const;

  Redis& redis_;
  const std::string name_;
  std::mutex mutex_;
  // Of the text that was read last, taken or not.
  std::optional<Sha256Digest> seen_;
  std::string notice_;
  std::shared_ptr<const KeySet> keys_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_REDIS_KEYRING_H_
