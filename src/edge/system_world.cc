#include "edge/system_world.h"

#include "edge/file.h"
#include "edge/random.h"
#include "edge/redis_store.h"
#include "edge/running_command.h"
#include "edge/spool.h"
#include "policy/lease.h"

namespace claimcheck {

UnixTime system_now() {
  return std::chrono::floor<UnixTime>(
      std::chrono::system_clock::now().time_since_epoch());
}

namespace {

std::unique_ptr<Redis> make_redis(const Config& config) {
  return config.state_url.empty()
             ? nullptr
             : std::make_unique<Redis>(*parse_redis_url(config.state_url));
}

std::unique_ptr<RedisKeyring> make_redis_keyring(const Config& config,
                                                 Redis* redis) {
  return config.redis_keys.empty()
             ? nullptr
             : std::make_unique<RedisKeyring>(*redis, config.redis_keys);
}

std::unique_ptr<Store> make_store(const Config& config, StateDirectory& state,
                                  Redis* redis) {
  if (redis != nullptr) {
    return std::make_unique<RedisStore>(*redis, kept_after_expiry(config),
                                        config.token.leeway);
  }
  SpoolLimits limits;
  limits.kept_after_expiry = kept_after_expiry(config);
  limits.leeway = config.token.leeway;
  limits.max_records = config.state_max;
  limits.max_lifetime = config.token.max_lifetime;
  return std::make_unique<Spool>(state, limits);
}

}  // namespace

SystemWorld::SystemWorld(const Config& config, const Spawner* spawner)
    : keys_are_given_(config.redis_keys.empty() &&
                      !(config.keys.empty() && config.jwt_secret.empty())),
      keeps_state_(config.reuse != Reuse::kWindow),
      spawner_(spawner),
      state_(config.state, config.state_is_made),
      keyring_(config, state_),
      bearer_keyring_("bearer_keys", config.bearer.keys),
      redis_(make_redis(config)),
      redis_keyring_(make_redis_keyring(config, redis_.get())),
      store_(make_store(config, state_, redis_.get())) {}

Result<void> SystemWorld::check_keys() {
  return keys_are_given_ ? keyring_.check() : Result<void>();
}

std::string SystemWorld::take_notice() {
  const std::string notice = redis_keyring_ != nullptr
                                 ? redis_keyring_->take_notice()
                                 : keyring_.take_notice();
  const std::string bearer_notice = bearer_keyring_.take_notice();
  return notice + (notice.empty() || bearer_notice.empty() ? "" : "; ") +
         bearer_notice;
}

UnixTime SystemWorld::now() { return system_now(); }

std::array<unsigned char, 16> SystemWorld::random() { return random_id(); }

Result<std::shared_ptr<const KeySet>> SystemWorld::keys() {
  return redis_keyring_ != nullptr ? redis_keyring_->keys() : keyring_.keys();
}

Result<std::shared_ptr<const KeySet>> SystemWorld::bearer_keys() {
  return bearer_keyring_.keys();
}

Result<OpenFile> SystemWorld::open(const FileRef& file) {
  return open_beneath(file);
}

Result<std::unique_ptr<Output>> SystemWorld::start(const Command& command) {
  return start_command(command, spawner_);
}

Result<void> SystemWorld::check_redemptions() {
  if (!keeps_state_ || recent_check_.find()) {
    return {};
  }
  Result<void> checked = store_->check(now());
  if (checked) {
    recent_check_.keep(true);
  }
  return checked;
}

Result<std::optional<Lease>> SystemWorld::find_lease(
    const Redemption& redemption) {
  return store_->find(redemption);
}

Result<std::optional<Lease>> SystemWorld::redeem(const Lease& lease) {
  return store_->redeem(lease, now());
}

Result<bool> SystemWorld::repeat(const Redemption& redemption) {
  return store_->repeat(redemption, now());
}

}  // namespace claimcheck
