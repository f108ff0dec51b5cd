#include "doctor/token.h"

#include <cmath>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/jwt.h"
#include "claimcheck/sha256.h"

namespace claimcheck::doctor {
namespace {

constexpr std::size_t kMaxAnswer = 32768;

std::string text_of(const JsonObject& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is_string() ? std::string(value->text())
                                                : std::string();
}

// The times are a site's to choose, and may be absurd.
UnixTime time_of(const JsonObject& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  const bool is_time = value != nullptr && value->is_number() &&
                       std::abs(value->number) <= kMaxNumericDate;
  return is_time ? UnixTime(std::llround(value->number * 1000)) : UnixTime();
}

void read_claims(Given& given) {
  const std::size_t first = given.token.find('.');
  const std::size_t second = given.token.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    return;
  }
  const Result<std::string> payload = base64url_decode(
      std::string_view(given.token).substr(first + 1, second - first - 1));
  if (!payload) {
    return;
  }
  const Result<JsonDocument> claims = JsonDocument::parse(*payload);
  if (!claims) {
    return;
  }
  given.issued = time_of(claims->object(), "iat");
  given.expires = time_of(claims->object(), "exp");
  given.is_bound_to_client = claims->object().find("cnf") != nullptr;
}

}  // namespace

std::optional<Given> parse_given(std::string_view json) {
  if (json.size() > kMaxAnswer) {
    return std::nullopt;
  }
  const Result<JsonDocument> parsed = JsonDocument::parse(json);
  if (!parsed) {
    return std::nullopt;
  }
  const JsonObject& object = parsed->object();
  Given given{text_of(object, "token"),
              text_of(object, "handle"),
              text_of(object, "filename"),
              {},
              time_of(object, "expires_in")};
  const JsonValue* size = object.find("size");
  if (size != nullptr && size->is_number() && size->number >= 0 &&
      size->number < 9e15) {
    given.size = static_cast<std::uint64_t>(size->number);
  }
  // It becomes a part of URLs.
  if (given.token.empty() || given.token.size() > kMaxTokenSize ||
      given.token.find_first_not_of(
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
          ".") != std::string::npos) {
    return std::nullopt;
  }
  read_claims(given);
  return given;
}

std::string code_of(std::string_view json) {
  if (json.size() > kMaxAnswer) {
    return {};
  }
  const Result<JsonDocument> parsed = JsonDocument::parse(json);
  if (!parsed || text_of(parsed->object(), "message").empty()) {
    return {};
  }
  return text_of(parsed->object(), "code");
}

std::string foreign_token(const Site& site, UnixTime now) {
  const auto secret =
      Sha256().update(bytes_of(site.seed)).update("key").finish();
  const Result<KeySet> keys = parse_keys(base64url_encode(secret));
  return *TokenBuilder()
              .issued_at(now)
              .expires_at(now + std::chrono::seconds(5))
              .jwt_id(base64url_encode(site.seed))
              .sign(keys->front());
}

std::string unsigned_token(UnixTime now) {
  const std::string exp = std::to_string(now.count() / 1000 + 5);
  return base64url_encode(R"({"alg":"none","typ":"JWT"})") + '.' +
         base64url_encode(R"({"jti":"doctor","exp":)" + exp + '}') + '.';
}

}  // namespace claimcheck::doctor
