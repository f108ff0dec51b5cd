// What one HMAC costs a process that lives for it alone, as a plain CGI
// program does: built several times, with one of
//   -DPROBE_EMPTY        no HMAC
//   -DPROBE_LOWLEVEL     the library's own, on OpenSSL's low-level SHA-256
//   -DPROBE_EVP          EVP_MAC, which starts OpenSSL up whole
//   -DPROBE_EVP_NOINIT   EVP_MAC, with all told off that can be
// both -static and shared; spawn.cc runs them.
#if defined(PROBE_LOWLEVEL)

#include "claimcheck/hmac.h"

static unsigned char first_byte_of_mac() {
  return claimcheck::HmacSha256("Jefe").mac("what do ya want for nothing?")[0];
}

#elif defined(PROBE_EVP) || defined(PROBE_EVP_NOINIT)

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <string_view>

static const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

static unsigned char first_byte_of_mac() {
#ifdef PROBE_EVP_NOINIT
  OPENSSL_init_crypto(
      OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
          OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
          OPENSSL_INIT_NO_ATEXIT,
      nullptr);
#endif
  constexpr std::string_view kKey = "Jefe";
  constexpr std::string_view kText = "what do ya want for nothing?";
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(hmac);
  unsigned char mac[32] = {};
  std::size_t size = 0;
  EVP_MAC_init(context, bytes(kKey), kKey.size(), params);
  EVP_MAC_update(context, bytes(kText), kText.size());
  EVP_MAC_final(context, mac, &size, sizeof mac);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(hmac);
  return mac[0];
}

#elif defined(PROBE_EMPTY)

static unsigned char first_byte_of_mac() { return 0x5b; }

#else
#error "which probe?"
#endif

// RFC 4231 section 4.3 has the MAC.
int main() { return first_byte_of_mac() == 0x5b ? 0 : 1; }
