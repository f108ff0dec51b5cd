// A peer on a Unix socket that is no Redis, or a bad one.
#ifndef CLAIMCHECK_TESTS_EDGE_FAKE_REDIS_H_
#define CLAIMCHECK_TESTS_EDGE_FAKE_REDIS_H_

#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "edge/redis_url.h"
#include "policy/fd.h"
#include "sandbox.h"

namespace claimcheck::testing {

// Caller is who connected, as the `number`th.
struct Caller {
  const Fd& fd;
  const int number;

  // say is false when he has gone.
  bool say(std::string_view text) const {
    return send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

  // hear returns what he sent; nothing when he has gone.
  std::string hear() const {
    char bytes[65536];
    const ssize_t size = recv(fd.get(), bytes, sizeof bytes, 0);
    return std::string(bytes,
                       static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }

  void wait_till_he_leaves() const {
    while (!hear().empty()) {
    }
  }
};

inline std::string bulk(const std::string& text) {
  return '$' + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// info is what a Redis says to INFO server and INFO memory.
inline std::string info(const std::string& run_id = "a", int uptime = 1000,
                        const std::string& policy = "noeviction") {
  return bulk("# Server\r\nrun_id:" + run_id +
              "\r\nuptime_in_seconds:" + std::to_string(uptime) + "\r\n") +
         bulk("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:" + policy + "\r\n");
}

inline const std::string kInfo = info();

// FakeRedis talks with one caller after the other.
class FakeRedis : public Sandbox {
 public:
  explicit FakeRedis(std::function<void(const Caller&)> talk) {
    address_.socket = *this / "socket";
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address_.socket.c_str(),
                address_.socket.size() + 1);
    BOOST_REQUIRE(bind(listener_.get(),
                       reinterpret_cast<const sockaddr*>(&name),
                       sizeof name) == 0);
    BOOST_REQUIRE(listen(listener_.get(), 64) == 0);
    thread_ = std::thread([this, talk = std::move(talk)] {
      for (;;) {
        const Fd fd(accept(listener_.get(), nullptr, nullptr));
        if (!fd.is_open()) {
          return;
        }
        talk({fd, callers_++});
      }
    });
  }
  ~FakeRedis() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  const RedisAddress& address() const { return address_; }
  int callers() const { return callers_; }

 private:
  RedisAddress address_;
  const Fd listener_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::atomic<int> callers_ = 0;
  std::thread thread_;
};

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_FAKE_REDIS_H_
