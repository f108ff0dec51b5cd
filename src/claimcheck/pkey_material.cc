// Signatures by OpenSSL's EVP. What it computes for each key anew (a context
// of the algorithm, its digest and padding) is made once and duplicated.
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>

#include "claimcheck/pkey.h"
#include "claimcheck/sha256.h"

namespace claimcheck {
namespace {

struct ContextFree {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, ContextFree>;
using MdContext = std::unique_ptr<EVP_MD_CTX, ContextFree>;

constexpr std::size_t kHalf = 32;  // of an ES256 signature: r, then s
constexpr std::size_t kMaxEcdsaDer = 72;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

Error failed() {
  ERR_clear_error();
  return Error{Errc::kUnavailable, "OpenSSL could not sign"};
}

// of_thumbprint hashes RFC 7638's members, which public_members() has in
// order.
Thumbprint thumbprint_of(const EVP_PKEY& pkey) {
  return Sha256().update('{' + public_members(pkey) + '}').finish();
}

// DigestSigner signs a SHA-256 digest: ECDSA and RSA.
class DigestSigner {
 public:
  DigestSigner(EVP_PKEY* pkey, Algorithm algorithm, bool is_private)
      : sign_(is_private ? context(pkey, algorithm, EVP_PKEY_sign_init)
                         : nullptr),
        verify_(context(pkey, algorithm, EVP_PKEY_verify_init)),
        max_size_(static_cast<std::size_t>(EVP_PKEY_get_size(pkey))) {}

  bool is_ready(bool is_private) const {
    return verify_ != nullptr && (!is_private || sign_ != nullptr);
  }

  Result<std::string> sign(std::string_view text) const {
    const Sha256Digest digest = Sha256().update(text).finish();
    const PkeyContext context(EVP_PKEY_CTX_dup(sign_.get()));
    std::string signature(max_size_, '\0');
    std::size_t size = signature.size();
    if (context == nullptr ||
        EVP_PKEY_sign(context.get(), bytes(signature), &size, digest.data(),
                      digest.size()) != 1) {
      return failed();
    }
    signature.resize(size);
    return signature;
  }

  bool verify(std::string_view text, const unsigned char* signature,
              std::size_t size) const {
    const Sha256Digest digest = Sha256().update(text).finish();
    const PkeyContext context(EVP_PKEY_CTX_dup(verify_.get()));
    const bool good = context != nullptr &&
                      EVP_PKEY_verify(context.get(), signature, size,
                                      digest.data(), digest.size()) == 1;
    if (!good) {
      ERR_clear_error();
    }
    return good;
  }

 private:
  static PkeyContext context(EVP_PKEY* pkey, Algorithm algorithm,
                             int (*init)(EVP_PKEY_CTX*)) {
    PkeyContext made(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
    if (made == nullptr || init(made.get()) != 1 ||
        EVP_PKEY_CTX_set_signature_md(made.get(), EVP_sha256()) != 1 ||
        (algorithm == Algorithm::kRs256 &&
         EVP_PKEY_CTX_set_rsa_padding(made.get(), RSA_PKCS1_PADDING) != 1) ||
        (algorithm == Algorithm::kPs256 && !set_pss(made.get()))) {
      ERR_clear_error();
      return nullptr;
    }
    return made;
  }

  // RFC 7518 section 3.5: MGF1 with SHA-256, and a salt as long as the hash.
  static bool set_pss(EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) ==
               1;
  }

  PkeyContext sign_;
  PkeyContext verify_;
  std::size_t max_size_;
};

class PkeyMaterial : public KeyMaterial {
 public:
  PkeyMaterial(Pkey pkey, Algorithm algorithm, bool is_private)
      : pkey_(std::move(pkey)),
        algorithm_(algorithm),
        is_private_(is_private),
        thumbprint_(thumbprint_of(*pkey_)) {}

  Algorithm algorithm() const override { return algorithm_; }
  const Thumbprint& thumbprint() const override { return thumbprint_; }
  bool is_private() const override { return is_private_; }

  virtual bool is_ready() const = 0;

 protected:
  EVP_PKEY* pkey() const { return pkey_.get(); }

 private:
  const Pkey pkey_;
  const Algorithm algorithm_;
  const bool is_private_;
  const Thumbprint thumbprint_;
};

class RsaMaterial final : public PkeyMaterial {
 public:
  RsaMaterial(Pkey key, Algorithm algorithm, bool is_private)
      : PkeyMaterial(std::move(key), algorithm, is_private),
        signer_(pkey(), algorithm, is_private) {}

  bool is_ready() const override { return signer_.is_ready(is_private()); }

  Result<std::string> sign(std::string_view text) const override {
    return signer_.sign(text);
  }

  bool verify(std::string_view text,
              std::string_view signature) const override {
    return signer_.verify(text, bytes(signature), signature.size());
  }

 private:
  const DigestSigner signer_;
};

// JWS has r and s side by side where OpenSSL has them in DER (RFC 7518 section
// 3.4). The length is looked at before anything is made of them.
class EcdsaMaterial final : public PkeyMaterial {
 public:
  EcdsaMaterial(Pkey key, bool is_private)
      : PkeyMaterial(std::move(key), Algorithm::kEs256, is_private),
        signer_(pkey(), Algorithm::kEs256, is_private) {}

