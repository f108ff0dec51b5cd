// Random numbers that are the same in each run, for OpenSSL. It asks with them
// whether a modulus is composite, and of a bad one has now this answer, now
// that; a crash that shows at times is of little use, either.
#ifndef CLAIMCHECK_FUZZ_RANDOMNESS_H_
#define CLAIMCHECK_FUZZ_RANDOMNESS_H_

#include <openssl/rand.h>

#include <cstdint>

#include "property.h"

namespace claimcheck::fuzz {

inline std::uint64_t& random_state() {
  static std::uint64_t state = 0;
  return state;
}

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
inline int random_bytes(unsigned char* bytes, int size) {
  for (int i = 0; i < size; ++i) {
    std::uint64_t z = random_state() += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    bytes[i] = static_cast<unsigned char>(z >> 56);
  }
  return 1;
}

inline int random_status() { return 1; }

// What OpenSSL 3 has instead is a provider, which takes 200 lines.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

// repeat_randomness begins the same numbers anew.
inline void repeat_randomness() {
  static constexpr RAND_METHOD kMethod = {nullptr, random_bytes, nullptr,
                                          nullptr, random_bytes, random_status};
  static const bool is_set = RAND_set_rand_method(&kMethod) == 1;
  require(is_set, "the random numbers are replaced");
  random_state() = 0;
}

#pragma GCC diagnostic pop

}  // namespace claimcheck::fuzz

#endif  // CLAIMCHECK_FUZZ_RANDOMNESS_H_
