#include <memory>
#include <type_traits>

#include "claimcheck/base64url.h"
#include "claimcheck/hmac.h"
#include "claimcheck/key_material.h"
#include "claimcheck/sha256.h"

namespace claimcheck {
namespace {

// RFC 7638 section 3.2: the required members of an "oct" key, in order.
Thumbprint oct_thumbprint(std::string_view secret) {
  std::string encoded = base64url_encode(secret);
  const Thumbprint digest = Sha256()
                                .update(R"({"k":")")
                                .update(encoded)
                                .update(R"(","kty":"oct"})")
                                .finish();
  cleanse(encoded);
  return digest;
}

template <Algorithm kAlgorithm, typename Mac>
class HmacMaterial final : public KeyMaterial {
 public:
  explicit HmacMaterial(std::string_view secret)
      : thumbprint_(oct_thumbprint(secret)), hmac_(secret) {}

  Algorithm algorithm() const override { return kAlgorithm; }
  const Thumbprint& thumbprint() const override { return thumbprint_; }
  bool is_private() const override { return true; }

  Result<std::string> sign(std::string_view text) const override {
    return std::string(bytes_of(hmac_.mac(text)));
  }

  bool verify(std::string_view text,
              std::string_view signature) const override {
    const auto mac = hmac_.mac(text);
    return equal_in_constant_time(bytes_of(mac), signature);
  }

 private:
  const Thumbprint thumbprint_;
  const Mac hmac_;
};

// A public key is text that everybody may have: with it for a secret, everybody
// signs (algorithm confusion; PyJWT, CVE-2017-11424 and CVE-2022-29217). PEM,
// or the line of an SSH key, whose base64 begins with a length.
bool is_text_of_a_key(std::string_view secret) {
  const bool is_ssh = secret.starts_with("ssh-") ||
                      secret.starts_with("ecdsa-") || secret.starts_with("sk-");
  return secret.find("-----BEGIN ") != std::string_view::npos ||
         (is_ssh && secret.find(" AAAA") != std::string_view::npos);
}

}  // namespace

Result<std::shared_ptr<const KeyMaterial>> hmac_material(
    Algorithm algorithm, std::string_view secret) {
  using Made = std::shared_ptr<const KeyMaterial>;
  if (secret.size() < min_secret_size(algorithm)) {
    const std::string needed = std::to_string(min_secret_size(algorithm));
    const std::string name(name_of(algorithm));
    return Error{Errc::kConfig,
                 "the " + name + " secret has " +
                     std::to_string(secret.size()) +
                     " bytes and needs at least " + needed +
                     ": make one with `claimcheck keygen --alg " + name +
                     "`, or with `openssl rand -base64 " + needed + "`"};
  }
  if (is_text_of_a_key(secret)) {
    return Error{Errc::kConfig,
                 "the secret is the text of a PEM or SSH key, of which "
                 "everybody may have the public half: a PEM key goes into a "
                 "file of keys, and `claimcheck keygen` makes a secret"};
  }
  switch (algorithm) {
    case Algorithm::kHs384:
      return Made(std::make_shared<HmacMaterial<Algorithm::kHs384, HmacSha384>>(
          secret));
    case Algorithm::kHs512:
      return Made(std::make_shared<HmacMaterial<Algorithm::kHs512, HmacSha512>>(
          secret));
    default:
      return Made(std::make_shared<HmacMaterial<Algorithm::kHs256, HmacSha256>>(
          secret));
  }
}

}  // namespace claimcheck
