// One connection to a Redis, in its protocol (RESP2), by hiredis:
//
//   *2\r\n$3\r\nGET\r\n$1\r\na\r\n        a command: GET a
//   +OK\r\n                              status
//   -ERR unknown command\r\n             error
//   $3\r\nabc\r\n, $-1\r\n, :1\r\n       text, nothing, number
//
// hiredis spells commands and reads replies. The socket is ours: hiredis' own
// time-out is for each read(2), so that a peer that sends a byte now and then
// holds its caller for ever, and it looks names up without any.
#ifndef CLAIMCHECK_EDGE_REDIS_CONNECTION_H_
#define CLAIMCHECK_EDGE_REDIS_CONNECTION_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"
#include "edge/dial.h"
#include "policy/fd.h"

namespace claimcheck {

// kHasHiredis tells whether this was built with hiredis: else the configuration
// takes no Redis.
#ifdef CLAIMCHECK_HIREDIS
inline constexpr bool kHasHiredis = true;
#else
inline constexpr bool kHasHiredis = false;
#endif

// kMaxRedisReply, in bytes: more than the longest keys or lease.
inline constexpr std::size_t kMaxRedisReply = 1 << 17;

using RedisCommand = std::vector<std::string_view>;

struct RedisReply {
  enum class Kind { kNothing, kText, kNumber, kStatus, kError };
  Kind kind = Kind::kNothing;
  std::string text;
};

// RedisConnection is one thread's at a time. After an error, which is
// kUnavailable in words that follow "Redis at HOST: ", it is of no use.
class RedisConnection {
 public:
  virtual ~RedisConnection() = default;

  // send writes commands in one go; read takes the reply to the first that has
  // none yet.
  virtual Result<void> send(const std::vector<RedisCommand>& commands,
                            Deadline deadline) = 0;
  virtual Result<RedisReply> read(Deadline deadline) = 0;

  // is_quiet tells whether the peer is there and has said nothing unasked: what
  // it said would be taken for the reply to the next command.
  virtual bool is_quiet() const = 0;

  // was_closed tells whether the error was that the peer had gone.
  virtual bool was_closed() const = 0;
};

// speak_redis begins with a socket that is connected and does not block.
std::unique_ptr<RedisConnection> speak_redis(Fd fd);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_REDIS_CONNECTION_H_
