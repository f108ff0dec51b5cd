#include <sys/stat.h>

#include "claimcheck/key_set.h"
#include "edge/key_file.h"
#include "edge/keyring.h"
#include "edge/preflight.h"
#include "edge/redis_keyring.h"
#include "edge/state_directory.h"
#include "policy/bearer.h"

namespace claimcheck {
namespace {

constexpr std::string_view kJwtSecret = "environment: JWT_SECRET";

// The setting stands before a finding already.
std::string without(std::string_view setting, std::string_view detail) {
  return std::string(
      detail.substr(detail.starts_with(setting) ? setting.size() : 0));
}

Result<KeySet> keys_in(const std::string& file) {
  Result<KeyFile> read = open_key_file(file);
  return read ? Result<KeySet>(std::move(read->keys)) : read.error();
}

Result<KeySet> keys_in_redis(const Config& config) {
  Redis redis(*parse_redis_url(config.state_url));
  const auto keys = RedisKeyring(redis, config.redis_keys).keys();
  return keys ? Result<KeySet>(**keys) : keys.error();
}

// What keeps us from looking for it is the state directory's finding.
Result<KeySet> keys_in_state(const Config& config) {
  const std::string file = first_there(config.state) + '/' + kSecretName;
  struct stat status;
  return lstat(file.c_str(), &status) == 0 ? keys_in(file) : KeySet{};
}

bool has_keys(const Config& config) {
  return !config.keys.empty() || !config.redis_keys.empty();
}

}  // namespace

bool makes_secret(const Config& config) {
  return !has_keys(config) && config.jwt_secret.empty();
}

Result<KeySet> own_keys(const Config& config) {
  if (!config.redis_keys.empty()) {
    return keys_in_redis(config);
  }
  if (!config.keys.empty()) {
    return keys_in(config.keys);
  }
  if (config.jwt_secret.empty()) {
    return keys_in_state(config);
  }
  Result<Key> key = Key::hs256(config.jwt_secret);
  return key ? Result<KeySet>(KeySet{*std::move(key)}) : key.error();
}

Findings check_keys(const Site& site) {
  const Config& config = site.draft.config;
  Findings findings;
  if (has_keys(config) && !config.jwt_secret.empty()) {
    findings.push_back({std::string(kJwtSecret), "",
                        "counts for nothing beside keys (" +
                            site.draft.place_of("keys") +
                            "): unset it, or remove keys"});
  }
  const bool is_jwt_secret = !has_keys(config) && !config.jwt_secret.empty();
  const auto add = [&](std::string why) {
    findings.push_back(
        {is_jwt_secret ? std::string(kJwtSecret) : site.draft.place_of("keys"),
         is_jwt_secret ? "" : "keys", std::move(why)});
  };
  const Result<KeySet> keys = own_keys(config);
  // A Redis that is out of reach is the state's finding, where it is asked.
  const bool is_told =
      !keys && keys.error().code == Errc::kUnavailable && needs_state(config);
  if (!keys && !is_told) {
    add(without("keys: ", keys.error().detail));
  }
  if (keys && is_private(*keys) && signing_key(*keys, site.now) == nullptr) {
    add("all keys are retired, and none may sign: run `claimcheck rotate "
        "--keys FILE`");
  }
  return findings;
}

Findings check_bearer_keys(const Site& site) {
  const Config& config = site.draft.config;
  if (config.access != Access::kBearer) {
    return {};
  }
  const Result<KeySet> bearer = keys_in(config.bearer.keys);
  const Result<KeySet> keys = own_keys(config);
  Result<void> r;
  if (!bearer) {
    r = bearer.error();
  } else if (keys) {
    r = check_apart(*bearer, *keys);
  }
  return r ? Findings()
           : Findings{{site.draft.place_of("bearer_keys"), "bearer_keys",
                       without("bearer_keys: ", r.error().detail)}};
}

}  // namespace claimcheck
