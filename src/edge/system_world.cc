#include "edge/system_world.h"

#include "edge/file.h"
#include "edge/random.h"

namespace claimcheck {

UnixTime system_now() {
  return std::chrono::floor<UnixTime>(
      std::chrono::system_clock::now().time_since_epoch());
}

SystemWorld::SystemWorld(const Config& config)
    : keeps_state_(config.reuse != Reuse::kWindow),
      state_(config.state, config.state_is_named),
      keyring_(config, state_),
      spool_(state_) {}

UnixTime SystemWorld::now() { return system_now(); }

std::array<unsigned char, 16> SystemWorld::random() {
  return random_bytes<16>();
}

Result<std::shared_ptr<const KeySet>> SystemWorld::keys() {
  return keyring_.keys();
}

Result<OpenFile> SystemWorld::open(const FileRef& file) {
  return open_beneath(file);
}

Result<void> SystemWorld::check_redemptions() {
  return keeps_state_ ? spool_.check() : Result<void>();
}

Result<bool> SystemWorld::is_redeemed(const Redemption& redemption) {
  return spool_.is_redeemed(redemption);
}

Result<bool> SystemWorld::redeem(const Redemption& redemption) {
  return spool_.redeem(redemption, now());
}

}  // namespace claimcheck
