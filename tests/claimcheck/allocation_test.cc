// verify() of a token under HMAC keys allocates nothing: what a server does for
// each request, hostile ones among them, waits for no allocator. Counted is
// what C++ and OpenSSL ask for on this thread.
#include <openssl/crypto.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "claimcheck/keygen.h"
#include "minted.h"
#include "oct_keys.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

thread_local std::size_t allocated = 0;

void* counted(std::size_t size) noexcept {
  ++allocated;
  return std::malloc(size != 0 ? size : 1);
}

void* counted_or_throw(std::size_t size) {
  void* memory = counted(size);
  return memory != nullptr ? memory : throw std::bad_alloc();
}

void* counted_or_throw(std::size_t size, std::align_val_t alignment) {
  ++allocated;
  const auto boundary = static_cast<std::size_t>(alignment);
  void* memory =
      std::aligned_alloc(boundary, (size + boundary) / boundary * boundary);
  return memory != nullptr ? memory : throw std::bad_alloc();
}

void* openssl_malloc(std::size_t size, const char*, int) {
  return counted(size);
}

void* openssl_realloc(void* memory, std::size_t size, const char*, int) {
  ++allocated;
  return std::realloc(memory, size);
}

void openssl_free(void* memory, const char*, int) { std::free(memory); }

// OpenSSL takes them only before its first allocation.
const int openssl_is_counted =
    CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);

}  // namespace

// All forms, or a sanitizer's own would stand for the others and complain of
// memory that went out by one door and came back by another.
void* operator new(std::size_t size) { return counted_or_throw(size); }
void* operator new[](std::size_t size) { return counted_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted_or_throw(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted_or_throw(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace {

template <typename Work>
std::size_t allocations_of(Work work) {
  const std::size_t before = allocated;
  work();
  return allocated - before;
}

// check_free verifies both ways, and wants it to succeed: a refusal is cheap.
void check_free(const std::string& token, const KeySet& keys,
                const TokenRules& rules = {}) {
  bool is_good = false;
  const auto verifying = [&] {
    is_good = verify(token, keys, rules, kNow).has_value();
  };
  BOOST_CHECK_EQUAL(allocations_of(verifying), 0u);
  BOOST_CHECK(is_good);

  std::array<char, kMaxPayloadSize> room;
  const auto verifying_signature = [&] {
    is_good = jws_verify_to(room, token, keys, JwsRules{}, kNow).has_value();
  };
  BOOST_CHECK_EQUAL(allocations_of(verifying_signature), 0u);
  BOOST_CHECK(is_good);
}

// full_token has every claim that is looked at, each too long for the room that
// a std::string has in itself.
std::string full_token(const Key& key) {
  const std::string text(60, 'x');
  return *TokenBuilder()
              .issued_at(kNow)
              .not_before(kNow)
              .expires_at(kNow + UnixTime(2000))
              .issuer(text)
              .audience(text)
              .jwt_id(text)
              .resource("/" + text + "?a=\"\\\x01")
              .subject(text)
              .confirm_cookie(text)
              .claim("others", R"([{"a":["\u00e9",1.5,null,true]}])")
              .sign(key);
}

TokenRules full_rules() {
  TokenRules rules;
  rules.issuer = rules.audience = std::string(60, 'x');
  return rules;
}

std::string foreign_token(const std::string& header, const Key& key) {
  return mint(header, R"({"iat":1700000000,"exp":1700000002})", key);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocation)

BOOST_AUTO_TEST_CASE(the_count_counts_new) {
  const Key key = test_key();
  BOOST_CHECK_EQUAL(allocations_of([] {}), 0u);
  BOOST_CHECK_GT(allocations_of([&] { (void)key.sign("text"); }), 0u);
  BOOST_CHECK_GT(allocations_of([&] { full_token(key); }), 10u);
  BOOST_CHECK_EQUAL(
      allocations_of([] { std::make_unique<std::array<char, 100>>(); }), 1u);
  struct alignas(64) Aligned {
    char bytes[64];
  };
  BOOST_CHECK_EQUAL(allocations_of([] { std::make_unique<Aligned>(); }), 1u);
}

// EVP allocates in C: a MAC that went by it would be seen here.
BOOST_AUTO_TEST_CASE(the_count_counts_openssls) {
  BOOST_REQUIRE_EQUAL(openssl_is_counted, 1);
  const Key key = parse_keys(*generate_jwk(Algorithm::kEdDsa, ""))->front();
  const std::string signature = *key.sign("text");
  BOOST_CHECK_GT(allocations_of([&] { (void)key.verify("text", signature); }),
                 0u);
}

BOOST_AUTO_TEST_CASE(a_token_of_ours_is_verified_without_an_allocation) {
  for (const Algorithm algorithm : kHmacs) {
    const KeySet keys = {oct_key(algorithm)};
    check_free(full_token(keys[0]), keys, full_rules());
  }
}

BOOST_AUTO_TEST_CASE(a_kid_is_found_without_an_allocation) {
  for (const Algorithm algorithm : kHmacs) {
    const std::string kid = R"(,"kid":")" + std::string(100, 'k');
    const KeySet keys = {oct_key(algorithm, kid + "1\"", 'a'),
                         oct_key(algorithm, kid + "2\"", 'b')};
    check_free(full_token(keys[1]), keys, full_rules());
  }
}

BOOST_AUTO_TEST_CASE(a_foreign_header_is_read_without_an_allocation) {
  for (const Algorithm algorithm : kHmacs) {
    const KeySet keys = {oct_key(algorithm)};
    const std::string alg(name_of(algorithm));
    for (const std::string& header :
         {R"({"alg":")" + alg + R"(","typ":"JWT"})",
          R"({"typ":"JWT","alg":")" + alg + R"("})",
          R"( {"alg":")" + alg + R"(","kid":")" + std::string(200, 'k') +
              R"(","x5c":["\u0041",{"a":1}]} )"}) {
      check_free(foreign_token(header, keys[0]), keys);
    }
  }
}

// As much work as a token without kid can ask for.
BOOST_AUTO_TEST_CASE(eight_keys_are_tried_without_an_allocation) {
  KeySet keys;
  for (int i = 0; i < 8; ++i) {
    keys.push_back(*Key::hs256(std::string(32, static_cast<char>('a' + i)),
                               "key" + std::to_string(i)));
  }
  check_free(foreign_token(R"({"alg":"HS256","typ":"JWT"})", keys[7]), keys);
}

BOOST_AUTO_TEST_SUITE_END()
