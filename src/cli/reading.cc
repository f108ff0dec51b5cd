#include "cli/reading.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/jws.h"
#include "claimcheck/jwt.h"

namespace claimcheck::cli {
namespace {

using Lines = std::vector<std::string>;

Result<JsonDocument> read_part(std::string_view part) {
  const Result<std::string> text = base64url_decode(part);
  return text ? JsonDocument::parse(*text) : text.error();
}

// Parts are the token's first two; empty where it has not three.
struct Parts {
  std::string_view header;
  std::string_view claims;
};

Parts parts_of(std::string_view token) {
  if (token.size() > kMaxTokenSize ||
      std::count(token.begin(), token.end(), '.') != 2) {
    return {};
  }
  const std::string_view input = signing_input(token);
  const std::size_t dot = input.find('.');
  return {input.substr(0, dot), input.substr(dot + 1)};
}

bool is_date(std::string_view name) {
  return name == "iat" || name == "exp" || name == "nbf";
}

std::string number_in_words(const JsonValue& value, UnixTime now) {
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", value.number);
  if (!is_date(value.name()) || std::abs(value.number) > kMaxNumericDate) {
    return text;
  }
  return time_in_words(UnixTime(std::llround(value.number * 1000)), now);
}

std::string value_in_words(const JsonObject& json, const JsonValue& value,
                           UnixTime now) {
  switch (value.type) {
    case JsonValue::Type::kString:
      return json_quote(value.text());
    case JsonValue::Type::kNumber:
      return number_in_words(value, now);
    case JsonValue::Type::kBool:
      return "true or false";
    case JsonValue::Type::kNull:
      return "null";
    case JsonValue::Type::kArray:
    case JsonValue::Type::kObject:
      break;
  }
  const bool is_array = value.type == JsonValue::Type::kArray;
  std::string text;
  for (const JsonValue* each = json.next_in(value, nullptr); each != nullptr;
       each = json.next_in(value, each)) {
    text += text.empty() ? "" : ", ";
    text += is_array ? "" : json_quote(each->name()) + ": ";
    text += value_in_words(json, *each, now);
  }
  return (is_array ? '[' : '{') + text + (is_array ? ']' : '}');
}

void add_members(Lines& lines, const char* title, std::string_view part,
                 UnixTime now) {
  const Result<JsonDocument> document = read_part(part);
  lines.push_back(title);
  if (!document) {
    lines.push_back("  cannot be read: " + document.error().detail);
    return;
  }
  const JsonObject& json = document->object();
  for (const JsonValue* each = json.next_in(json.root(), nullptr);
       each != nullptr; each = json.next_in(json.root(), each)) {
    std::string name = json_quote(each->name());
    name = name.substr(1, name.size() - 2);
    lines.push_back("  " + name + ": " + value_in_words(json, *each, now));
  }
}

double number_of(const JsonObject& json, const char* name) {
  const JsonValue* value = json.find(name);
  return value != nullptr && value->is_number() ? value->number : NAN;
}

void advise_on_times(Lines& lines, const JsonObject& json, UnixTime now) {
  const double exp = number_of(json, "exp");
  const double iat = number_of(json, "iat");
  const double seconds = static_cast<double>(now.count()) / 1000;
  if (exp > kMaxNumericDate || iat > kMaxNumericDate) {
    lines.push_back(
        "a date is in milliseconds: NumericDate counts seconds, so divide by "
        "1000 (in node: Date.now() / 1000)");
    return;
  }
  if (json.find("exp") == nullptr) {
    lines.push_back("no exp: in node, jwt.sign({}, secret, {expiresIn: 2})");
  }
  if (iat > seconds + 1) {
    lines.push_back(
        "iat is ahead of this clock: compare the issuer's clock with this "
        "host's (`date -u`, chrony)");
  }
  if (exp - iat > 10) {
    lines.push_back(
        "it lives longer than max_lifetime's default of 10s: a login token "
        "is no download token");
  }
  if (exp <= seconds) {
    lines.push_back(
        "expired tokens are normal for a URL that was copied or opened again; "
        "a fresh one that arrives expired means that clocks differ, or that "
        "the way from get-token to the click took longer than it lives");
  }
}

void advise_on_header(Lines& lines, const JsonObject& json) {
  const JsonValue* alg = json.find("alg");
  if (alg != nullptr && alg->text() == "none") {
    lines.push_back("alg none: an unsigned token is never taken");
  } else if (alg != nullptr && !algorithm_named(alg->text())) {
    lines.push_back(
        "its alg is none of HS256, HS384, HS512, ES256, EdDSA, RS256, PS256");
  }
  const JsonValue* typ = json.find("typ");
  if (typ != nullptr && typ->text() == "at+jwt") {
    lines.push_back("typ at+jwt: an OAuth access token, not ours");
  }
}

}  // namespace

std::string time_in_words(UnixTime time, UnixTime now) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = whole.count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[40];
  std::strftime(date, sizeof date, "%FT%T", &utc);
  const double apart =
      std::abs(static_cast<double>((time - now).count())) / 1e3;
  const char* unit = apart < 120 ? "s" : apart < 7200 ? "min" : "h";
  const double amount = apart < 120    ? apart
                        : apart < 7200 ? apart / 60
                                       : apart / 3600;
  char text[120];
  std::snprintf(text, sizeof text, "%s.%03dZ (%s%.1f %s%s)", date,
                static_cast<int>((time - whole).count()),
                time > now ? "in " : "", amount, unit,
                time > now ? "" : " ago");
  return text;
}

std::vector<std::string> reading_of(std::string_view token, UnixTime now) {
  const Parts parts = parts_of(token);
  if (parts.header.empty()) {
    return {
        "not a token: expected up to 4096 bytes, three parts with a dot "
        "between them"};
  }
  Lines lines;
  add_members(lines, "header", parts.header, now);
  add_members(lines, "claims", parts.claims, now);
  return lines;
}

std::vector<std::string> advice_for(std::string_view token, UnixTime now) {
  const Parts parts = parts_of(token);
  Lines lines;
  if (token.find("://") != std::string_view::npos ||
      token.find("token=") != std::string_view::npos) {
    lines.push_back("this is a URL: give what follows token= alone");
  }
  if (const Result<JsonDocument> header = read_part(parts.header); header) {
    advise_on_header(lines, header->object());
  }
  if (const Result<JsonDocument> claims = read_part(parts.claims); claims) {
    advise_on_times(lines, claims->object(), now);
    if (claims->object().find("aud") != nullptr) {
      lines.push_back("it has aud: set audience, or mint it without");
    }
  }
  return lines;
}

}  // namespace claimcheck::cli
