#include "claimcheck/jwk.h"

#include <cmath>
#include <utility>

#include "claimcheck/base64url.h"
#include "claimcheck/key_material.h"
#include "claimcheck/pkey.h"
#include "claimcheck/sha256.h"
#include "claimcheck/utf8.h"

namespace claimcheck {
namespace {

using Material = std::shared_ptr<const KeyMaterial>;

Error refused(std::string why) { return Error{Errc::kConfig, std::move(why)}; }

// Members reads the members of one JWK. The first that is wrong is kept as the
// error; what was read after it means nothing.
class Members {
 public:
  Members(const JsonObject& json, const JsonValue& jwk)
      : json_(json), jwk_(jwk) {}

  const JsonValue* find(const char* name) const {
    return json_.find_in(jwk_, name);
  }

  // text is a string member; empty if it is absent.
  std::string_view text(const char* name) {
    const JsonValue* value = find(name);
    if (value != nullptr && !value->is_string()) {
      fail(std::string(name) + " is not a string");
      return {};
    }
    return value != nullptr ? value->text() : std::string_view();
  }

  // bytes is a member in base64url; empty if it is absent.
  std::string bytes(const char* name) {
    Result<std::string> decoded = base64url_decode(text(name));
    if (!decoded) {
      fail(std::string(name) + " is not canonical base64url");
      return {};
    }
    if (find(name) != nullptr && decoded->empty()) {
      fail(std::string(name) + " is empty");
    }
    return *std::move(decoded);
  }

  // number is a Base64urlUInt (RFC 7518 section 2): no leading zeros.
  std::string number(const char* name) {
    std::string decoded = bytes(name);
    if (decoded.starts_with('\0')) {
      fail(std::string(name) + " has leading zero bytes");
    }
    return decoded;
  }

