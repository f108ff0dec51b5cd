// Reads a PEM text, or DER that is put into PEM here so that changed bytes are
// not lost in base64: a first byte of 0 to 4 picks its label.
// Holds: what jwk.cc holds; a PEM text has one key without name or end, two in
// a row are refused, and nobody is ever asked for a passphrase.
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "key_text.h"
#include "property.h"

namespace claimcheck::fuzz {
namespace {

constexpr const char* kLabels[] = {"PRIVATE KEY", "EC PRIVATE KEY",
                                   "RSA PRIVATE KEY", "RSA PUBLIC KEY",
                                   "PUBLIC KEY"};

int asked(UI*) {
  require(false, "nobody is asked for a passphrase");
  return 0;
}

// Whatever reads a passphrase, from a terminal or from standard input, opens
// OpenSSL's default user interface first.
bool forbid_questions() {
  UI_METHOD* method = UI_create_method("a user interface that must not open");
  require(method != nullptr && UI_method_set_opener(method, asked) == 0,
          "the user interface is replaced");
  UI_set_default_method(method);
  return true;
}

std::string pem_of(const char* label, std::string_view der) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      BIO_free);
  PEM_write_bio(bio.get(), label, "",
                reinterpret_cast<const unsigned char*>(der.data()),
                static_cast<long>(der.size()));
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

void check_pem(const std::string& text) {
  const Result<KeySet> keys = check_key_text(text);
  if (!keys || form_of(text) != KeyTextForm::kPem) {
    return;
  }
  require(keys->size() == 1, "a PEM text has one key");
  const Key& key = keys->front();
  require(key.kid().empty() && !key.exp() && key.may_verify() &&
              key.may_sign() == key.is_private(),
          "a PEM key has no name and no limits");
  if (text.size() * 2 < kMaxKeyText) {
    require(!parse_keys(text + '\n' + text), "two PEM keys are refused");
    require(!parse_keys(text + '\n' + text.substr(0, text.rfind("-----END"))),
            "a PEM key and a part of another are refused");
  }
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck::fuzz;
  static const bool is_forbidden = forbid_questions();
  require(is_forbidden, "the user interface is replaced");
  const std::string_view text = text_of(data, size);
  if (size != 0 && data[0] < std::size(kLabels)) {
    check_pem(pem_of(kLabels[data[0]], text.substr(1)));
  } else {
    check_pem(std::string(text));
  }
  return 0;
}
