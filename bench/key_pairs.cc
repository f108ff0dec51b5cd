// Every algorithm but HS256. `<alg>_sign` and `<alg>_verify` are the whole
// work for a token, `<alg>_key_…` the signature of its text alone, and
// `<alg>_evp_…` the same in bare OpenSSL, done as `openssl speed` does it: one
// context for ever, and for ECDSA and RSA a digest that is there already.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>

#include "claimcheck/key_material.h"
#include "claimcheck/pkey.h"
#include "claimcheck/sha256.h"
#include "tokens.h"

using namespace claimcheck;

namespace {

void add_key(Stopwatch& stopwatch, const std::string& name, const Key& key,
             const std::string& text) {
  const std::string payload = payload_of(text + '.');
  const std::string token = must(jws_sign(key, kTokenType, payload));
  const std::string signature = must(key.sign(text));
  const KeySet keys = {key};
  stopwatch.add(name + "_sign",
                [=] { return jws_sign(key, kTokenType, payload).has_value(); });
  stopwatch.add(name + "_verify", [=] {
    char room[kMaxPayloadSize];
    return jws_verify_to(room, token, keys, JwsRules{kTypes}, kNow).has_value();
  });
  stopwatch.add(name + "_key_sign", [=] { return key.sign(text).has_value(); });
  stopwatch.add(name + "_key_verify",
                [=] { return key.verify(text, signature); });
}

Key hmac_key(Algorithm algorithm) {
  const std::string secret = std::string(kSecret) + std::string(kSecret);
  return Key(must(hmac_material(algorithm, secret)), {});
}

Pkey another(EVP_PKEY* pkey) {
  EVP_PKEY_up_ref(pkey);
  return Pkey(pkey);
}

Key pkey_key(EVP_PKEY* pkey, Algorithm algorithm) {
  return Key(must(pkey_material(another(pkey), algorithm, true)), {});
}

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// EvpDigest is ECDSA and RSA.
class EvpDigest {
 public:
  explicit EvpDigest(EVP_PKEY* pkey)
      : sign_(context(pkey, EVP_PKEY_sign_init)),
        verify_(context(pkey, EVP_PKEY_verify_init)) {}

  bool sign(const std::string& digest, std::string& signature) const {
    signature.resize(kMaxSize);
    std::size_t size = signature.size();
    const bool good = EVP_PKEY_sign(sign_.get(), bytes(signature), &size,
                                    bytes(digest), digest.size()) == 1;
    signature.resize(size);
    return good;
  }

  bool verify(const std::string& digest, const std::string& signature) const {
    return EVP_PKEY_verify(verify_.get(), bytes(signature), signature.size(),
                           bytes(digest), digest.size()) == 1;
  }

 private:
  static constexpr std::size_t kMaxSize = 512;

  static std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY* pkey,
                                               int (*init)(EVP_PKEY_CTX*)) {
    std::shared_ptr<EVP_PKEY_CTX> made(EVP_PKEY_CTX_new(pkey, nullptr),
                                       EVP_PKEY_CTX_free);
    init(made.get());
    EVP_PKEY_CTX_set_signature_md(made.get(), EVP_sha256());
    return made;
  }

  std::shared_ptr<EVP_PKEY_CTX> sign_;
  std::shared_ptr<EVP_PKEY_CTX> verify_;
};

// EvpText is Ed25519, which signs the text itself.
class EvpText {
 public:
  explicit EvpText(EVP_PKEY* pkey)
      : sign_(context(pkey, EVP_DigestSignInit)),
        verify_(context(pkey, EVP_DigestVerifyInit)) {}

  bool sign(const std::string& text, std::string& signature) const {
    signature.resize(kSize);
    std::size_t size = signature.size();
    return EVP_DigestSign(sign_.get(), bytes(signature), &size, bytes(text),
                          text.size()) == 1;
  }

  bool verify(const std::string& text, const std::string& signature) const {
    return EVP_DigestVerify(verify_.get(), bytes(signature), signature.size(),
                            bytes(text), text.size()) == 1;
  }

 private:
  static constexpr std::size_t kSize = 64;

  static std::shared_ptr<EVP_MD_CTX> context(
      EVP_PKEY* pkey, int (*init)(EVP_MD_CTX*, EVP_PKEY_CTX**, const EVP_MD*,
                                  ENGINE*, EVP_PKEY*)) {
    std::shared_ptr<EVP_MD_CTX> made(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    init(made.get(), nullptr, nullptr, nullptr, pkey);
    return made;
  }

  std::shared_ptr<EVP_MD_CTX> sign_;
  std::shared_ptr<EVP_MD_CTX> verify_;
};

template <typename Evp>
void add_evp(Stopwatch& stopwatch, const std::string& name, EVP_PKEY* pkey,
             const std::string& text) {
  const Evp evp(pkey);
  std::string signature;
  evp.sign(text, signature);
  stopwatch.add(name + "_evp_sign",
                [evp, text, made = std::string()]() mutable {
                  return evp.sign(text, made);
                });
  stopwatch.add(name + "_evp_verify",
                [=] { return evp.verify(text, signature); });
}

}  // namespace

void add_other_algorithms(Stopwatch& stopwatch, const std::string& token) {
  const std::string text(signing_input(token));
  const std::string digest(bytes_of(Sha256().update(text).finish()));
  const Pkey p256(EVP_EC_gen("P-256"));
  const Pkey ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Pkey rsa(EVP_RSA_gen(2048));

  add_key(stopwatch, "hs384", hmac_key(Algorithm::kHs384), text);
  add_key(stopwatch, "hs512", hmac_key(Algorithm::kHs512), text);
  add_key(stopwatch, "es256", pkey_key(p256.get(), Algorithm::kEs256), text);
  add_evp<EvpDigest>(stopwatch, "es256", p256.get(), digest);
  add_key(stopwatch, "eddsa", pkey_key(ed25519.get(), Algorithm::kEdDsa), text);
  add_evp<EvpText>(stopwatch, "eddsa", ed25519.get(), text);
  add_key(stopwatch, "rs256", pkey_key(rsa.get(), Algorithm::kRs256), text);
  add_evp<EvpDigest>(stopwatch, "rs256", rsa.get(), digest);
  add_key(stopwatch, "ps256", pkey_key(rsa.get(), Algorithm::kPs256), text);
}
