// The signature algorithms (RFC 7518 section 3, RFC 8037 section 3.1).
#ifndef CLAIMCHECK_ALGORITHM_H_
#define CLAIMCHECK_ALGORITHM_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace claimcheck {

enum class Algorithm {
  kHs256,
  kHs384,
  kHs512,
  kEs256,  // ECDSA on P-256 with SHA-256
  kEdDsa,  // Ed25519
  kRs256,  // RSASSA-PKCS1-v1_5 with SHA-256
  kPs256,  // RSASSA-PSS with SHA-256, a salt of 32 bytes
};

inline constexpr std::array kAlgorithms = {
    Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512, Algorithm::kEs256,
    Algorithm::kEdDsa, Algorithm::kRs256, Algorithm::kPs256};

// name_of is the `alg` of a JWS header or JWK: "HS256".
std::string_view name_of(Algorithm algorithm);

// algorithm_named finds an algorithm by its exact name; nothing for "none",
// another case or what is not offered.
std::optional<Algorithm> algorithm_named(std::string_view name);

// is_hmac tells whether one secret signs and verifies.
bool is_hmac(Algorithm algorithm);

// min_secret_size, in bytes, is the length of the hash (RFC 7518 section 3.2).
// For HMAC alone.
std::size_t min_secret_size(Algorithm algorithm);

}  // namespace claimcheck

#endif  // CLAIMCHECK_ALGORITHM_H_
