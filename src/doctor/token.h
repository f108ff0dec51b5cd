// Tokens as doctor handles them: it reads the times of those that get-token
// gave it, which decides nothing, and makes some that nobody may take.
#ifndef CLAIMCHECK_DOCTOR_TOKEN_H_
#define CLAIMCHECK_DOCTOR_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "claimcheck/unix_time.h"
#include "doctor/site.h"

namespace claimcheck::doctor {

// Given is get-token's answer.
struct Given {
  std::string token;
  std::string handle;
  std::string filename;
  std::optional<std::uint64_t> size;
  UnixTime lifetime{};
  // By the token, unverified.
  UnixTime issued{};
  UnixTime expires{};
  bool is_bound_to_client = false;
};

// parse_given reads the JSON of get-token; nothing if it is none.
std::optional<Given> parse_given(std::string_view json);

// code_of returns the code of a refusal of ours; empty of all else.
std::string code_of(std::string_view json);

// foreign_token is well-formed and of a key that is the seed's.
std::string foreign_token(const Site& site, UnixTime now);

// unsigned_token says `alg` none, and has no signature.
std::string unsigned_token(UnixTime now);

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_TOKEN_H_
