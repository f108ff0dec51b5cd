// redeem ROUNDS [SOCKET]: the cost of a redemption, a JSON line a case. On the
// spool, in memory where there is a tmpfs, against the least that could tell a
// used token: an empty file that is made with O_EXCL; and against a record that
// has a name only when it is whole. And in the Redis of SOCKET, against SET NX
// PX.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "claimcheck/base64url.h"
#include "claimcheck/sha256.h"
#include "edge/random.h"
#include "edge/redis.h"
#include "edge/redis_store.h"
#include "edge/spool.h"
#include "edge/system_world.h"
#include "stopwatch.h"

using namespace claimcheck;

namespace {

// Scratch is a folder of our own, removed at the end.
class Scratch {
 public:
  Scratch() {
    const bool has_memory = std::filesystem::is_directory("/dev/shm");
    path_ = std::string(has_memory ? "/dev/shm" : "/tmp") +
            "/claimcheck-bench-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) {
      std::exit(EXIT_FAILURE);
    }
    std::filesystem::create_directory(path_ + "/markers");
    std::filesystem::create_directory(path_ + "/records");
    std::filesystem::create_directory(path_ + "/state");
    std::filesystem::permissions(path_ + "/state",
                                 std::filesystem::perms::owner_all);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }

  std::string operator/(const char* name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

std::string new_handle() { return hex(random_bytes<32>()); }

Lease new_lease() {
  const UnixTime now = system_now();
  Lease lease;
  lease.token = {new_handle(), now + std::chrono::seconds(2)};
  lease.resource = "/downloads/report.csv";
  lease.file = {1024, now.count() * 1'000'000, 42};
  lease.etag = "\"4Yp7ywTCCCmdmYQc41zIhQ\"";
  lease.cookie = base64url_encode(random_bytes<32>());
  lease.redeemed = now;
  lease.deadline = lease.token.expires + std::chrono::hours(1);
  return lease;
}

bool make_marker(const std::string& folder) {
  const std::string name = folder + '/' + new_handle();
  const Fd marker(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
  return marker.is_open();
}

// As long as that of new_lease().
constexpr std::size_t kRecordSize = 244;

bool make_record(const std::string& folder) {
  const std::string name = folder + '/' + new_handle();
  const std::string content(kRecordSize, '.');
  const Fd record(open(folder.c_str(), O_WRONLY | O_TMPFILE, 0600));
  return record.is_open() &&
         write(record.get(), content.data(), content.size()) ==
             static_cast<ssize_t>(content.size()) &&
         linkat(record.get(), "", AT_FDCWD, name.c_str(), AT_EMPTY_PATH) == 0;
}

void add_redis(Stopwatch& stopwatch, Redis& redis, Store& store) {
  stopwatch.add("redis_redeem", [&] {
    const auto kept = store.redeem(new_lease(), system_now());
    return kept && !*kept;
  });
  stopwatch.add("redis_set", [&] {
    const std::string name = new_handle();
    return redis.call({"SET", name, "1", "NX", "PX", "60000"}).has_value();
  });
}

}  // namespace

int main(int argc, char** argv) {
  const Scratch scratch;
  StateDirectory state({scratch / "state"}, false);
  Spool spool(state, {});
  Stopwatch stopwatch;
  stopwatch.add("spool_redeem", [&] {
    const auto kept = spool.redeem(new_lease(), system_now());
    return kept && !*kept;
  });
  stopwatch.add("spool_find", [&, lease = new_lease()]() mutable {
    static const bool made = spool.redeem(lease, system_now()).has_value();
    const auto found = spool.find(lease.token);
    return made && found && *found;
  });
  stopwatch.add("marker", [&, folder = scratch / "markers"] {
    return make_marker(folder);
  });
  // Not on file systems without O_TMPFILE, nor for everybody on old kernels.
  if (make_record(scratch / "records")) {
    stopwatch.add("record", [&, folder = scratch / "records"] {
      return make_record(folder);
    });
  }
  RedisAddress address;
  address.socket = argc > 2 ? argv[2] : "";
  Redis redis(address);
  RedisStore store(redis, std::chrono::minutes(1), std::chrono::seconds(1));
  if (argc > 2) {
    add_redis(stopwatch, redis, store);
  }
  stopwatch.run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 3);
}