  void fail(std::string why) {
    if (!error_) {
      error_ = refused(std::move(why));
    }
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const JsonObject& json_;
  const JsonValue& jwk_;
  std::optional<Error> error_;
};

Result<Material> oct_material(Members& members, Algorithm algorithm) {
  std::string k = members.bytes("k");
  const Cleanser cleanser(k);
  if (members.error()) {
    return *members.error();
  }
  return hmac_material(algorithm, k);
}

Result<Material> checked(Members& members, Result<Pkey> pkey,
                         Algorithm algorithm, bool is_private) {
  if (members.error()) {
    return *members.error();
  }
  return pkey ? pkey_material(*std::move(pkey), algorithm, is_private)
              : Result<Material>(pkey.error());
}

void want_curve(Members& members, std::string_view curve) {
  if (members.text("crv") != curve) {
    members.fail("crv is not \"" + std::string(curve) + '"');
  }
}

Result<Material> ec_material(Members& members, Algorithm algorithm) {
  want_curve(members, "P-256");
  const std::string x = members.bytes("x");
  const std::string y = members.bytes("y");
  std::string d = members.bytes("d");
  const Cleanser cleanser(d);
  return checked(members, p256_pkey(x, y, d), algorithm, !d.empty());
}

Result<Material> okp_material(Members& members, Algorithm algorithm) {
  want_curve(members, "Ed25519");
  const std::string x = members.bytes("x");
  std::string d = members.bytes("d");
  const Cleanser cleanser(d);
  return checked(members, ed25519_pkey(x, d), algorithm, !d.empty());
}

// RFC 7518 section 6.3.2: with one of the factors come all of them. Numbers of
// any length were a way to make OpenSSL compute for minutes.
void check_rsa_members(Members& members, const RsaNumbers& rsa) {
  const std::string* factors[] = {&rsa.p, &rsa.q, &rsa.dp, &rsa.dq, &rsa.qi};
  std::size_t given = 0;
  for (const std::string* factor : factors) {
    given += factor->empty() ? 0 : 1;
    if (factor->size() > rsa.n.size()) {
      members.fail("a number is longer than n");
    }
  }
  if (rsa.n.empty() || rsa.e.empty()) {
    members.fail("n or e is missing");
  }
  if (rsa.n.size() > kMaxRsaBits / 8 || rsa.e.size() > 8 ||
      rsa.d.size() > rsa.n.size()) {
    members.fail("n, e or d is longer than 1024, 8 or n's bytes");
  }
  if (given != 0 && (given != std::size(factors) || rsa.d.empty())) {
    members.fail("d, p, q, dp, dq and qi come together, or d alone");
  }
  if (members.find("oth") != nullptr) {
    members.fail("oth: an RSA key of more than two primes");
  }
}

Result<Material> rsa_material(Members& members, Algorithm algorithm) {
  RsaNumbers rsa;
  const std::pair<const char*, std::string*> kNumbers[] = {
      {"n", &rsa.n}, {"e", &rsa.e},   {"d", &rsa.d},   {"p", &rsa.p},
      {"q", &rsa.q}, {"dp", &rsa.dp}, {"dq", &rsa.dq}, {"qi", &rsa.qi}};
  for (const auto& [name, number] : kNumbers) {
    *number = members.number(name);
  }
  check_rsa_members(members, rsa);
  if (members.error()) {
    return *members.error();
  }
  return checked(members, rsa_pkey(rsa), algorithm, !rsa.d.empty());
}

// Kind is a key type (RFC 7518 section 6.1, RFC 8037 section 2) and what a
// key of it without `alg` is for.
struct Kind {
  const char* kty;
  Algorithm usual;
  Result<Material> (*material)(Members&, Algorithm);
};

constexpr Kind kKinds[] = {
    {"oct", Algorithm::kHs256, oct_material},
    {"EC", Algorithm::kEs256, ec_material},
    {"OKP", Algorithm::kEdDsa, okp_material},
    {"RSA", Algorithm::kRs256, rsa_material},
};

bool fits(std::string_view kty, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEs256:
      return kty == "EC";
    case Algorithm::kEdDsa:
      return kty == "OKP";
    case Algorithm::kRs256:
    case Algorithm::kPs256:
      return kty == "RSA";
    default:
      return kty == "oct";
  }
}

Result<Algorithm> algorithm_of(Members& members, const Kind& kind) {
  const std::string_view alg = members.text("alg");
  if (members.find("alg") == nullptr || members.error()) {
    return kind.usual;
  }
  const std::optional<Algorithm> named = algorithm_named(alg);
  if (!named) {
    return refused(
        "alg is none of HS256, HS384, HS512, ES256, EdDSA, RS256 and PS256");
  }
  if (!fits(kind.kty, *named)) {
    return refused("alg is not for keys of kty \"" + std::string(kind.kty) +
                   '"');
  }
  return *named;
}

Result<Material> read_material(Members& members) {
  const std::string_view kty = members.text("kty");
  for (const Kind& kind : kKinds) {
    if (kty == kind.kty) {
      Result<Algorithm> algorithm = algorithm_of(members, kind);
      return algorithm ? kind.material(members, *algorithm)
                       : Result<Material>(algorithm.error());
    }
  }
  return refused("kty is none of \"oct\", \"EC\", \"OKP\" and \"RSA\"");
}

// RFC 7517 section 4.3. An operation that is none of a signature's makes the
// key another scheme's.
void read_key_ops(const JsonObject& json, Members& members, KeyUse& use) {
  const JsonValue* key_ops = members.find("key_ops");
  if (key_ops == nullptr) {
    return;
  }
  use.may_sign = use.may_verify = false;
  const JsonValue* operation = nullptr;
  while (key_ops->type == JsonValue::Type::kArray &&
         (operation = json.next_in(*key_ops, operation)) != nullptr) {
    bool& may = operation->text() == "sign" ? use.may_sign : use.may_verify;
    if ((operation->text() != "sign" && operation->text() != "verify") || may) {
      members.fail("key_ops has more than \"sign\" and \"verify\" once each");
    }
    may = true;
  }
  if (!use.may_sign && !use.may_verify) {
    members.fail("key_ops allows neither \"sign\" nor \"verify\"");
  }
}

void read_exp(Members& members, KeyUse& use) {
  const JsonValue* exp = members.find("exp");
  if (exp == nullptr) {
    return;
  }
  if (!exp->is_number() || !(std::abs(exp->number) <= kMaxNumericDate)) {
    members.fail("exp is not a time in seconds since 1970");
    return;
  }
  use.exp = UnixTime(std::llround(exp->number * 1000));
}

KeyUse read_use(const JsonObject& json, Members& members) {
  KeyUse use;
  use.kid = members.text("kid");
  if (members.find("kid") != nullptr &&
      (use.kid.empty() || use.kid.size() > kMaxKidSize ||
       has_control(use.kid))) {
    members.fail("kid is not a name of 1 to 128 bytes without controls");
  }
  if (members.find("use") != nullptr && members.text("use") != "sig") {
    members.fail("use is not \"sig\": the key is for something else");
  }
  read_key_ops(json, members, use);
  read_exp(members, use);
  return use;
}

}  // namespace

Result<Key> key_of_jwk(const JsonObject& json, const JsonValue& jwk) {
  if (jwk.type != JsonValue::Type::kObject) {
    return refused("a JWK is an object");
  }
  Members members(json, jwk);
  KeyUse use = read_use(json, members);
  if (members.error()) {
    return *members.error();
  }
  Result<Material> material = read_material(members);
  if (!material) {
    return material.error();
  }
  Key key(*std::move(material), std::move(use));
  if (!key.may_sign() && !key.may_verify()) {
    return refused("key_ops allows signing alone, and the key is public");
  }
  return key;
}

}  // namespace claimcheck
