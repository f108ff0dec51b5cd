#include <cstdlib>

#include "claimcheck/ascii.h"
#include "claimcheck/json.h"
#include "claimcheck/jws.h"
#include "claimcheck/jwt.h"

namespace claimcheck {
namespace {

// In bytes, so that most claims are allocated once.
constexpr std::size_t kUsualClaims = 320;

// A date has three decimals, always.
void add_date(std::string& json, UnixTime time) {
  const auto ms = time.count();
  json += std::to_string(ms / 1000);
  json += '.';
  add_digits(json, std::abs(ms) % 1000, 3);
}

}  // namespace

TokenBuilder::TokenBuilder() {
  claims_.reserve(kUsualClaims);
  claims_ += '{';
}

TokenBuilder& TokenBuilder::text(std::string_view name, std::string_view text) {
  json_name_to(claims_, name);
  json_quote_to(claims_, text);
  return *this;
}

TokenBuilder& TokenBuilder::date(std::string_view name, UnixTime time) {
  json_name_to(claims_, name);
  add_date(claims_, time);
  return *this;
}

TokenBuilder& TokenBuilder::issuer(std::string_view iss) {
  return text("iss", iss);
}

TokenBuilder& TokenBuilder::audience(std::string_view aud) {
  return text("aud", aud);
}

TokenBuilder& TokenBuilder::issued_at(UnixTime iat) { return date("iat", iat); }

TokenBuilder& TokenBuilder::not_before(UnixTime nbf) {
  return date("nbf", nbf);
}

TokenBuilder& TokenBuilder::expires_at(UnixTime exp) {
  return date("exp", exp);
}

TokenBuilder& TokenBuilder::jwt_id(std::string_view jti) {
  return text("jti", jti);
}

TokenBuilder& TokenBuilder::resource(std::string_view res) {
  return text("res", res);
}

TokenBuilder& TokenBuilder::subject(std::string_view sub) {
  return text("sub", sub);
}

TokenBuilder& TokenBuilder::confirm_cookie(std::string_view cookie) {
  json_name_to(claims_, "cnf");
  claims_ += '{';
  text(kCookieMethod, cookie_confirmation(cookie));
  claims_ += '}';
  return *this;
}

TokenBuilder& TokenBuilder::claim(std::string_view name,
                                  std::string_view json) {
  has_others_ = true;
  are_json_ = are_json_ && is_json_value(json);
  claims_ += claims_.ends_with('{') ? "" : ",";
  json_quote_to(claims_, name);
  claims_ += ':';
  claims_ += json;
  return *this;
}

Result<std::string> TokenBuilder::sign(const Key& key) const {
  const std::string payload = claims_ + '}';
  if (!are_json_ || (has_others_ && !JsonDocument::parse(payload))) {
    return Error{Errc::kConfig, "a claim is not JSON, or was set twice"};
  }
  return jws_sign(key, kTokenType, payload);
}

}  // namespace claimcheck
