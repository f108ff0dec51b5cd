#include "edge/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include "edge/file.h"

namespace claimcheck {
namespace {

constexpr std::chrono::seconds kFresh(10);

// More addresses share the time: each gets too little of it.
constexpr std::size_t kMostAddresses = 4;

Error unavailable(std::string why) {
  return Error{Errc::kUnavailable, std::move(why)};
}

struct AddressesDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<SocketAddresses> look_up(const std::string& host,
                                const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, AddressesDeleter> owned(list);
  if (error != 0) {
    return unavailable(error == EAI_SYSTEM ? std::strerror(errno)
                                           : gai_strerror(error));
  }
  SocketAddresses found;
  for (const addrinfo* each = list;
       each != nullptr && found.size() < kMostAddresses; each = each->ai_next) {
    SocketAddress& address = found.emplace_back();
    address.size = each->ai_addrlen;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
  }
  return found;
}

// connect(2) to a Unix socket whose queue is full is EAGAIN at once.
Result<Fd> dial(const sockaddr* address, socklen_t size, Deadline deadline) {
  Fd fd(socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
               0));
  if (!fd.is_open()) {
    return unavailable(system_error("socket"));
  }
  int error = connect(fd.get(), address, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    socklen_t length = sizeof error;
    if (!wait_for(fd.get(), POLLOUT, deadline)) {
      error = errno;
    } else {
      getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
  }
  if (error != 0) {
    errno = error;
    return unavailable(system_error("connecting"));
  }
  return fd;
}

}  // namespace

bool wait_for(int fd, short events, Deadline deadline) {
  pollfd entry{fd, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - SteadyClock::now());
    const auto patience = std::max(left, std::chrono::milliseconds(0));
    const int ready = poll(&entry, 1, static_cast<int>(patience.count()));
    if (ready > 0) {
      return true;
    }
    if (ready == 0 && patience.count() == 0) {
      errno = ETIMEDOUT;
      return false;
    }
    if (ready < 0 && errno != EINTR) {
      return false;
    }
  }
}

Result<SocketAddresses> resolve(const std::string& host,
                                const std::string& port) {
  return look_up(host, port, 0);
}

bool is_address(const std::string& host) {
  return look_up(host, "0", AI_NUMERICHOST).has_value();
}

// ---- NameLookup

struct NameLookup::Flight {
  std::mutex mutex;
  std::condition_variable has_landed;
  std::optional<Result<SocketAddresses>> result;
  SteadyClock::time_point landed;

  void land(Result<SocketAddresses> found) {
    const std::lock_guard lock(mutex);
    result = std::move(found);
    landed = SteadyClock::now();
    has_landed.notify_all();
  }

  bool is_of_use() {
    const std::lock_guard lock(mutex);
    return !result || (*result && SteadyClock::now() - landed < kFresh);
  }
};

std::shared_ptr<NameLookup::Flight> NameLookup::board() {
  const std::lock_guard lock(mutex_);
  if (flight_ != nullptr && flight_->is_of_use()) {
    return flight_;
  }
  flight_ = std::make_shared<Flight>();
  try {
    // It may outlast us: what it needs is its own.
    std::thread([flight = flight_, resolver = resolver_, host = host_,
                 port = port_] {
      flight->land(resolver(host, port));
    }).detach();
  } catch (const std::system_error& error) {
    flight_->land(unavailable(error.what()));
  }
  return flight_;
}

Result<SocketAddresses> NameLookup::find(Deadline deadline) {
  if (Result<SocketAddresses> found = look_up(host_, port_, AI_NUMERICHOST)) {
    return found;
  }
  const std::shared_ptr<Flight> flight = board();
  std::unique_lock lock(flight->mutex);
  if (!flight->has_landed.wait_until(
          lock, deadline, [&] { return flight->result.has_value(); })) {
    return unavailable(
        "looking up its name takes too long: see the resolver "
        "of this host (/etc/resolv.conf)");
  }
  return *flight->result ? *flight->result
                         : unavailable("looking up its name: " +
                                       flight->result->error().detail);
}

// ---- dialling

Result<Fd> dial_socket(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return unavailable("the name of the socket is too long");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return dial(reinterpret_cast<const sockaddr*>(&address), sizeof address,
              deadline);
}

Result<Fd> dial_host(NameLookup& host, Deadline deadline) {
  const Result<SocketAddresses> addresses = host.find(deadline);
  if (!addresses) {
    return addresses.error();
  }
  Result<Fd> dialled = unavailable("its name has no address");
  for (std::size_t i = 0; i < addresses->size() && !dialled; ++i) {
    // One that swallows packets leaves time for the next.
    const SteadyClock::time_point now = SteadyClock::now();
    const auto share = (deadline - now) / (addresses->size() - i);
    const SocketAddress& address = (*addresses)[i];
    dialled = dial(reinterpret_cast<const sockaddr*>(&address.storage),
                   address.size, now + share);
  }
  if (dialled) {
    const int on = 1;
    setsockopt(dialled->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return dialled;
}

}  // namespace claimcheck
