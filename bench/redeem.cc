// redeem ROUNDS: the cost of a redemption on the spool, against the least that
// could tell a used token: an empty file that is made with O_EXCL. Both in
// memory where there is a tmpfs; a JSON line a case.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "claimcheck/base64url.h"
#include "claimcheck/sha256.h"
#include "edge/random.h"
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

}  // namespace

int main(int argc, char** argv) {
  const Scratch scratch;
  StateDirectory state({scratch / "state"}, true);
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
  stopwatch.run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 3);
}
