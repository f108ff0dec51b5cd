// What a key computes with: a secret's hash states, or a key pair in OpenSSL's
// hands. One class an algorithm family; Key adds the name and the use.
#ifndef CLAIMCHECK_KEY_MATERIAL_H_
#define CLAIMCHECK_KEY_MATERIAL_H_

#include <memory>
#include <string>
#include <string_view>

#include "claimcheck/algorithm.h"
#include "claimcheck/key.h"
#include "claimcheck/result.h"

namespace claimcheck {

// KeyMaterial is immutable and safe from any number of threads.
class KeyMaterial {
 public:
  virtual ~KeyMaterial() = default;

  virtual Algorithm algorithm() const = 0;
  virtual const Thumbprint& thumbprint() const = 0;
  virtual bool is_private() const = 0;
  virtual Result<std::string> sign(std::string_view text) const = 0;
  virtual bool verify(std::string_view text,
                      std::string_view signature) const = 0;
};

// hmac_material is for HS256, HS384 and HS512. kConfig, with the length and
// the remedy, for a secret that is shorter than the hash, and for the text of a
// PEM or SSH key.
Result<std::shared_ptr<const KeyMaterial>> hmac_material(
    Algorithm algorithm, std::string_view secret);

}  // namespace claimcheck

#endif  // CLAIMCHECK_KEY_MATERIAL_H_
