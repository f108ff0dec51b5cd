#include "edge/redis_store.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "claimcheck/base64url.h"
#include "edge/lease_record.h"
#include "edge/random.h"

namespace claimcheck {
namespace {

constexpr std::string_view kPrefix = "claimcheck:";

// SET NX PX by Redis' own clock, in one step with the look at it; a GET of what
// stands there already (SET takes NX and GET together from version 7 on only).
// A status, so that no value can be taken for it.
constexpr std::string_view kScript = R"(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(ARGV[2]) - now
if left < 1 then
  return {ok = 'LATE ' .. string.format('%.0f', now)}
end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', string.format('%.0f', left)) then
  return {ok = 'KEPT'}
end
return redis.call('GET', KEYS[1])
)";

constexpr std::string_view kKept = "KEPT";
constexpr std::string_view kLate = "LATE ";

Lease lease_in(std::string_view value, const Redemption& redemption) {
  const std::size_t space = value.find(' ');
  return read_lease_record(
      space == std::string_view::npos ? "" : value.substr(space + 1),
      redemption);
}

}  // namespace

// Kept is what became of a record: it is the first, or `standing` was; or
// neither, since by Redis' clock it is `late`.
struct RedisStore::Kept {
  bool is_first = false;
  std::string standing;
  std::optional<UnixTime> late;
};

Result<RedisStore::Kept> RedisStore::keep(const std::string& name,
                                          const std::string& record,
                                          UnixTime until,
                                          UnixTime known_since) {
  using Kind = RedisReply::Kind;
  const std::string key = std::string(kPrefix) + name;
  const std::string value = base64url_encode(random_bytes<16>()) + ' ' + record;
  const Result<RedisReply> reply = redis_.call(
      {"EVAL", kScript, "1", key, value, std::to_string(until.count())},
      known_since);
  if (!reply) {
    return reply.error();
  }
  const std::string& text = reply->text;
  if (reply->kind == Kind::kText) {
    return Kept{text == value, text, {}};
  }
  if (reply->kind == Kind::kStatus && text == kKept) {
    return Kept{true, "", {}};
  }
  std::int64_t late = 0;
  if (reply->kind == Kind::kStatus && text.starts_with(kLate) &&
      std::from_chars(text.data() + kLate.size(), text.data() + text.size(),
                      late)
              .ec == std::errc()) {
    return Kept{false, "", UnixTime(late)};
  }
  return redis_.unavailable("its EVAL does not do what Redis' does");
}

// A record of that time is gone by now, if there was one.
Error RedisStore::clocks_differ(UnixTime there, UnixTime here) const {
  return redis_.unavailable(
      "its clock is " + std::to_string((there - here).count() / 1000) +
      " s ahead of ours, and what it kept of this token would be gone: set "
      "both by NTP");
}

// What a token would leave that is made now and lives for a second.
Result<void> RedisStore::check(UnixTime now) {
  const Result<Kept> kept =
      keep("check", "", now + kept_after_expiry_ + std::chrono::seconds(1),
           now - leeway_);
  if (!kept) {
    return kept.error();
  }
  return kept->late ? clocks_differ(*kept->late, now) : Result<void>();
}

Result<std::optional<Lease>> RedisStore::find(const Redemption& redemption) {
  const std::string key = std::string(kPrefix) + redemption.handle;
  const Result<RedisReply> reply = redis_.call({"GET", key});
  if (!reply) {
    return reply.error();
  }
  return reply->kind == RedisReply::Kind::kNothing
             ? std::nullopt
             : std::optional(lease_in(reply->text, redemption));
}

Result<std::optional<Lease>> RedisStore::redeem(const Lease& lease,
                                                UnixTime now) {
  const Result<Kept> kept =
      keep(lease.token.handle, lease_record(lease),
           lease.token.expires + kept_after_expiry_, lease.token.usable_since);
  if (!kept) {
    return kept.error();
  }
  if (kept->late) {
    return clocks_differ(*kept->late, now);
  }
  return kept->is_first ? std::nullopt
                        : std::optional(lease_in(kept->standing, lease.token));
}

// What is late has no lease any more.
Result<bool> RedisStore::repeat(const Redemption& redemption, UnixTime) {
  const Result<Kept> kept =
      keep(redemption.handle + ":again", "",
           redemption.expires + kept_after_expiry_, redemption.usable_since);
  return kept ? Result<bool>(kept->is_first) : kept.error();
}

}  // namespace claimcheck
