// SystemWorld is the World of the machine: its clock, files and state.
#ifndef CLAIMCHECK_EDGE_SYSTEM_WORLD_H_
#define CLAIMCHECK_EDGE_SYSTEM_WORLD_H_

#include <memory>
#include <optional>

#include "edge/keyring.h"
#include "edge/recent.h"
#include "edge/redis.h"
#include "edge/redis_keyring.h"
#include "edge/spawner.h"
#include "edge/state_directory.h"
#include "edge/store.h"
#include "policy/config.h"
#include "policy/world.h"

namespace claimcheck {

// system_now is the time of day.
UnixTime system_now();

// SystemWorld is thread-safe.
class SystemWorld : public World {
 public:
  // Without a spawner, which must outlive the world, commands are started by
  // this process itself: it must have no threads then.
  explicit SystemWorld(const Config& config, const Spawner* spawner = nullptr);

  // check_keys tells of keys that are given, in a file or the environment, and
  // are none: they stop every request until they are mended. A secret that
  // makes itself waits for the request that needs it, which tells whether its
  // place is safe; and keys in Redis, for which each request then asks once.
  Result<void> check_keys();

  // take_notice returns what went wrong with new keys since it was last asked,
  // once; empty if nothing did.
  std::string take_notice();

  UnixTime now() override;
  std::array<unsigned char, 16> random() override;
  Result<std::shared_ptr<const KeySet>> keys() override;
  Result<std::shared_ptr<const KeySet>> bearer_keys() override;
  Result<OpenFile> open(const FileRef& file) override;
  Result<std::unique_ptr<Output>> start(const Command& command) override;
  Result<void> check_redemptions() override;
  Result<std::optional<Lease>> find_lease(
      const Redemption& redemption) override;
  Result<std::optional<Lease>> redeem(const Lease& lease) override;
  Result<bool> repeat(const Redemption& redemption) override;

 private:
  const bool keys_are_given_;
  const bool keeps_state_;
  const Spawner* const spawner_;
  StateDirectory state_;
  Keyring keyring_;
  Keyring bearer_keyring_;
  // Where the state is in Redis, and the keys are.
  const std::unique_ptr<Redis> redis_;
  const std::unique_ptr<RedisKeyring> redis_keyring_;
  const std::unique_ptr<Store> store_;
  Recent<bool> recent_check_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SYSTEM_WORLD_H_
