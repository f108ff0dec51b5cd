// Random bytes from the kernel.
#ifndef CLAIMCHECK_EDGE_RANDOM_H_
#define CLAIMCHECK_EDGE_RANDOM_H_

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace claimcheck {

// random_bytes fills an array from getrandom(2). Not OpenSSL's generator: that
// would seed itself in each plain CGI process.
template <std::size_t kSize>
std::array<unsigned char, kSize> random_bytes() {
  static_assert(kSize <= 256, "a longer read may be interrupted half-way");
  std::array<unsigned char, kSize> bytes;
  while (getrandom(bytes.data(), bytes.size(), 0) !=
         static_cast<ssize_t>(kSize)) {
    if (errno != EINTR) {
      std::abort();
    }
  }
  return bytes;
}

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_RANDOM_H_
