#include "claimcheck/keygen.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/key_set.h"
#include "claimcheck/pem.h"
#include "claimcheck/pkey.h"
#include "claimcheck/sha256.h"

namespace claimcheck {
namespace {

Error refused(std::string why) { return Error{Errc::kConfig, std::move(why)}; }

std::string secret_members(std::string_view secret) {
  std::string encoded = base64url_encode(secret);
  const Cleanser cleanser(encoded);
  return R"("kty":"oct","k":")" + encoded + '"';
}

std::string pair_members(const EVP_PKEY& pkey) {
  std::string secret = private_members(pkey);
  const Cleanser cleanser(secret);
  return public_members(pkey) + secret;
}

std::optional<std::string> new_secret(Algorithm algorithm) {
  std::string secret(min_secret_size(algorithm), '\0');
  const Cleanser cleanser(secret);
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(secret.data()),
                      static_cast<int>(secret.size())) != 1) {
    return std::nullopt;
  }
  return secret_members(secret);
}

std::optional<std::string> new_pair(Algorithm algorithm) {
  const Pkey pkey(algorithm == Algorithm::kEs256 ? EVP_EC_gen("P-256")
                  : algorithm == Algorithm::kEdDsa
                      ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                      : EVP_RSA_gen(kMinRsaBits));
  return pkey != nullptr ? std::optional(pair_members(*pkey)) : std::nullopt;
}

std::string jwk_of(std::string_view members, std::string_view alg,
                   std::string_view kid) {
  std::string jwk = '{' + std::string(members) + R"(,"alg":)" + json_quote(alg);
  if (!kid.empty()) {
    jwk += R"(,"kid":)" + json_quote(kid);
  }
  return jwk + '}';
}

// jwk_of_text spells a raw secret or a PEM key as a JWK.
Result<std::string> jwk_of_text(std::string_view text) {
  if (form_of(text) == KeyTextForm::kSecret) {
    return jwk_of(secret_members(without_line_end(text)), "HS256", "");
  }
  const Result<PemKey> pem = read_pem(text);
  return pem ? Result<std::string>(jwk_of(pair_members(*pem->pkey),
                                          name_of(pem->algorithm), ""))
             : pem.error();
}

// The values of a JWK are copied as they stand, members that we do not know
// among them.
class SetWriter {
 public:
  SetWriter(UnixTime now, UnixTime retire_at)
      : now_(now), retire_at_(retire_at) {}
  SetWriter(const SetWriter&) = delete;
  SetWriter& operator=(const SetWriter&) = delete;
  ~SetWriter() { cleanse(text_); }

  void add_new(std::string_view jwk) {
    text_ += text_.empty() ? "{\"keys\":[\n" : ",\n";
    text_ += jwk;
  }

  // Retired keys are left out.
  void add_old(rapidjson::Value& jwk, rapidjson::Document& owner) {
    const double retires = static_cast<double>(retire_at_.count()) / 1000;
    if (!jwk.HasMember("exp")) {
      jwk.AddMember("exp", rapidjson::Value(retires), owner.GetAllocator());
    }
    const double exp = jwk["exp"].GetDouble();
    if (exp * 1000 <= static_cast<double>(now_.count())) {
      return;
    }
    jwk["exp"].SetDouble(std::min(exp, retires));
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    jwk.Accept(writer);
    add_new({buffer.GetString(), buffer.GetSize()});
    OPENSSL_cleanse(const_cast<char*>(buffer.GetString()), buffer.GetSize());
  }

  std::string finish() { return text_ + "\n]}\n"; }

 private:
  const UnixTime now_;
  const UnixTime retire_at_;
  std::string text_;
};

// `text` was read by parse_keys before: it is what it seems.
void add_all_old(SetWriter& writer, std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (!document.HasMember("keys")) {
    writer.add_old(document, document);
    return;
  }
  for (rapidjson::Value& jwk : document["keys"].GetArray()) {
    writer.add_old(jwk, document);
  }
}

}  // namespace

Result<std::string> generate_jwk(Algorithm algorithm, std::string_view kid) {
  std::optional<std::string> members =
      is_hmac(algorithm) ? new_secret(algorithm) : new_pair(algorithm);
  if (!members) {
    return Error{Errc::kUnavailable, "OpenSSL could not make a key"};
  }
  const Cleanser cleanser(*members);
  std::string jwk = jwk_of(*members, name_of(algorithm), kid);
  if (const Result<KeySet> keys = parse_keys(jwk); !keys) {
    cleanse(jwk);
    return keys.error();
  }
  return jwk;
}

Result<std::string> rotate_keys(std::string_view text, std::string_view jwk,
                                UnixTime now,
                                std::chrono::milliseconds retire_after) {
  const Result<KeySet> old = parse_keys(text);
  if (!old) {
    return old.error();
  }
  if (!is_private(*old)) {
    return refused(
        "the keys are public: rotate where the private ones are, and copy the "
        "new public ones here");
  }
  SetWriter writer(now, now + retire_after);
  writer.add_new(jwk);
  if (form_of(text) == KeyTextForm::kJwk) {
    add_all_old(writer, text);
  } else {
    Result<std::string> old_jwk = jwk_of_text(text);
    if (!old_jwk) {
      return old_jwk.error();
    }
    const Cleanser cleanser(*old_jwk);
    add_all_old(writer, *old_jwk);
  }
  std::string set = writer.finish();
  if (const Result<KeySet> keys = parse_keys(set); !keys) {
    cleanse(set);
    return keys.error();
  }
  return set;
}

}  // namespace claimcheck
