#include "claimcheck/key.h"

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/jws.h"
#include "claimcheck/key_material.h"

namespace claimcheck {

struct Key::State {
  std::shared_ptr<const KeyMaterial> material;
  KeyUse use;
  std::string token_header;
};

Key::Key(std::shared_ptr<const KeyMaterial> material, KeyUse use) {
  std::string header =
      base64url_encode(jws_header(material->algorithm(), kTokenType, use.kid));
  state_ = std::make_shared<const State>(
      State{std::move(material), std::move(use), std::move(header)});
}

Result<Key> Key::hs256(std::string_view secret, std::string kid) {
  Result<std::shared_ptr<const KeyMaterial>> material =
      hmac_material(Algorithm::kHs256, secret);
  if (!material) {
    return material.error();
  }
  return Key(*std::move(material), KeyUse{std::move(kid), true, true, {}});
}

Algorithm Key::algorithm() const { return state_->material->algorithm(); }

const std::string& Key::kid() const { return state_->use.kid; }

const Thumbprint& Key::thumbprint() const {
  return state_->material->thumbprint();
}

bool Key::is_private() const { return state_->material->is_private(); }

bool Key::may_sign() const { return state_->use.may_sign && is_private(); }

bool Key::may_verify() const { return state_->use.may_verify; }

std::optional<UnixTime> Key::exp() const { return state_->use.exp; }

std::string_view Key::token_header() const { return state_->token_header; }

Result<std::string> Key::sign(std::string_view text) const {
  if (!may_sign()) {
    return Error{Errc::kConfig, is_private()
                                    ? "the key's use or key_ops forbid signing"
                                    : "the key is public: it cannot sign"};
  }
  return state_->material->sign(text);
}

bool Key::verify(std::string_view text, std::string_view signature) const {
  return may_verify() && state_->material->verify(text, signature);
}

}  // namespace claimcheck
