#include "tokens.h"

#if __has_include(<jwt.h>)

#include <jwt.h>

#include <memory>

using namespace claimcheck;

namespace {

struct JwtFree {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, JwtFree>;

// decode looks at the signature, not at exp, nbf, iat or aud: libjwt 1.10
// leaves them to the caller, as it does whether `alg` is the expected one. It
// lets duplicate members pass.
Jwt decode(const std::string& token) {
  jwt_t* jwt = nullptr;
  const int failed = jwt_decode(
      &jwt, token.c_str(),
      reinterpret_cast<const unsigned char*>(kSecret.data()), kSecret.size());
  return Jwt(failed == 0 ? jwt : nullptr);
}

std::unique_ptr<char, decltype(&std::free)> encode() {
  jwt_t* made = nullptr;
  jwt_new(&made);
  const Jwt jwt(made);
  // Its numbers are whole.
  const long iat = kNow.count() / 1000;
  jwt_add_grant_int(made, "iat", iat);
  jwt_add_grant_int(made, "exp", iat + kLifetime.count());
  jwt_add_grant(made, "jti", kJti.data());
  jwt_add_grant(made, "res", kResource.data());
  jwt_set_alg(made, JWT_ALG_HS256,
              reinterpret_cast<const unsigned char*>(kSecret.data()),
              kSecret.size());
  return {jwt_encode_str(made), std::free};
}

std::string tampered(std::string token) {
  char& digit = token[token.rfind('.') + 1];
  digit = digit == 'A' ? 'B' : 'A';
  return token;
}

}  // namespace

void add_libjwt(Stopwatch& stopwatch, const std::string& token) {
  // It takes no typ but JWT.
  const Key key = must(Key::hs256(kSecret));
  const std::string foreign = must(jws_sign(key, "JWT", payload_of(token)));
  if (decode(foreign) == nullptr || decode(tampered(foreign)) != nullptr) {
    std::cerr << "bench/tokens: libjwt does not look at the signature\n";
    std::exit(1);
  }
  if (!verify(encode().get(), {key}, TokenRules{}, kNow)) {
    std::cerr << "bench/tokens: libjwt made another token\n";
    std::exit(1);
  }
  stopwatch.add("libjwt_verify", [=] { return decode(foreign) != nullptr; });
  stopwatch.add("libjwt_sign", [] { return encode() != nullptr; });
}

#else

void add_libjwt(Stopwatch&, const std::string&) {
  std::cerr << "left out: libjwt is not installed (Debian: libjwt-dev)\n";
}

#endif
