#include "edge/random.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "policy/fd.h"

namespace claimcheck {
namespace {

// Kernels before 3.17 have no getrandom(2).
ssize_t read_device(std::span<unsigned char> bytes) {
  const Fd device(open("/dev/urandom", O_RDONLY | O_CLOEXEC));
  struct stat status;
  return device.is_open() && fstat(device.get(), &status) == 0 &&
                 S_ISCHR(status.st_mode)
             ? read(device.get(), bytes.data(), bytes.size())
             : -1;
}

}  // namespace

void fill_random(std::span<unsigned char> bytes) {
  const auto size = static_cast<ssize_t>(bytes.size());
  while (getrandom(bytes.data(), bytes.size(), 0) != size) {
    if (errno == ENOSYS && read_device(bytes) == size) {
      return;
    }
    if (errno != EINTR) {
      std::abort();
    }
  }
}

}  // namespace claimcheck
