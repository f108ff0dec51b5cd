// The URL of a Redis, as `state` has it:
//
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]
//   unix://[[USER]:PASSWORD@]/SOCKET[?db=DATABASE]
//
// HOST is a name, an IPv4 address or an IPv6 address in brackets. USER and
// PASSWORD are percent-encoded, SOCKET is as it stands.
#ifndef CLAIMCHECK_EDGE_REDIS_URL_H_
#define CLAIMCHECK_EDGE_REDIS_URL_H_

#include <string>
#include <string_view>

#include "claimcheck/result.h"

namespace claimcheck {

// RedisAddress is where a Redis listens: `socket`, or where that is empty
// `host` and `port`; and as whom it is asked for which database.
struct RedisAddress {
  std::string socket;
  std::string host;
  std::string port = "6379";
  // Without a password Redis is not asked to know us.
  std::string user;
  std::string password;
  std::string database = "0";
};

// parse_redis_url reads a URL. kConfig, with what was expected and nothing of
// the URL, which may hold a password.
Result<RedisAddress> parse_redis_url(std::string_view url);

// without_password returns a URL with *** in the place of its password; of what
// is no such URL, "***" alone.
std::string without_password(std::string_view url);

// place_of names a Redis in messages: "HOST:PORT", or its socket.
std::string place_of(const RedisAddress& address);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_REDIS_URL_H_
