#include "claimcheck/jws.h"

#include <algorithm>
#include <array>

#include "claimcheck/ascii.h"
#include "claimcheck/json.h"

namespace claimcheck {
namespace {

// In bytes, so that most tokens are allocated once.
constexpr std::size_t kUsualToken = 512;

Error refused(const char* why) { return Error{Errc::kTokenInvalid, why}; }

// Parts are the token's, still encoded.
struct Parts {
  std::string_view signing_input;
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

// Candidates are the keys that may have signed a token.
struct Candidates {
  std::array<const Key*, kMaxKeysTried> keys;
  std::size_t size = 0;

  void add(const Key& key) {
    if (size < keys.size()) {
      keys[size++] = &key;
    }
  }
};

Result<Parts> split(std::string_view token) {
  if (token.size() > kMaxTokenSize) {
    return refused("the token is longer than 4096 bytes");
  }
  constexpr std::size_t kNone = std::string_view::npos;
  const std::size_t first = token.find('.');
  const std::size_t second =
      first != kNone ? token.find('.', first + 1) : kNone;
  if (second == kNone || token.find('.', second + 1) != kNone) {
    return refused("the token has not three parts");
  }
  return Parts{token.substr(0, second), token.substr(0, first),
               token.substr(first + 1, second - first - 1),
               token.substr(second + 1)};
}

bool type_allowed(std::string_view typ, const JwsRules& rules) {
  constexpr std::string_view kPrefix = "application/";
  if (equal_ignoring_case(typ.substr(0, kPrefix.size()), kPrefix)) {
    typ.remove_prefix(kPrefix.size());
  }
  return rules.types.empty() ||
         std::any_of(rules.types.begin(), rules.types.end(),
                     [typ](std::string_view type) {
                       return equal_ignoring_case(typ, type);
                     });
}

// Choice is what a header says about its key.
struct Choice {
  std::string_view alg;
  std::string_view kid;
  bool by_kid;
};

// A key decides its algorithm, so "none" and a public key used as a secret
// have no key. By name one key or none; without a name those of the algorithm.
// An empty kid names no key, not the nameless ones.
Result<Candidates> select_keys(const KeySet& keys, const Choice& choice,
                               UnixTime now) {
  const bool only_key_is_nameless = keys.size() == 1 && keys[0].kid().empty();
  const bool by_name = choice.by_kid && !only_key_is_nameless;
  Candidates selected;
  bool is_known = false;
  for (const Key& key : keys) {
    if (by_name && (key.kid().empty() || key.kid() != choice.kid)) {
      continue;
    }
    is_known = true;
    if (name_of(key.algorithm()) == choice.alg && key.may_verify() &&
        !key.is_retired(now)) {
      selected.add(key);
    }
  }
  if (selected.size > 0) {
    return selected;
  }
  return refused(!by_name   ? "no key that may verify is for the token's alg"
                 : is_known ? "the key of the token's kid is retired, may not "
                              "verify or is for another alg"
                            : "no key has the token's kid");
}

Result<Candidates> read_header(std::span<char> text, const KeySet& keys,
                               const JwsRules& rules, UnixTime now) {
  JsonTable table;
  Result<JsonObject> header = JsonObject::parse(text, table);
  if (!header) {
    return refused(
        "the token's header is not one JSON object with unique members");
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
  if (typ != nullptr &&
      !(typ->is_string() && type_allowed(typ->text(), rules))) {
    return refused("the token's typ is that of another kind of token");
  }
  if (kid != nullptr && !kid->is_string()) {
    return refused("the token's kid is not a string");
  }
  return select_keys(
      keys, {alg->text(), kid != nullptr ? kid->text() : "", kid != nullptr},
      now);
}

// A header that one of our keys writes is not parsed again: the same bytes
// would say the same.
Result<Candidates> find_candidates(std::string_view header, const KeySet& keys,
                                   const JwsRules& rules, UnixTime now) {
  for (const Key& key : keys) {
    if (header == key.token_header() && type_allowed(kTokenType, rules)) {
      return select_keys(
          keys, {name_of(key.algorithm()), key.kid(), !key.kid().empty()}, now);
    }
  }
  char text[kMaxPayloadSize + 1];
  Result<std::size_t> size = base64url_decode_to(text, header);
  return size ? read_header(std::span(text, *size + 1), keys, rules, now)
              : refused("the token's header is not canonical base64url");
}

}  // namespace

std::string_view signing_input(std::string_view token) {
  return token.substr(0, token.rfind('.'));
}

std::string jws_header(Algorithm algorithm, std::string_view type,
                       std::string_view kid) {
  std::string header = R"({"alg":)" + json_quote(name_of(algorithm)) +
                       R"(,"typ":)" + json_quote(type);
  if (!kid.empty()) {
    header += R"(,"kid":)" + json_quote(kid);
  }
  return header + '}';
}

Result<std::string> jws_sign(const Key& key, std::string_view type,
                             std::string_view payload) {
  std::string token;
  token.reserve(kUsualToken);
  if (type == kTokenType) {
    token += key.token_header();
  } else {
    base64url_encode_to(token, jws_header(key.algorithm(), type, key.kid()));
  }
  token += '.';
  base64url_encode_to(token, payload);
  Result<std::string> signature = key.sign(token);
  if (!signature) {
    return signature;
  }
  token += '.';
  base64url_encode_to(token, *signature);
  return token;
}

Result<VerifiedPayload> jws_verify_to(std::span<char> room,
                                      std::string_view token,
                                      const KeySet& keys, const JwsRules& rules,
                                      UnixTime now) {
  const Result<Parts> parts = split(token);
  if (!parts) {
    return parts.error();
  }
  char signature[kMaxPayloadSize];
  const Result<std::size_t> signature_size =
      base64url_decode_to(signature, parts->signature);
  const Result<std::size_t> payload_size =
      base64url_decode_to(room, parts->payload);
  if (!signature_size || !payload_size) {
    return refused("a part of the token is not canonical base64url");
  }
  const Result<Candidates> candidates =
      find_candidates(parts->header, keys, rules, now);
  if (!candidates) {
    return candidates.error();
  }
  for (std::size_t i = 0; i < candidates->size; ++i) {
    const Key* key = candidates->keys[i];
    if (key->verify(parts->signing_input, {signature, *signature_size})) {
      return VerifiedPayload{room.first(*payload_size), key};
    }
  }
  return refused("the token's signature is not by one of our keys");
}

Result<Jws> jws_verify(std::string_view token, const KeySet& keys,
                       const JwsRules& rules, UnixTime now) {
  char room[kMaxPayloadSize];
  const Result<VerifiedPayload> verified =
      jws_verify_to(room, token, keys, rules, now);
  if (!verified) {
    return verified.error();
  }
  return Jws{std::string(verified->payload.data(), verified->payload.size()),
             verified->key};
}

}  // namespace claimcheck
