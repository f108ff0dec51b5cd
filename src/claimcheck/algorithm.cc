#include "claimcheck/algorithm.h"

namespace claimcheck {

std::string_view name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kHs256:
      return "HS256";
    case Algorithm::kHs384:
      return "HS384";
    case Algorithm::kHs512:
      return "HS512";
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kEdDsa:
      return "EdDSA";
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kPs256:
      return "PS256";
  }
  __builtin_unreachable();
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Algorithm algorithm : kAlgorithms) {
    if (name_of(algorithm) == name) {
      return algorithm;
    }
  }
  return std::nullopt;
}

bool is_hmac(Algorithm algorithm) {
  return algorithm == Algorithm::kHs256 || algorithm == Algorithm::kHs384 ||
         algorithm == Algorithm::kHs512;
}

std::size_t min_secret_size(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kHs512:
      return 64;
    case Algorithm::kHs384:
      return 48;
    default:
      return 32;
  }
}

}  // namespace claimcheck
