#include "edge/random.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

std::array<unsigned char, 16> random_id() {
  constexpr std::size_t kSize = 16;
  thread_local std::array<unsigned char, 256> drawn;
  thread_local std::size_t left = 0;
  if (left == 0) {
    fill_random(drawn);
    left = drawn.size();
  }
  left -= kSize;
  std::array<unsigned char, kSize> id;
  const auto from = drawn.begin() + static_cast<std::ptrdiff_t>(left);
  std::copy_n(from, kSize, id.begin());
  std::fill_n(from, kSize, 0);
  return id;
}

}  // namespace claimcheck
