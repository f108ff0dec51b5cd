#include "claimcheck/pkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <vector>

#include "claimcheck/base64url.h"
#include "claimcheck/sha256.h"

namespace claimcheck {
namespace {

constexpr std::size_t kP256Size = 32;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error refused(const char* why) {
  ERR_clear_error();
  return Error{Errc::kConfig, why};
}

// Parameters collects what EVP_PKEY_fromdata takes. The numbers live as long
// as it does.
class Parameters {
 public:
  Parameters& add(const char* name, std::string_view number) {
    if (!number.empty()) {
      numbers_.emplace_back(
          BN_bin2bn(bytes(number), static_cast<int>(number.size()), nullptr));
      OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get());
    }
    return *this;
  }

  Parameters& add_name(const char* name, const char* value) {
    OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, value, 0);
    return *this;
  }

  Parameters& add_bytes(const char* name, std::string_view value) {
    OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, value.data(),
                                     value.size());
    return *this;
  }

  Pkey make(const char* type, bool is_private) const {
    const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(
        OSSL_PARAM_BLD_to_param(builder_.get()), OSSL_PARAM_free);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* pkey = nullptr;
    if (params == nullptr || context == nullptr ||
        EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &pkey,
                          is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          params.get()) != 1) {
      ERR_clear_error();
      return nullptr;
    }
    return Pkey(pkey);
  }

 private:
  std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder_{
      OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free};
  std::vector<Bn> numbers_;
};

// number spells a parameter in base64url: with `size`, padded to it (RFC 7518
// section 6.2.1.2), else in as few bytes as it takes (section 2).
std::string number(const EVP_PKEY& pkey, const char* name, int size = 0) {
  const Bn bn = number_of(pkey, name);
  if (bn == nullptr) {
    return {};
  }
  std::string text(
      static_cast<std::size_t>(size != 0 ? size : BN_num_bytes(bn.get())),
      '\0');
  BN_bn2binpad(bn.get(), reinterpret_cast<unsigned char*>(text.data()),
               static_cast<int>(text.size()));
  std::string encoded = base64url_encode(text);
  cleanse(text);
  return encoded;
}

std::string raw(const EVP_PKEY& pkey,
                int (*get)(const EVP_PKEY*, unsigned char*, std::size_t*)) {
  std::array<unsigned char, 32> key{};
  std::size_t size = key.size();
  if (get(&pkey, key.data(), &size) != 1) {
    ERR_clear_error();
    return {};
  }
  std::string encoded = base64url_encode(std::span(key.data(), size));
  OPENSSL_cleanse(key.data(), key.size());
  return encoded;
}

std::string member(const char* name, const std::string& value) {
  return '"' + std::string(name) + "\":\"" + value + '"';
}

}  // namespace

Bn number_of(const EVP_PKEY& pkey, const char* parameter) {
  BIGNUM* found = nullptr;
  EVP_PKEY_get_bn_param(&pkey, parameter, &found);
  ERR_clear_error();
  return Bn(found);
}

RsaNumbers::~RsaNumbers() {
  for (std::string* number : {&d, &p, &q, &dp, &dq, &qi}) {
    cleanse(*number);
  }
}

Result<Pkey> p256_pkey(std::string_view x, std::string_view y,
                       std::string_view d) {
  if (x.size() != kP256Size || y.size() != kP256Size ||
      (!d.empty() && d.size() != kP256Size)) {
    return refused("x, y and d of P-256 are of 32 bytes each");
  }
  // SEC 1 section 2.3.3: an uncompressed point.
  const std::string point = '\x04' + std::string(x) + std::string(y);
  Pkey pkey = Parameters()
                  .add_name(OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1")
                  .add_bytes(OSSL_PKEY_PARAM_PUB_KEY, point)
                  .add(OSSL_PKEY_PARAM_PRIV_KEY, d)
                  .make("EC", !d.empty());
  return pkey != nullptr ? Result<Pkey>(std::move(pkey))
                         : refused("x and y are no point of P-256");
}

Result<Pkey> ed25519_pkey(std::string_view x, std::string_view d) {
  const std::size_t size = 32;
  if (x.size() != size || (!d.empty() && d.size() != size)) {
    return refused("x and d of Ed25519 are of 32 bytes each");
  }
  Pkey pkey(d.empty() ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                    bytes(x), size)
                      : EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                     bytes(d), size));
  if (pkey == nullptr) {
    return refused("OpenSSL takes no such Ed25519 key");
  }
  if (raw(*pkey, EVP_PKEY_get_raw_public_key) != base64url_encode(x)) {
    return refused("x is not the public half of d");
  }
  return pkey;
}

Result<Pkey> rsa_pkey(const RsaNumbers& numbers) {
  Pkey pkey = Parameters()
                  .add(OSSL_PKEY_PARAM_RSA_N, numbers.n)
                  .add(OSSL_PKEY_PARAM_RSA_E, numbers.e)
                  .add(OSSL_PKEY_PARAM_RSA_D, numbers.d)
                  .add(OSSL_PKEY_PARAM_RSA_FACTOR1, numbers.p)
                  .add(OSSL_PKEY_PARAM_RSA_FACTOR2, numbers.q)
                  .add(OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers.dp)
                  .add(OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers.dq)
                  .add(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers.qi)
                  .make("RSA", !numbers.d.empty());
  return pkey != nullptr ? Result<Pkey>(std::move(pkey))
                         : refused("OpenSSL takes no such RSA key");
}

std::string public_members(const EVP_PKEY& pkey) {
  switch (EVP_PKEY_get_base_id(&pkey)) {
    case EVP_PKEY_EC:
      return member("crv", "P-256") + ',' + member("kty", "EC") + ',' +
             member("x", number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, kP256Size)) +
             ',' +
             member("y", number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, kP256Size));
    case EVP_PKEY_ED25519:
      return member("crv", "Ed25519") + ',' + member("kty", "OKP") + ',' +
             member("x", raw(pkey, EVP_PKEY_get_raw_public_key));
    default:
      return member("e", number(pkey, OSSL_PKEY_PARAM_RSA_E)) + ',' +
             member("kty", "RSA") + ',' +
             member("n", number(pkey, OSSL_PKEY_PARAM_RSA_N));
  }
}

std::string private_members(const EVP_PKEY& pkey) {
  switch (EVP_PKEY_get_base_id(&pkey)) {
    case EVP_PKEY_EC:
      return ',' +
             member("d", number(pkey, OSSL_PKEY_PARAM_PRIV_KEY, kP256Size));
    case EVP_PKEY_ED25519:
      return ',' + member("d", raw(pkey, EVP_PKEY_get_raw_private_key));
    default:
      break;
  }
  std::string members = ',' + member("d", number(pkey, OSSL_PKEY_PARAM_RSA_D));
  const std::pair<const char*, const char*> kFactors[] = {
      {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
      {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
      {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
      {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};
  for (const auto& [name, parameter] : kFactors) {
    std::string value = number(pkey, parameter);
    if (!value.empty()) {
      members += ',' + member(name, value);
    }
    cleanse(value);
  }
  return members;
}

}  // namespace claimcheck
