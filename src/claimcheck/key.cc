#include "claimcheck/key.h"

#include "claimcheck/base64url.h"

namespace claimcheck {
namespace {

// RFC 7638 section 3.2: the required members of an "oct" key, in order.
Sha256Digest oct_thumbprint(std::string_view secret) {
  std::string encoded = base64url_encode(secret);
  const Sha256Digest digest = Sha256()
                                  .update(R"({"k":")")
                                  .update(encoded)
                                  .update(R"(","kty":"oct"})")
                                  .finish();
  cleanse(encoded);
  return digest;
}

}  // namespace

Key::Key(std::string_view secret, std::string kid)
    : kid_(std::move(kid)),
      thumbprint_(oct_thumbprint(secret)),
      hmac_(secret) {}

Result<Key> Key::hs256(std::string_view secret, std::string kid) {
  if (secret.size() < kMinHs256Secret) {
    return Error{Errc::kConfig,
                 "the HS256 secret has " + std::to_string(secret.size()) +
                     " bytes and needs at least " +
                     std::to_string(kMinHs256Secret) +
                     ": make one with `claimcheck keygen`, or with "
                     "`openssl rand -base64 32`"};
  }
  return Key(secret, std::move(kid));
}

std::string Key::sign(std::string_view text) const {
  return std::string(bytes_of(hmac_.mac(text)));
}

bool Key::verify(std::string_view text, std::string_view signature) const {
  const Sha256Digest mac = hmac_.mac(text);
  return equal_in_constant_time(bytes_of(mac), signature);
}

}  // namespace claimcheck
