#include "edge/redis_keyring.h"

#include <utility>

namespace claimcheck {

Error RedisKeyring::config_error(const std::string& why) const {
  return Error{Errc::kConfig, "keys: redis:" + name_ + ": " + why};
}

// Without keys of before each request tells what is wrong with the text.
Result<std::shared_ptr<const KeySet>> RedisKeyring::take(
    std::string_view text) {
  const Sha256Digest digest = Sha256().update(text).finish();
  const std::lock_guard lock(mutex_);
  if (keys_ != nullptr && digest == seen_) {
    return keys_;
  }
  Result<KeySet> parsed = parse_keys(text);
  if (!parsed && keys_ == nullptr) {
    return config_error(parsed.error().detail);
  }
  if (parsed) {
    keys_ = std::make_shared<const KeySet>(*std::move(parsed));
  } else {
    notice_ = config_error(parsed.error().detail).detail +
              "; the keys of before stay in force";
  }
  seen_ = digest;
  return keys_;
}

// Nobody waits for another one's answer: the lock is held to compare and parse
// alone. An older text may so be taken after a newer one, by who asked before;
// whoever asks next sees the newer one again.
Result<std::shared_ptr<const KeySet>> RedisKeyring::keys() {
  Result<RedisReply> reply = redis_.call({"GET", name_});
  if (!reply) {
    return reply.error();
  }
  // Not even with keys of before: a Redis that lost its keys has lost which
  // tokens were used.
  if (reply->kind != RedisReply::Kind::kText) {
    return config_error(
        "holds nothing: run `claimcheck keygen | redis-cli -x SET " + name_ +
        "` there; if it held keys before, Redis has lost its data");
  }
  const Cleanser cleanser(reply->text);
  return take(reply->text);
}

std::string RedisKeyring::take_notice() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notice_, {});
}

}  // namespace claimcheck
