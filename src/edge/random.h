// Random bytes from the kernel.
#ifndef CLAIMCHECK_EDGE_RANDOM_H_
#define CLAIMCHECK_EDGE_RANDOM_H_

#include <array>
#include <cstddef>
#include <span>

namespace claimcheck {

// fill_random fills at most 256 bytes from getrandom(2): a longer read may be
// interrupted half-way. Not OpenSSL's generator: that would seed itself in each
// plain CGI process.
void fill_random(std::span<unsigned char> bytes);

template <std::size_t kSize>
std::array<unsigned char, kSize> random_bytes() {
  static_assert(kSize <= 256);
  std::array<unsigned char, kSize> bytes;
  fill_random(bytes);
  return bytes;
}

// random_id returns 128 bits that nobody has seen: of what this thread has
// drawn for several at once.
std::array<unsigned char, 16> random_id();

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_RANDOM_H_
