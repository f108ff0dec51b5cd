// Reads a token or, to reach what lies behind a signature, a header and, on the
// next line, a payload to sign; the first byte picks form, rules and keys.
// Holds: what verifies keeps the contract of jwt.h, is spelled and signed in
// the one way, and always verifies; no reason for a refusal tells of a token.
#include <algorithm>
#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "claimcheck/jws.h"
#include "claimcheck/jwt.h"
#include "claimcheck/utf8.h"
#include "property.h"
#include "randomness.h"
#include "token_claims.h"
#include "token_keys.h"

namespace claimcheck::fuzz {
namespace {

struct Setting {
  const KeySet& keys;
  TokenRules rules;
};

// Bits 0 to 2 are the keys, bit 3 the rules; bit 6 is the form.
Setting setting_of(unsigned char choice) {
  const std::size_t index = choice & 7;
  TokenRules rules;
  if ((choice & 8) != 0) {
    rules.issuer = "https://site.example";
    rules.audience = "downloads";
  }
  return {index < std::size(kFixedKeys) ? lone_key(index) : named_keys(),
          std::move(rules)};
}

// signer_for is the first key whose algorithm a header mentions, so that an
// input can choose; else the first.
const Key& signer_for(std::string_view header, const KeySet& keys) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [header](const Key& key) {
        return header.find(name_of(key.algorithm())) != header.npos;
      });
  return found != keys.end() ? *found : keys.front();
}

std::string mint(std::string_view header, std::string_view payload,
                 const KeySet& keys) {
  std::string token = base64url_encode(header);
  token += '.';
  token += base64url_encode(payload);
  const Result<std::string> signature = signer_for(header, keys).sign(token);
  require(signature.has_value(), "a private key signs any text");
  return token + '.' + base64url_encode(*signature);
}

std::string detail_of(std::string_view token, const Setting& setting) {
  const Result<VerifiedToken> r =
      verify(token, setting.keys, setting.rules, kNow);
  return r ? std::string() : r.error().detail;
}

void check_refusal(const Error& error) {
  require(
      error.code == Errc::kTokenInvalid || error.code == Errc::kTokenExpired,
      "a refusal is kTokenInvalid or kTokenExpired");
  require(!error.detail.empty() && !has_control(error.detail),
          "a refusal has a reason of one line");
}

void check_signature(std::string_view token, const Jws& jws,
                     const KeySet& keys) {
  require(jws.key >= keys.data() && jws.key < keys.data() + keys.size(),
          "the key that verified is one of those offered");
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  for (const std::string_view part :
       {token.substr(0, first), token.substr(first + 1, last - first - 1),
        token.substr(last + 1)}) {
    const Result<std::string> decoded = base64url_decode(part);
    require(decoded && base64url_encode(*decoded) == part,
            "each part of a token that verifies is canonical");
  }
  require(base64url_encode(jws.payload) ==
              token.substr(first + 1, last - first - 1),
          "the payload is the token's second part");
  check_header(*base64url_decode(token.substr(0, first)), *jws.key, keys);
}

// A refusal must not become another with accept_expired, and what passes must
// pass as it did.
void check_late(const Result<VerifiedToken>& strict,
                const Result<VerifiedToken>& late) {
  if (strict) {
    require(!strict->is_expired(), "a token that passes is not expired");
    require(strict->claims().exp() > kNow, "exp is after now");
    require(late && same(*strict, *late),
            "accept_expired changes no token that is not expired");
  } else if (strict.error().code == Errc::kTokenExpired) {
    require(!late || (late->is_expired() && late->claims().exp() <= kNow),
            "accept_expired adds tokens whose exp has come");
    require(late || late.error().code == Errc::kTokenInvalid,
            "with accept_expired nothing is kTokenExpired");
  } else {
    require(!late && late.error().code == Errc::kTokenInvalid &&
                late.error().detail == strict.error().detail,
            "accept_expired adds no token that is invalid");
  }
}

void check_claims(std::string_view token, const Setting& setting,
                  const Result<Jws>& jws) {
  const Result<VerifiedToken> strict =
      verify(token, setting.keys, setting.rules, kNow);
  const Result<VerifiedToken> again =
      verify(token, setting.keys, setting.rules, kNow);
  TokenRules rules = setting.rules;
  rules.accept_expired = true;
  const Result<VerifiedToken> late = verify(token, setting.keys, rules, kNow);
  require(same(strict, again), "the same token has the same verdict again");
  check_late(strict, late);
  if (!strict) {
    check_refusal(strict.error());
    require(jws || strict.error().code == Errc::kTokenInvalid,
            "a bad signature hides all else");
  }
  if (late) {
    require(jws.has_value(), "no claims without a signature");
    check_verified(*late, *jws, rules);
    check_copies(*late);
  }
}

Result<Jws> check_token(std::string_view token, const Setting& setting) {
  Result<Jws> jws = jws_verify(token, setting.keys, JwsRules{}, kNow);
  if (jws) {
    require(token.size() <= kMaxTokenSize, "no long token verifies");
    check_signature(token, *jws, setting.keys);
  } else {
    check_refusal(jws.error());
    require(jws.error().code == Errc::kTokenInvalid,
            "a JWS is refused as kTokenInvalid");
  }
  check_claims(token, setting, jws);
  return jws;
}

// All but ES256 and PS256, which sign with a random number, have one signature
// for a text.
void check_signed_alike(std::string_view token, const Key& key) {
  if (key.algorithm() == Algorithm::kEs256 ||
      key.algorithm() == Algorithm::kPs256) {
    return;
  }
  const Result<std::string> signature = key.sign(signing_input(token));
  require(signature && base64url_encode(*signature) ==
                           token.substr(token.rfind('.') + 1),
          "what verifies is what its key signs");
}

void check_raw(std::string_view token, const Setting& setting) {
  const Result<Jws> jws = check_token(token, setting);
  if (jws) {
    check_signed_alike(token, *jws->key);
  }
  check_tells_nothing(
      detail_of(token, setting), std::string(token),
      [&](std::string_view spoilt) { return detail_of(spoilt, setting); });
}

void check_minted(std::string_view text, const Setting& setting) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view header = text.substr(0, line);
  const std::string_view payload = text.substr(std::min(line + 1, text.size()));
  const std::string token = mint(header, payload, setting.keys);
  const Key& signer = signer_for(header, setting.keys);
  const Result<Jws> jws = check_token(token, setting);
  require(!jws || (jws->key == &signer && jws->payload == payload),
          "a signature is verified by the key that made it");
  require(jws || token.size() > kMaxTokenSize ||
              base64url_encode(header) != signer.token_header(),
          "a token with its key's own header verifies");
  const std::string detail = detail_of(token, setting);
  check_tells_nothing(
      detail, std::string(payload), [&](std::string_view spoilt) {
        return detail_of(mint(header, spoilt, setting.keys), setting);
      });
  check_tells_nothing(
      detail, std::string(header), [&](std::string_view spoilt) {
        return detail_of(mint(spoilt, payload, setting.keys), setting);
      });
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck::fuzz;
  repeat_randomness();
  std::string_view text = text_of(data, size);
  if (text.empty()) {
    return 0;
  }
  const auto choice = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  const Setting setting = setting_of(choice);
  if ((choice & 0x40) != 0) {
    check_minted(text, setting);
  } else {
    check_raw(text, setting);
  }
  return 0;
}
