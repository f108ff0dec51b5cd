// tokens [ROUNDS [NAME...]]: what a token costs to sign and to verify, here and
// elsewhere; a JSON line a case.
#include "tokens.h"

#include <array>
#include <vector>

using namespace claimcheck;

Result<std::string> sign_token(const Key& key) {
  return TokenBuilder()
      .issued_at(kNow)
      .expires_at(kNow + kLifetime)
      .jwt_id(kJti)
      .resource(kResource)
      .sign(key);
}

std::string payload_of(std::string_view token) {
  const std::size_t dot = token.find('.');
  return must(
      base64url_decode(token.substr(dot + 1, token.rfind('.') - dot - 1)));
}

namespace {

constexpr std::size_t kMinSize = 180;
constexpr std::size_t kMaxSize = 240;

void add_ours(Stopwatch& stopwatch, const Key& key, const std::string& token) {
  const KeySet keys = {key};
  stopwatch.add("hs256_verify", [=] {
    const Result<VerifiedToken> verified =
        verify(token, keys, TokenRules{}, kNow);
    return verified && verified->claims().res() == kResource;
  });
  // Others' tokens have a header that is not known by heart and is parsed.
  const std::string foreign = must(jws_sign(key, "JWT", payload_of(token)));
  stopwatch.add("hs256_verify_foreign", [=] {
    const Result<VerifiedToken> verified =
        verify(foreign, keys, TokenRules{}, kNow);
    return verified && verified->claims().res() == kResource;
  });
  stopwatch.add("hs256_jws_verify", [=] {
    char room[kMaxPayloadSize];
    return jws_verify_to(room, token, keys, JwsRules{kTypes}, kNow).has_value();
  });
  stopwatch.add("hs256_sign", [=] {
    const Result<std::string> signed_token = sign_token(key);
    return signed_token && *signed_token == token;
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const Key key = must(Key::hs256(kSecret));
  const std::string token = must(sign_token(key));
  if (token.size() < kMinSize || token.size() > kMaxSize) {
    std::cerr << "bench/tokens: a token of " << token.size() << " bytes\n";
    return 1;
  }
  Stopwatch stopwatch;
  add_bare_hmac(stopwatch, token);
  add_ours(stopwatch, key, token);
  add_libjwt(stopwatch, token);
  add_other_algorithms(stopwatch, token);
  if (arguments.size() > 1) {
    stopwatch.keep({arguments.begin() + 1, arguments.end()});
  }
  stopwatch.run(arguments.empty() ? 5 : std::stoul(arguments[0]));
}
