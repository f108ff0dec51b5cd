// How MACs are compared. The linker puts what stands here in the place of
// CRYPTO_memcmp (--wrap), so that the comparison that decides is seen, and not
// one that a test calls for itself.
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "minted.h"
#include "oct_keys.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// Comparisons is what CRYPTO_memcmp was asked, without an allocation: other
// tests count those.
struct Comparisons {
  int count = 0;
  std::size_t size = 0;
  std::array<char, 64> left{};
  std::array<char, 64> right{};
  std::optional<int> forced_answer;

  std::string_view first() const { return {left.data(), size}; }
  std::string_view second() const { return {right.data(), size}; }
};

thread_local Comparisons seen;

// verified_with tells what the key says when the comparison answers `answer`,
// whatever the bytes are.
template <typename Verify>
auto verified_with(std::optional<int> answer, Verify verify) {
  seen = Comparisons();
  seen.forced_answer = answer;
  const auto verdict = verify();
  seen.forced_answer.reset();
  return verdict;
}

bool verified(const Key& key, std::string_view mac,
              std::optional<int> answer = {}) {
  return verified_with(answer, [&] { return key.verify("text", mac); });
}

std::string flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

// forged is `token` under a MAC that is wrong in its first byte.
std::string forged(const std::string& token) {
  const std::size_t at = token.rfind('.') + 1;
  const std::string mac = *base64url_decode(token.substr(at));
  return token.substr(0, at) + base64url_encode(flipped(mac, 0));
}

}  // namespace

extern "C" {

int __real_CRYPTO_memcmp(const void* a, const void* b, std::size_t size);

int __wrap_CRYPTO_memcmp(const void* a, const void* b, std::size_t size) {
  ++seen.count;
  seen.size = std::min(size, seen.left.size());
  std::copy_n(static_cast<const char*>(a), seen.size, seen.left.data());
  std::copy_n(static_cast<const char*>(b), seen.size, seen.right.data());
  // A size beyond the room must not look like a MAC's.
  seen.size = size <= seen.left.size() ? seen.size : 0;
  return seen.forced_answer ? *seen.forced_answer
                            : __real_CRYPTO_memcmp(a, b, size);
}

}  // extern "C"

BOOST_AUTO_TEST_SUITE(constant_time)

// CVE lesson, memcmp on a MAC: whoever can time it learns where the first
// difference is.
BOOST_AUTO_TEST_CASE(one_comparison_is_of_the_whole_mac_wherever_they_differ) {
  for (const Algorithm algorithm : kHmacs) {
    const Key key = oct_key(algorithm);
    const std::string mac = *key.sign("text");
    BOOST_REQUIRE_EQUAL(mac.size(), min_secret_size(algorithm));
    for (std::size_t at = 0; at < mac.size(); ++at) {
      const std::string bad = flipped(mac, at);
      BOOST_CHECK(!verified(key, bad));
      BOOST_CHECK_EQUAL(seen.count, 1);
      BOOST_CHECK_EQUAL(seen.size, mac.size());
      BOOST_CHECK(std::minmax(seen.first(), seen.second()) ==
                  std::minmax<std::string_view>(mac, bad));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_good_mac_takes_the_same_one_comparison) {
  for (const Algorithm algorithm : kHmacs) {
    const Key key = oct_key(algorithm);
    const std::string mac = *key.sign("text");
    BOOST_CHECK(verified(key, mac));
    BOOST_CHECK_EQUAL(seen.count, 1);
    BOOST_CHECK(seen.first() == mac && seen.second() == mac);
  }
}

// The length is no secret: it is the algorithm's.
BOOST_AUTO_TEST_CASE(another_length_is_refused_and_nothing_compared) {
  for (const Algorithm algorithm : kHmacs) {
    const Key key = oct_key(algorithm);
    const std::string mac = *key.sign("text");
    for (std::size_t size = 0; size < mac.size(); ++size) {
      BOOST_CHECK(!verified(key, mac.substr(0, size), 0));
      BOOST_CHECK_EQUAL(seen.count, 0);
    }
    for (const std::string& longer : {mac + '\0', mac + mac}) {
      BOOST_CHECK(!verified(key, longer, 0));
      BOOST_CHECK_EQUAL(seen.count, 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_comparisons_answer_is_the_keys_verdict) {
  for (const Algorithm algorithm : kHmacs) {
    const Key key = oct_key(algorithm);
    const std::string mac = *key.sign("text");
    BOOST_CHECK(verified(key, flipped(mac, 0), 0));
    for (const int answer : {1, -1, 256}) {
      BOOST_CHECK(!verified(key, mac, answer));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_comparisons_answer_is_the_tokens_verdict) {
  for (const Algorithm algorithm : kHmacs) {
    const KeySet keys = {oct_key(algorithm)};
    const std::string token =
        *TokenBuilder().expires_at(kNow + UnixTime(2000)).sign(keys[0]);
    const auto answered = [&](const std::string& text,
                              std::optional<int> answer) {
      return verified_with(answer, [&] { return verdict(text, keys); });
    };
    BOOST_CHECK_EQUAL(answered(token, {}), "ok");
    BOOST_CHECK_EQUAL(seen.count, 1);
    BOOST_CHECK_EQUAL(seen.size, min_secret_size(algorithm));
    BOOST_CHECK_EQUAL(answered(forged(token), {}), "token_invalid");
    BOOST_CHECK_EQUAL(seen.count, 1);
    BOOST_CHECK_EQUAL(answered(forged(token), 0), "ok");
    BOOST_CHECK_EQUAL(answered(token, 1), "token_invalid");
  }
}

// Work for a token that names no key is bounded, whoever sends how many.
BOOST_AUTO_TEST_CASE(a_token_without_kid_is_compared_eight_times_at_most) {
  KeySet keys;
  for (int i = 0; i < 20; ++i) {
    keys.push_back(*Key::hs256(std::string(32, static_cast<char>('a' + i)),
                               "key" + std::to_string(i)));
  }
  const std::string token = mint(kHeader, "{}", other_key());
  BOOST_CHECK_EQUAL(verified_with({}, [&] { return verdict(token, keys); }),
                    "token_invalid");
  BOOST_CHECK_EQUAL(seen.count, 8);
}

// A kid picks its key by name alone: no MAC is computed to find it.
BOOST_AUTO_TEST_CASE(a_token_with_kid_is_compared_with_that_key_alone) {
  const KeySet keys = {test_key("a"), other_key("b")};
  const std::string token =
      mint(R"({"alg":"HS256","kid":"b"})", R"({"exp":1700000002})", keys[1]);
  BOOST_CHECK_EQUAL(verified_with({}, [&] { return verdict(token, keys); }),
                    "ok");
  BOOST_CHECK_EQUAL(seen.count, 1);
}

BOOST_AUTO_TEST_SUITE_END()
