// Bare OpenSSL: the MAC of a token's signing input and nothing else.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstring>
#include <memory>

#include "tokens.h"

using namespace claimcheck;

namespace {

using Mac = std::array<unsigned char, 32>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A context that keeps its key is the fastest that OpenSSL 3 documents:
// EVP_MAC_init without a key starts the next message (EVP_MAC(3)).
std::shared_ptr<EVP_MAC_CTX> keyed_context() {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(
      EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
  std::shared_ptr<EVP_MAC_CTX> context(EVP_MAC_CTX_new(hmac.get()),
                                       EVP_MAC_CTX_free);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(context.get(), bytes(kSecret), kSecret.size(), params) !=
      1) {
    std::cerr << "bench/tokens: OpenSSL has no HMAC-SHA256\n";
    std::exit(1);
  }
  return context;
}

}  // namespace

void add_bare_hmac(Stopwatch& stopwatch, const std::string& token) {
  const std::string text(signing_input(token));
  const std::string mac = must(base64url_decode(token.substr(text.size() + 1)));
  const auto is_right = [mac](const Mac& made) {
    return std::memcmp(mac.data(), made.data(), made.size()) == 0;
  };
  const std::shared_ptr<EVP_MAC_CTX> context = keyed_context();
  stopwatch.add("hmac", [=] {
    Mac made;
    std::size_t size = 0;
    return EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1 &&
           EVP_MAC_update(context.get(), bytes(text), text.size()) == 1 &&
           EVP_MAC_final(context.get(), made.data(), &size, made.size()) == 1 &&
           is_right(made);
  });
  stopwatch.add("hmac_oneshot", [=] {
    Mac made;
    unsigned size = 0;
    return HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
                bytes(text), text.size(), made.data(), &size) != nullptr &&
           is_right(made);
  });
}