  bool is_ready() const override { return signer_.is_ready(is_private()); }

  Result<std::string> sign(std::string_view text) const override {
    Result<std::string> der = signer_.sign(text);
    if (!der) {
      return der;
    }
    const unsigned char* next = bytes(std::string_view(*der));
    const Pair pair(
        d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(der->size())));
    std::string signature(2 * kHalf, '\0');
    if (pair == nullptr ||
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes(signature), kHalf) <
            0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes(signature) + kHalf,
                     kHalf) < 0) {
      return failed();
    }
    return signature;
  }

  bool verify(std::string_view text,
              std::string_view signature) const override {
    if (signature.size() != 2 * kHalf) {
      return false;
    }
    const Pair pair(ECDSA_SIG_new());
    if (pair == nullptr) {
      return false;
    }
    BIGNUM* r = BN_bin2bn(bytes(signature), kHalf, nullptr);
    BIGNUM* s = BN_bin2bn(bytes(signature) + kHalf, kHalf, nullptr);
    // It takes them only when neither is missing.
    if (ECDSA_SIG_set0(pair.get(), r, s) != 1) {
      BN_free(r);
      BN_free(s);
      return false;
    }
    std::array<unsigned char, kMaxEcdsaDer> der;
    unsigned char* end = der.data();
    const int size = i2d_ECDSA_SIG(pair.get(), &end);
    return size > 0 &&
           signer_.verify(text, der.data(), static_cast<std::size_t>(size));
  }

 private:
  struct PairFree {
    void operator()(ECDSA_SIG* pair) const { ECDSA_SIG_free(pair); }
  };
  using Pair = std::unique_ptr<ECDSA_SIG, PairFree>;

  const DigestSigner signer_;
};

// Ed25519 signs the text itself, not a digest (RFC 8032 section 5.1).
class EdMaterial final : public PkeyMaterial {
 public:
  EdMaterial(Pkey key, bool is_private)
      : PkeyMaterial(std::move(key), Algorithm::kEdDsa, is_private),
        sign_(is_private ? context(EVP_DigestSignInit) : nullptr),
        verify_(context(EVP_DigestVerifyInit)) {}

  bool is_ready() const override {
    return verify_ != nullptr && (!is_private() || sign_ != nullptr);
  }

  Result<std::string> sign(std::string_view text) const override {
    const MdContext context = copy(sign_);
    std::string signature(kSize, '\0');
    std::size_t size = signature.size();
    if (context == nullptr ||
        EVP_DigestSign(context.get(), bytes(signature), &size, bytes(text),
                       text.size()) != 1) {
      return failed();
    }
    return signature;
  }

  bool verify(std::string_view text,
              std::string_view signature) const override {
    if (signature.size() != kSize) {
      return false;
    }
    const MdContext context = copy(verify_);
    const bool good =
        context != nullptr &&
        EVP_DigestVerify(context.get(), bytes(signature), signature.size(),
                         bytes(text), text.size()) == 1;
    if (!good) {
      ERR_clear_error();
    }
    return good;
  }

 private:
  static constexpr std::size_t kSize = 64;

  MdContext context(int (*init)(EVP_MD_CTX*, EVP_PKEY_CTX**, const EVP_MD*,
                                ENGINE*, EVP_PKEY*)) const {
    MdContext made(EVP_MD_CTX_new());
    if (made == nullptr ||
        init(made.get(), nullptr, nullptr, nullptr, pkey()) != 1) {
      ERR_clear_error();
      return nullptr;
    }
    return made;
  }

  static MdContext copy(const MdContext& original) {
    MdContext made(EVP_MD_CTX_new());
    return made != nullptr &&
                   EVP_MD_CTX_copy_ex(made.get(), original.get()) == 1
               ? std::move(made)
               : nullptr;
  }

  const MdContext sign_;
  const MdContext verify_;
};

std::shared_ptr<const PkeyMaterial> material_of(Pkey pkey, Algorithm algorithm,
                                                bool is_private) {
  switch (algorithm) {
    case Algorithm::kEs256:
      return std::make_shared<EcdsaMaterial>(std::move(pkey), is_private);
    case Algorithm::kEdDsa:
      return std::make_shared<EdMaterial>(std::move(pkey), is_private);
    default:
      return std::make_shared<RsaMaterial>(std::move(pkey), algorithm,
                                           is_private);
  }
}

// A private half that belongs to another public one makes signatures that
// nobody takes, and the wrong ones tell of the key.
bool halves_fit(const KeyMaterial& material) {
  const Result<std::string> signature = material.sign("probe");
  return signature && material.verify("probe", *signature);
}

}  // namespace

Result<std::shared_ptr<const KeyMaterial>> pkey_material(Pkey pkey,
                                                         Algorithm algorithm,
                                                         bool is_private) {
  if (Result<void> r = check_pkey(*pkey, algorithm); !r) {
    return r.error();
  }
  const auto material = material_of(std::move(pkey), algorithm, is_private);
  if (!material->is_ready()) {
    return Error{Errc::kConfig, "the key's parameters do not allow " +
                                    std::string(name_of(algorithm))};
  }
  if (is_private && !halves_fit(*material)) {
    return Error{Errc::kConfig,
                 "the private half does not fit the public half"};
  }
  return std::shared_ptr<const KeyMaterial>(material);
}

}  // namespace claimcheck
