#include "claimcheck/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>
#include <vector>

namespace claimcheck {
namespace {

Error refused(std::string why) {
  ERR_clear_error();
  return Error{Errc::kConfig, std::move(why)};
}

// Block is one BEGIN…END of a text, decoded.
struct Block {
  std::string name;
  bool is_whole = true;
  bool is_encrypted = false;
  std::vector<unsigned char> der;

  ~Block() { OPENSSL_cleanse(der.data(), der.size()); }
};

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

bool next_block(BIO* bio, Block& block) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &name, &header, &data, &size) != 1) {
    // A key that was cut is not a text that ends.
    block.is_whole =
        ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return false;
  }
  block.name = name;
  block.is_encrypted =
      std::string_view(header).find("ENCRYPTED") != std::string_view::npos ||
      block.name == "ENCRYPTED PRIVATE KEY";
  block.der.assign(data, data + size);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  return true;
}

EVP_PKEY* read_pkcs8(const unsigned char** next, long size) {
  PKCS8_PRIV_KEY_INFO* info = d2i_PKCS8_PRIV_KEY_INFO(nullptr, next, size);
  EVP_PKEY* pkey = info != nullptr ? EVP_PKCS82PKEY(info) : nullptr;
  PKCS8_PRIV_KEY_INFO_free(info);
  return pkey;
}

EVP_PKEY* read_ec(const unsigned char** next, long size) {
  return d2i_PrivateKey(EVP_PKEY_EC, nullptr, next, size);
}

EVP_PKEY* read_rsa(const unsigned char** next, long size) {
  return d2i_PrivateKey(EVP_PKEY_RSA, nullptr, next, size);
}

EVP_PKEY* read_rsa_public(const unsigned char** next, long size) {
  return d2i_PublicKey(EVP_PKEY_RSA, nullptr, next, size);
}

EVP_PKEY* read_public(const unsigned char** next, long size) {
  return d2i_PUBKEY(nullptr, next, size);
}

struct Kind {
  const char* name;
  bool is_private;
  EVP_PKEY* (*read)(const unsigned char** next, long size);
};

constexpr Kind kKinds[] = {
    {"PRIVATE KEY", true, read_pkcs8},
    {"EC PRIVATE KEY", true, read_ec},
    {"RSA PRIVATE KEY", true, read_rsa},
    {"RSA PUBLIC KEY", false, read_rsa_public},
    {"PUBLIC KEY", false, read_public},
};

Algorithm usual_algorithm(const EVP_PKEY& pkey) {
  switch (EVP_PKEY_get_base_id(&pkey)) {
    case EVP_PKEY_EC:
      return Algorithm::kEs256;
    case EVP_PKEY_ED25519:
      return Algorithm::kEdDsa;
    case EVP_PKEY_RSA_PSS:
      return Algorithm::kPs256;
    default:
      return Algorithm::kRs256;
  }
}

Result<PemKey> key_of(const Block& block) {
  if (block.is_encrypted) {
    return refused(
        "the PEM key is encrypted, and nobody is there to ask: decrypt it with "
        "`openssl pkey`, and keep it readable by its user alone");
  }
  for (const Kind& kind : kKinds) {
    if (block.name != kind.name) {
      continue;
    }
    const unsigned char* next = block.der.data();
    Pkey pkey(kind.read(&next, static_cast<long>(block.der.size())));
    if (pkey == nullptr || next != block.der.data() + block.der.size()) {
      return refused("the PEM block " + block.name + " holds no key");
    }
    const Algorithm algorithm = usual_algorithm(*pkey);
    return PemKey{std::move(pkey), algorithm, kind.is_private};
  }
  return refused(
      "a PEM block that is no key: expected PRIVATE KEY or PUBLIC KEY; a "
      "certificate's key is printed by `openssl x509 -noout -pubkey`");
}

}  // namespace

Result<PemKey> read_pem(std::string_view text) {
  const std::unique_ptr<BIO, BioFree> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::optional<Result<PemKey>> found;
  Block block;
  while (bio != nullptr && next_block(bio.get(), block)) {
    if (block.name == "EC PARAMETERS") {
      continue;
    }
    if (found) {
      return refused(
          "more than one PEM block: one key is expected; several go into a JWK "
          "Set");
    }
    found = key_of(block);
  }
  if (!block.is_whole) {
    return refused("a PEM block that is not whole");
  }
  return found ? *std::move(found) : refused("no PEM block in the text");
}

}  // namespace claimcheck
