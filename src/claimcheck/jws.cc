#include "claimcheck/jws.h"

#include <algorithm>

#include "claimcheck/ascii.h"
#include "claimcheck/base64url.h"
#include "claimcheck/json.h"

namespace claimcheck {
namespace {

Error refused(std::string why) {
  return Error{Errc::kTokenInvalid, std::move(why)};
}

struct Parts {
  std::string header;
  std::string payload;
  std::string signature;
};

// The dots are counted before anything is cut, so that a text of nothing but
// dots costs one pass.
Result<Parts> split(std::string_view token) {
  if (token.size() > kMaxTokenSize) {
    return refused("the token is longer than 4096 bytes");
  }
  if (std::count(token.begin(), token.end(), '.') != 2) {
    return refused("the token has not three parts");
  }
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  Result<std::string> header = base64url_decode(token.substr(0, first));
  Result<std::string> payload =
      base64url_decode(token.substr(first + 1, second - first - 1));
  Result<std::string> signature = base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature) {
    return refused("a part of the token is not canonical base64url");
  }
  return Parts{*std::move(header), *std::move(payload), *std::move(signature)};
}

bool type_allowed(std::string_view typ, const JwsRules& rules) {
  if (rules.types.empty()) {
    return true;
  }
  const std::string lower = lower_case(typ);
  std::string_view name = lower;
  if (name.starts_with("application/")) {
    name.remove_prefix(std::string_view("application/").size());
  }
  return std::find(rules.types.begin(), rules.types.end(), name) !=
         rules.types.end();
}

// select_keys applies the header's `kid` and `alg` to the keys: by name one
// key or none; without a name those of the algorithm. A key decides its
// algorithm, so "none" and a public key used as a secret have no key.
Result<std::vector<const Key*>> select_keys(const KeySet& keys,
                                            std::string_view alg,
                                            const JsonValue* kid) {
  const bool only_key_is_nameless = keys.size() == 1 && keys[0].kid().empty();
  const bool by_name = kid != nullptr && !only_key_is_nameless;
  std::vector<const Key*> selected;
  for (const Key& key : keys) {
    // An empty kid names no key, not the nameless ones.
    if (by_name ? !key.kid().empty() && key.kid() == kid->text
                : key.algorithm() == alg) {
      selected.push_back(&key);
    }
  }
  if (selected.empty()) {
    return refused(by_name ? "no key has the token's kid"
                           : "no key is for the token's alg");
  }
  for (const Key* key : selected) {
    if (key->algorithm() != alg) {
      return refused("the token's alg is not that of its key");
    }
  }
  selected.resize(std::min(selected.size(), kMaxKeysTried));
  return selected;
}

Result<std::vector<const Key*>> read_header(std::string_view text,
                                            const KeySet& keys,
                                            const JwsRules& rules) {
  Result<JsonObject> header = JsonObject::parse(text);
  if (!header) {
    return refused("the token's header is " + header.error().detail);
  }
  const JsonValue* alg = header->find("alg");
  const JsonValue* typ = header->find("typ");
  const JsonValue* kid = header->find("kid");
  if (alg == nullptr || !alg->is_string()) {
    return refused("the token's header names no alg");
  }
  // RFC 7515 section 4.1.11: an extension that must be understood, and none
  // is.
  if (header->find("crit") != nullptr) {
    return refused("the token's header has crit");
  }
  if (typ != nullptr && !(typ->is_string() && type_allowed(typ->text, rules))) {
    return refused("the token's typ is that of another kind of token");
  }
  if (kid != nullptr && !kid->is_string()) {
    return refused("the token's kid is not a string");
  }
  return select_keys(keys, alg->text, kid);
}

}  // namespace

std::string_view signing_input(std::string_view token) {
  return token.substr(0, token.rfind('.'));
}

std::string jws_sign(const Key& key, std::string_view type,
                     std::string_view payload) {
  std::string header = R"({"alg":)" + json_quote(key.algorithm()) +
                       R"(,"typ":)" + json_quote(type);
  if (!key.kid().empty()) {
    header += R"(,"kid":)" + json_quote(key.kid());
  }
  header += '}';
  std::string token =
      base64url_encode(header) + '.' + base64url_encode(payload);
  token += '.' + base64url_encode(key.sign(token));
  return token;
}

Result<Jws> jws_verify(std::string_view token, const KeySet& keys,
                       const JwsRules& rules) {
  Result<Parts> parts = split(token);
  if (!parts) {
    return parts.error();
  }
  Result<std::vector<const Key*>> candidates =
      read_header(parts->header, keys, rules);
  if (!candidates) {
    return candidates.error();
  }
  for (const Key* key : *candidates) {
    if (key->verify(signing_input(token), parts->signature)) {
      return Jws{std::move(parts->payload), key};
    }
  }
  return refused("the token's signature is not by one of our keys");
}

}  // namespace claimcheck
