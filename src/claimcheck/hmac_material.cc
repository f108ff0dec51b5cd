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
