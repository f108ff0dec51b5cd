// Keys, and threads that use them while they are replaced, for the tests of
// keyrings.
#ifndef CLAIMCHECK_TESTS_EDGE_KEYRINGS_H_
#define CLAIMCHECK_TESTS_EDGE_KEYRINGS_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "claimcheck/base64url.h"
#include "claimcheck/jwt.h"

namespace claimcheck::testing {

// named is a JWK whose secret is `letter`, 32 times.
inline std::string named(const std::string& kid, char letter) {
  return R"({"kty":"oct","kid":")" + kid + R"(","k":")" +
         base64url_encode(std::string(32, letter)) + "\"}";
}

inline constexpr UnixTime kSigned{1'700'000'000'000};

inline std::string signed_by(const Key& key) {
  return *TokenBuilder().expires_at(kSigned + UnixTime(2000)).sign(key);
}

inline bool is_verified_by(const KeySet& keys, const std::string& token) {
  return verify(token, keys, {}, kSigned).has_value();
}

// refused_while runs `work` while `count` threads each ask `accepted`, with
// their number, again and again; returns how often that was false.
template <typename Work, typename Accepted>
int refused_while(const Work& work, int count, const Accepted& accepted) {
  std::atomic<bool> is_done = false;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      while (!is_done) {
        refused += accepted(i) ? 0 : 1;
      }
    });
  }
  work();
  is_done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  return refused;
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_KEYRINGS_H_
