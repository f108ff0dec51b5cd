// A real Redis for one test case: nobody's process, on a socket in a sandbox.
#ifndef CLAIMCHECK_TESTS_EDGE_REDIS_SERVER_H_
#define CLAIMCHECK_TESTS_EDGE_REDIS_SERVER_H_

#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "edge/dial.h"
#include "edge/redis.h"
#include "sandbox.h"

namespace claimcheck::testing {

// find_redis returns the file of the server, or nothing. Debian's redis-tools
// has it too, by another name: what it does goes by the name it is called by.
inline std::string find_redis() {
  for (const char* name : {"redis-server", "redis-check-rdb"}) {
    for (const char* folder : {"/usr/bin/", "/usr/local/bin/"}) {
      const std::string file = std::string(folder) + name;
      if (access(file.c_str(), X_OK) == 0) {
        return file;
      }
    }
  }
  return "";
}

// For skips in words.
inline boost::test_tools::assertion_result unless(const char* missing) {
  boost::test_tools::assertion_result there(missing == nullptr);
  there.message() << (missing == nullptr ? "" : missing);
  return there;
}

struct HasHiredis {
  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id) const {
    return unless(kHasHiredis ? nullptr : "this was built without hiredis");
  }
};

struct HasRedis {
  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id id) const {
    return kHasHiredis && find_redis().empty()
               ? unless("no redis-server is installed")
               : HasHiredis()(id);
  }
};

// Machines under test are slow: what is not a test of time-outs gets time.
inline constexpr RedisTimes kPatient{std::chrono::seconds(30),
                                     std::chrono::milliseconds(0),
                                     std::chrono::seconds(60)};

class RedisServer : public Sandbox {
 public:
  explicit RedisServer(std::vector<std::string> options = {})
      : options_(std::move(options)) {
    start();
  }
  ~RedisServer() { stop(); }

  void start() {
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      "0",
                                      "--unixsocket",
                                      socket(),
                                      "--dir",
                                      path(),
                                      "--logfile",
                                      *this / "log",
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no"};
    words.insert(words.end(), options_.begin(), options_.end());
    const std::string file = find_redis();
    pid_ = fork();
    if (pid_ == 0) {
      drop_privileges();
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      std::vector<char*> arguments;
      for (std::string& word : words) {
        arguments.push_back(word.data());
      }
      arguments.push_back(nullptr);
      execv(file.c_str(), arguments.data());
      _exit(114);
    }
    const Deadline end = SteadyClock::now() + std::chrono::seconds(30);
    while (!dial_socket(socket(), end)) {
      BOOST_REQUIRE(SteadyClock::now() < end);
      usleep(2000);
    }
  }

  void stop() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }

  void signal(int number) const { kill(pid_, number); }

  std::string socket() const { return *this / "socket"; }

  RedisAddress address() const {
    RedisAddress address;
    address.socket = socket();
    return address;
  }

  // said is Redis' reply to a command of an admin.
  std::string said(const RedisCommand& command) const {
    Redis redis(address(), kPatient);
    const Result<RedisReply> reply = redis.call(command);
    return reply ? reply->text : detail_of(reply);
  }

 private:
  const std::vector<std::string> options_;
  pid_t pid_ = 0;
};

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_REDIS_SERVER_H_
