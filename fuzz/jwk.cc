// Reads a text of keys: a JWK, a JWK Set or, if it does not begin with a
// brace, a raw secret.
// Holds: keys that are accepted sign and verify, are what their JWKs say, and
// are the same when read again; a refusal says why and not with what.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/sha256.h"
#include "json_tree.h"
#include "key_text.h"
#include "property.h"

namespace claimcheck::fuzz {
namespace {

std::string_view text_member(const JsonNode& jwk, std::string_view name) {
  const JsonNode* found = member(jwk, name);
  require(found == nullptr || found->is_string(), "a member is a string");
  return found != nullptr ? std::string_view(found->text) : std::string_view();
}

// RFC 7638 section 3.2: the members that make a key, in their order.
struct Kind {
  std::string_view kty;
  std::vector<std::string_view> members;
};

Thumbprint thumbprint_of(const JsonNode& jwk) {
  static const Kind kKinds[] = {{"oct", {"k", "kty"}},
                                {"EC", {"crv", "kty", "x", "y"}},
                                {"OKP", {"crv", "kty", "x"}},
                                {"RSA", {"e", "kty", "n"}}};
  const auto* kind = std::find_if(
      std::begin(kKinds), std::end(kKinds),
      [&jwk](const Kind& each) { return each.kty == text_member(jwk, "kty"); });
  require(kind != std::end(kKinds), "kty is one that is offered");
  Sha256 hash;
  char before = '{';
  for (const std::string_view name : kind->members) {
    hash.update({&before, 1}).update("\"").update(name).update("\":\"");
    hash.update(text_member(jwk, name)).update("\"");
    before = ',';
  }
  return hash.update("}").finish();
}

bool allows(const JsonNode* key_ops, std::string_view operation) {
  return key_ops == nullptr ||
         std::any_of(key_ops->children.begin(), key_ops->children.end(),
                     [operation](const JsonNode& child) {
                       return child.text == operation;
                     });
}

void check_use(const JsonNode& jwk, const Key& key) {
  const JsonNode* key_ops = member(jwk, "key_ops");
  require(key.may_verify() == allows(key_ops, "verify") &&
              key.may_sign() == (key.is_private() && allows(key_ops, "sign")),
          "a key does what key_ops allows");
  require(key_ops == nullptr ||
              std::all_of(key_ops->children.begin(), key_ops->children.end(),
                          [](const JsonNode& child) {
                            return child.text == "sign" ||
                                   child.text == "verify";
                          }),
          "key_ops allows signing and verifying alone");
  require(member(jwk, "use") == nullptr || text_member(jwk, "use") == "sig",
          "use is sig");
  const JsonNode* exp = member(jwk, "exp");
  require((exp != nullptr) == key.exp().has_value(),
          "a key retires if it has exp");
  require(exp == nullptr ||
              std::abs(exp->number * 1000 -
                       static_cast<double>(key.exp()->count())) <= 0.5,
          "exp is the JWK's");
}

void check_jwk(const JsonNode& jwk, const Key& key) {
  require(text_member(jwk, "kid") == key.kid(), "kid is the JWK's");
  require(member(jwk, "alg") == nullptr ||
              text_member(jwk, "alg") == name_of(key.algorithm()),
          "alg is the JWK's");
  const char* secret = text_member(jwk, "kty") == "oct" ? "k" : "d";
  require(key.is_private() == (member(jwk, secret) != nullptr),
          "a key is private if its JWK is");
  require(key.thumbprint() == thumbprint_of(jwk),
          "the thumbprint is that of the JWK's members");
  check_use(jwk, key);
}

void check_said(std::string_view text, const KeySet& keys) {
  const JsonNode json = read_object(std::string(text));
  const JsonNode* array = member(json, "keys");
  if (array == nullptr) {
    require(keys.size() == 1, "a JWK is one key");
    check_jwk(json, keys.front());
    return;
  }
  require(array->children.size() == keys.size(), "a set has the keys it lists");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    check_jwk(array->children[i], keys[i]);
  }
}

// Spaces around it are no part of a JSON text.
void check_padded(std::string_view text, const Result<KeySet>& keys) {
  if (text.size() + 4 <= kMaxKeyText) {
    require(same(keys, parse_repeatably("\r\n" + std::string(text) + "\t ")),
            "white space around a JWK changes nothing");
  }
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck::fuzz;
  const std::string_view text = text_of(data, size);
  const claimcheck::Result<claimcheck::KeySet> keys = check_key_text(text);
  if (claimcheck::form_of(text) == claimcheck::KeyTextForm::kJwk) {
    check_padded(text, keys);
    if (keys) {
      check_said(text, *keys);
    }
  }
  return 0;
}
