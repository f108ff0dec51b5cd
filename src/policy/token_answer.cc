#include "policy/token_answer.h"

#include <chrono>
#include <utility>

#include "claimcheck/json.h"
#include "policy/cookie.h"

namespace claimcheck {
namespace {

// In bytes, so that most answers are allocated once.
constexpr std::size_t kUsualAnswer = 640;
// With the cookie and what the gateway says of the connection.
constexpr std::size_t kMostHeaders = 6;

// add_seconds spells a duration as a JSON number: 2, 1.5, 0.1.
void add_seconds(std::string& json, std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  json += std::to_string(ms / 1000);
  auto rest = ms % 1000;
  json += rest > 0 ? "." : "";
  for (auto unit = 100; rest > 0; rest %= unit, unit /= 10) {
    json += static_cast<char>('0' + rest / unit);
  }
}

std::string body_of(const Config& config, const IssuedToken& token,
                    const std::optional<Offer>& offer) {
  std::string json;
  json.reserve(kUsualAnswer);
  json += '{';
  json_name_to(json, "token");
  json_quote_to(json, token.text);
  json_name_to(json, "handle");
  json_quote_to(json, short_handle(token.handle));
  json_name_to(json, "expires_in");
  add_seconds(json, config.token_lifetime);
  if (offer) {
    json_name_to(json, "filename");
    json_quote_to(json, offer->filename);
  }
  if (offer && offer->size) {
    json_name_to(json, "size");
    json += std::to_string(*offer->size);
  }
  return json += '}';
}

}  // namespace

Response answer_token(const Config& config, const IssuedToken& token,
                      const std::optional<Offer>& offer, AuditRecord audit) {
  std::string body = body_of(config, token, offer);
  Response response;
  response.headers.reserve(kMostHeaders);
  response.headers.push_back({"Content-Type", "application/json"});
  response.headers.push_back({"Content-Length", std::to_string(body.size())});
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.body = std::move(body);
  response.audit = std::move(audit);
  response.audit.event = "issued";
  return response;
}

}  // namespace claimcheck
