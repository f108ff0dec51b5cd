#include "claimcheck/key_set.h"

#include <algorithm>

#include "claimcheck/json.h"
#include "claimcheck/jwk.h"
#include "claimcheck/key_material.h"
#include "claimcheck/pem.h"

namespace claimcheck {
namespace {

// Members of a set: kMaxKeys of an RSA key's dozen, and room for those that
// nobody knows.
constexpr std::size_t kMaxKeySetValues = 2048;

Error refused(std::string why) { return Error{Errc::kConfig, std::move(why)}; }

Error in_key(std::size_t index, const JsonObject& json, const JsonValue& jwk,
             const Error& error) {
  std::string where = "key " + std::to_string(index + 1);
  const JsonValue* kid = json.find_in(jwk, "kid");
  if (kid != nullptr && kid->is_string() && kid->text().size() <= kMaxKidSize) {
    where += " (kid " + json_quote(kid->text()) + ")";
  }
  return refused(where + ": " + error.detail);
}

Result<void> check_together(const KeySet& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_private() != keys[0].is_private()) {
      return refused(
          "a private and a public key in one set, which can be neither "
          "published nor kept: use two files");
    }
    for (std::size_t j = 0; j < i && !keys[i].kid().empty(); ++j) {
      if (keys[j].kid() == keys[i].kid()) {
        return refused("keys " + std::to_string(j + 1) + " and " +
                       std::to_string(i + 1) + " have the same kid");
      }
    }
  }
  return {};
}

Result<KeySet> keys_of_set(const JsonObject& json, const JsonValue& array) {
  if (array.type != JsonValue::Type::kArray) {
    return refused("keys of a JWK Set is not an array");
  }
  KeySet keys;
  for (const JsonValue* jwk = json.next_in(array, nullptr); jwk != nullptr;
       jwk = json.next_in(array, jwk)) {
    if (keys.size() == kMaxKeys) {
      return refused("a JWK Set of more than 32 keys");
    }
    Result<Key> key = key_of_jwk(json, *jwk);
    if (!key) {
      return in_key(keys.size(), json, *jwk, key.error());
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) {
    return refused("a JWK Set without keys");
  }
  if (Result<void> r = check_together(keys); !r) {
    return r.error();
  }
  return keys;
}

Result<KeySet> parse_jwks(std::string_view text) {
  const Result<JsonDocument> document =
      JsonDocument::parse(text, kMaxKeySetValues, kMaxKeySetValues);
  if (!document) {
    return refused("a JWK that is " + document.error().detail);
  }
  const JsonObject& json = document->object();
  if (const JsonValue* array = json.find("keys"); array != nullptr) {
    return keys_of_set(json, *array);
  }
  Result<Key> key = key_of_jwk(json, json.root());
  return key ? Result<KeySet>(KeySet{*std::move(key)}) : key.error();
}

Result<KeySet> parse_pem(std::string_view text) {
  Result<PemKey> pem = read_pem(text);
  if (!pem) {
    return pem.error();
  }
  Result<std::shared_ptr<const KeyMaterial>> material =
      pkey_material(std::move(pem->pkey), pem->algorithm, pem->is_private);
  return material ? Result<KeySet>(KeySet{Key(*std::move(material), {})})
                  : material.error();
}

Result<KeySet> parse_secret(std::string_view text) {
  const std::string_view secret = without_line_end(text);
  if (secret.find_first_of("\r\n") != std::string_view::npos) {
    return refused(
        "neither a JWK nor PEM, and a raw secret is one line of at least 32 "
        "bytes");
  }
  Result<Key> key = Key::hs256(secret);
  return key ? Result<KeySet>(KeySet{*std::move(key)}) : key.error();
}

}  // namespace

KeyTextForm form_of(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::string_view rest = text.substr(std::min(first, text.size()));
  if (rest.starts_with('{')) {
    return KeyTextForm::kJwk;
  }
  return text.find("-----BEGIN ") != std::string_view::npos
             ? KeyTextForm::kPem
             : KeyTextForm::kSecret;
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  return text;
}

Result<KeySet> parse_keys(std::string_view text) {
  if (text.size() > kMaxKeyText) {
    return refused("longer than 65536 bytes: no key");
  }
  switch (form_of(text)) {
    case KeyTextForm::kJwk:
      return parse_jwks(text);
    case KeyTextForm::kPem:
      return parse_pem(text);
    case KeyTextForm::kSecret:
      return parse_secret(text);
  }
  __builtin_unreachable();
}

const Key* signing_key(const KeySet& keys, UnixTime now) {
  const auto found = std::find_if(
      keys.begin(), keys.end(),
      [now](const Key& key) { return key.may_sign() && !key.is_retired(now); });
  return found != keys.end() ? &*found : nullptr;
}

bool is_private(const KeySet& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [](const Key& key) { return key.is_private(); });
}

}  // namespace claimcheck
