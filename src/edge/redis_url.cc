#include "edge/redis_url.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>

#include "policy/query.h"

namespace claimcheck {
namespace {

constexpr std::string_view kTcp = "redis://";
constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTls = "rediss://";
constexpr std::size_t kMaxHost = 253;
constexpr std::string_view kDatabase = "?db=";

Error expected(const std::string& what) {
  return Error{Errc::kConfig, "expected " + what};
}

bool is_number(std::string_view text, int least, int most) {
  int number = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && text[0] != '-' &&
         number >= least && number <= most;
}

bool consists_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') ||
           more.find(static_cast<char>(c)) != more.npos;
  });
}

// take_login takes "USER:PASSWORD@" off the front, whose last @ stands at `at`.
Result<void> take_login(std::string_view& rest, std::size_t at,
                        RedisAddress& address) {
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view login = rest.substr(0, at);
  const std::size_t colon = login.find(':');
  if (colon == std::string_view::npos || colon + 1 == login.size() ||
      login.find_first_of(":@/?#", colon + 1) != std::string_view::npos ||
      login.substr(0, colon).find_first_of("@/?#") != std::string_view::npos) {
    return expected(
        "USER:PASSWORD or :PASSWORD before the @, with each of : @ / ? # and "
        "% in them percent-encoded, as in %40 for @");
  }
  Result<std::string> user = decode_text(login.substr(0, colon));
  Result<std::string> password = decode_text(login.substr(colon + 1));
  if (!user || !password) {
    return expected("a user and a password in UTF-8, percent-encoded");
  }
  address.user = *std::move(user);
  address.password = *std::move(password);
  rest.remove_prefix(at + 1);
  return {};
}

Result<void> read_port(std::string_view port, RedisAddress& address) {
  if (port.empty()) {
    return {};
  }
  port.remove_prefix(1);
  if (!is_number(port, 1, 65535)) {
    return expected("a port from 1 to 65535 after the host");
  }
  address.port = port;
  return {};
}

// read_host reads "HOST", "HOST:PORT" or "[ADDRESS]:PORT".
Result<void> read_host(std::string_view text, RedisAddress& address) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t end = is_bracketed ? text.find(']') : text.find(':');
  const std::string_view host =
      text.substr(is_bracketed ? 1 : 0, is_bracketed ? end - 1 : end);
  if (host.empty() || host.size() > kMaxHost ||
      (is_bracketed && end == std::string_view::npos) ||
      !consists_of(host, is_bracketed ? ":.%" : "-._")) {
    return expected("the name or the address of a host, one of IPv6 in []");
  }
  address.host = host;
  const std::size_t port = is_bracketed ? end + 1 : end;
  const std::string_view rest =
      port < text.size() ? text.substr(port) : std::string_view();
  if (!rest.empty() && rest[0] != ':') {
    return expected("a port from 1 to 65535 after the host");
  }
  return read_port(rest, address);
}

Result<void> read_database(std::string_view text, RedisAddress& address) {
  if (!is_number(text, 0, 999'999)) {
    return expected("the number of a database at the end");
  }
  address.database = text;
  return {};
}

Result<void> read_tcp(std::string_view rest, RedisAddress& address) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (Result<void> r = read_host(rest.substr(0, slash), address); !r) {
    return r;
  }
  return rest.size() - slash > 1
             ? read_database(rest.substr(slash + 1), address)
             : Result<void>();
}

Result<void> read_unix(std::string_view rest, RedisAddress& address) {
  const std::size_t query = std::min(rest.find('?'), rest.size());
  address.socket = rest.substr(0, query);
  if (!address.socket.starts_with('/') ||
      address.socket.size() >= sizeof sockaddr_un{}.sun_path) {
    return expected(
        "the absolute name of a socket after unix://, of at most 107 bytes");
  }
  if (query == rest.size()) {
    return {};
  }
  return rest.substr(query).starts_with(kDatabase)
             ? read_database(rest.substr(query + kDatabase.size()), address)
             : expected("?db=NUMBER or nothing after the socket");
}

}  // namespace

Result<RedisAddress> parse_redis_url(std::string_view url) {
  if (url.starts_with(kTls)) {
    return expected(
        "redis:// or unix://: there is no TLS here; a tunnel (stunnel, "
        "WireGuard) or a Unix socket does it");
  }
  const bool is_tcp = url.starts_with(kTcp);
  if (!is_tcp && !url.starts_with(kUnix)) {
    return expected(
        "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE] or "
        "unix://[[USER]:PASSWORD@]/SOCKET[?db=DATABASE]");
  }
  RedisAddress address;
  std::string_view rest = url.substr(is_tcp ? kTcp.size() : kUnix.size());
  // The name of a socket may have one too.
  const std::size_t at =
      is_tcp ? rest.rfind('@') : rest.substr(0, rest.find('/')).rfind('@');
  if (Result<void> r = take_login(rest, at, address); !r) {
    return r.error();
  }
  const Result<void> r =
      is_tcp ? read_tcp(rest, address) : read_unix(rest, address);
  return r ? Result<RedisAddress>(std::move(address)) : r.error();
}

std::string without_password(std::string_view url) {
  const Result<RedisAddress> address = parse_redis_url(url);
  if (!address || address->password.empty()) {
    return address ? std::string(url) : "***";
  }
  const std::size_t begin = url.find(':', url.find("://") + 3) + 1;
  const std::size_t end = url.find('@', begin);
  return std::string(url.substr(0, begin)) + "***" +
         std::string(url.substr(end));
}

std::string place_of(const RedisAddress& address) {
  if (!address.socket.empty()) {
    return address.socket;
  }
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? '[' + address.host + ']' : address.host) + ':' +
         address.port;
}

}  // namespace claimcheck
