// Connections to other servers, made within a deadline.
//
//   NameLookup lookup("redis.example", "6379");
//   Result<Fd> fd = dial_host(lookup, deadline);
#ifndef CLAIMCHECK_EDGE_DIAL_H_
#define CLAIMCHECK_EDGE_DIAL_H_

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "claimcheck/result.h"
#include "policy/fd.h"

namespace claimcheck {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

// wait_for waits until `fd` is ready for `events` (poll(2)). False with
// ETIMEDOUT when the deadline has come and it still is not.
bool wait_for(int fd, short events, Deadline deadline);

struct SocketAddress {
  sockaddr_storage storage;
  socklen_t size;
};
using SocketAddresses = std::vector<SocketAddress>;

// resolve is getaddrinfo(3) for a TCP port, which knows no time-out.
// kUnavailable, with its words.
Result<SocketAddresses> resolve(const std::string& host,
                                const std::string& port);

// NameLookup finds the addresses of one host. A name is looked up in a thread
// of its own, one at a time, and what comes too late for who asked serves who
// asks next. Thread-safe.
class NameLookup {
 public:
  using Resolver = decltype(resolve);

  NameLookup(std::string host, std::string port,
             std::function<Resolver> resolver = resolve)
      : host_(std::move(host)),
        port_(std::move(port)),
        resolver_(std::move(resolver)) {}

  // find returns addresses that are at most ten seconds old. kUnavailable.
  Result<SocketAddresses> find(Deadline deadline);

 private:
  struct Flight;
  std::shared_ptr<Flight> board();

  const std::string host_;
  const std::string port_;
  const std::function<Resolver> resolver_;
  std::mutex mutex_;
  std::shared_ptr<Flight> flight_;
};

// is_address tells whether `host` is an address, which needs no lookup.
bool is_address(const std::string& host);

// dial_socket connects to a Unix socket, dial_host to the first address that
// answers. The descriptor does not block. kUnavailable, with the reason and
// without the place.
Result<Fd> dial_socket(const std::string& path, Deadline deadline);
Result<Fd> dial_host(NameLookup& host, Deadline deadline);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_DIAL_H_
