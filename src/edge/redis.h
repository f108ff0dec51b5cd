// Redis, for several hosts: commands over a few connections that are kept, and
// refused at once while it is out of reach.
//
//   Redis redis(*parse_redis_url("redis://10.0.0.5"));
//   Result<RedisReply> reply = redis.call({"GET", "claimcheck:keys"});
//   if (!reply) log(reply.error().detail);   // "Redis at 10.0.0.5:6379: …"
#ifndef CLAIMCHECK_EDGE_REDIS_H_
#define CLAIMCHECK_EDGE_REDIS_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"
#include "edge/dial.h"
#include "edge/redis_connection.h"
#include "edge/redis_url.h"

namespace claimcheck {

struct RedisTimes {
  // For all of a call: name, connection, password, command.
  std::chrono::milliseconds timeout{200};
  // Nobody tries for so long after somebody failed to reach it.
  std::chrono::milliseconds pause{1000};
  // A connection that is older is made anew, and with it what was looked at
  // then: its eviction policy, the address of its name.
  std::chrono::milliseconds max_age{60'000};
};

// Redis is thread-safe; a call holds nobody else's up. Nothing is connected
// before the first.
class Redis {
 public:
  explicit Redis(RedisAddress address, RedisTimes times = {})
      : address_(std::move(address)),
        times_(times),
        lookup_(address_.host, address_.port) {}

  // call returns the reply to a command, which is never an error. The command
  // may be run twice: a connection that Redis closed before it replied is made
  // anew. kUnavailable, with Redis' place, what is wrong and what to do; a
  // Redis that may evict keys is wrong too.
  //
  // `known_since` is what the command relies on: all that Redis was told from
  // that time of day on. One that was started since, or gave way to another, as
  // far as this object saw it, may have lost some of that and is not asked.
  Result<RedisReply> call(const RedisCommand& command,
                          UnixTime known_since = UnixTime::max());

  // unavailable is an error that names this Redis.
  Error unavailable(const std::string& why) const;

 private:
  // Server is a process of Redis.
  struct Server {
    std::string run_id;
    std::chrono::seconds uptime{};
  };
  struct Kept {
    std::unique_ptr<RedisConnection> connection;
    SteadyClock::time_point made;
    std::string run_id;
  };

  Result<Kept> take_idle();
  Result<Kept> open(Deadline deadline);
  static Result<Server> read_server(std::string_view info);
  Result<Server> greet(RedisConnection& connection, Deadline deadline) const;
  void meet(const Server& server);
  bool has_lost_since(UnixTime since);
  void keep(Kept kept);
  Result<RedisReply> finish(Kept kept, Result<RedisReply> reply);
  Error give_up(const Error& error);
  Error refused(const std::string& reply) const;

  const RedisAddress address_;
  const RedisTimes times_;
  NameLookup lookup_;
  std::mutex mutex_;
  std::vector<Kept> idle_;
  // Until when nobody tries, and why.
  SteadyClock::time_point closed_until_{};
  std::string problem_;
  // The server that answers, and when it did so last.
  std::string run_id_;
  UnixTime heard_{};
  // What was told before then may be lost.
  UnixTime lost_before_{};
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_REDIS_H_
