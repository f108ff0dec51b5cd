#include "policy/issue.h"

#include <cstdio>
#include <optional>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "policy/access.h"
#include "policy/cookie.h"
#include "policy/origin.h"
#include "policy/query.h"
#include "policy/refusal.h"
#include "policy/resource.h"
#include "policy/xsrf.h"

namespace claimcheck {
namespace {

// Purpose is what a token is asked for: one resource, or, empty, any download
// that takes unbound tokens.
struct Purpose {
  std::optional<Resource> resource;
  std::string filename;
  std::uint64_t size = 0;
};

Result<void> check_method(const Request& request) {
  if (request.method != "GET" && request.method != "POST") {
    return Error{Errc::kMethod, "get-token takes GET and POST"};
  }
  return {};
}

// The path of get-token itself is the server's affair: only its query counts.
Result<std::optional<Target>> read_for(const Config& config,
                                       const Request& request) {
  if (request.uri.size() > kMaxUri) {
    return Error{Errc::kBadUrl, "a URL longer than 16384 bytes"};
  }
  const auto given = query_values(query_of(request.uri), "for");
  if (given.empty()) {
    return std::optional<Target>();
  }
  if (given.size() > 1) {
    return Error{Errc::kBadUrl, "for is given twice"};
  }
  Result<std::string> url = decode_query_value(given[0]);
  if (!url) {
    return url.error();
  }
  Result<Target> target = parse_page_url(config, request, *url);
  if (!target) {
    return target.error();
  }
  return std::optional(*std::move(target));
}

Result<Purpose> find_purpose(const Config& config, const Request& request,
                             const std::string& user, AuditRecord& audit,
                             World& world) {
  Result<std::optional<Target>> target = read_for(config, request);
  if (!target) {
    return target.error();
  }
  Purpose purpose;
  if (!*target) {
    return purpose;
  }
  Result<Resource> resource = find_resource(config, **target);
  if (!resource) {
    return resource.error();
  }
  audit.resource = resource->name;
  if (Result<void> r = check_user(*resource->download, user); !r) {
    return r.error();
  }
  Result<FileRef> ref = file_of(*resource);
  if (!ref) {
    return ref.error();
  }
  Result<std::string> filename = download_name(*resource, *ref);
  if (!filename) {
    return filename.error();
  }
  Result<OpenFile> file = world.open(*ref);
  if (!file) {
    return file.error();
  }
  purpose.filename = *std::move(filename);
  purpose.size = file->size;
  purpose.resource = *std::move(resource);
  return purpose;
}

// seconds spells a duration as a JSON number: 2, 1.5, 0.1.
std::string seconds(std::chrono::milliseconds duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%g",
                static_cast<double>(duration.count()) / 1000);
  return text;
}

struct Token {
  std::string text;
  std::string handle;
};

Token make_token(const Config& config, const Key& key, const Purpose& purpose,
                 const std::string& user,
                 const std::optional<std::string>& client, World& world) {
  const UnixTime now = world.now();
  const std::string jti = base64url_encode(world.random());
  TokenBuilder builder;
  builder.issued_at(now).expires_at(now + config.token_lifetime).jwt_id(jti);
  if (!config.token.issuer.empty()) {
    builder.issuer(config.token.issuer);
  }
  if (!config.token.audience.empty()) {
    builder.audience(config.token.audience);
  }
  if (purpose.resource) {
    builder.resource(purpose.resource->name);
  }
  if (!user.empty()) {
    builder.subject(user);
  }
  if (client) {
    builder.confirm_cookie(*client);
  }
  return {builder.sign(key), token_handle(key, jti)};
}

std::string answer_body(const Config& config, const Token& token,
                        const Purpose& purpose) {
  std::string json = "{\"token\":" + json_quote(token.text) +
                     ",\"handle\":" + json_quote(short_handle(token.handle)) +
                     ",\"expires_in\":" + seconds(config.token_lifetime);
  if (purpose.resource) {
    json += ",\"filename\":" + json_quote(purpose.filename) +
            ",\"size\":" + std::to_string(purpose.size);
  }
  return json + '}';
}

Response answer(std::string body, AuditRecord audit) {
  Response response;
  response.headers = {
      {"Content-Type", "application/json"},
      {"Content-Length", std::to_string(body.size())},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
  };
  response.body = std::move(body);
  response.audit = std::move(audit);
  response.audit.event = "issued";
  return response;
}

Result<Response> try_issue(const Config& config, const Request& request,
                           World& world, AuditRecord& audit,
                           const std::optional<std::string>& client) {
  if (Result<void> r = check_method(request); !r) {
    return r.error();
  }
  if (Result<void> r = check_repeated(config, request); !r) {
    return r.error();
  }
  if (Result<void> r = check_xsrf(config, request); !r) {
    return r.error();
  }
  Result<std::string> user = find_caller(config, request);
  if (!user) {
    return user.error();
  }
  Result<Purpose> purpose = find_purpose(config, request, *user, audit, world);
  if (!purpose) {
    return purpose.error();
  }
  if (config.client == ClientBinding::kRequired && !client) {
    return Error{Errc::kNotAllowed,
                 "client = \"required\", and the browser sent no client cookie "
                 "(one is being set: a second try has it)"};
  }
  Result<std::shared_ptr<const KeySet>> keys = world.keys();
  if (!keys) {
    return keys.error();
  }
  if (Result<void> r = world.check_redemptions(); !r) {
    return r.error();
  }
  const Token token =
      make_token(config, (*keys)->front(), *purpose, *user, client, world);
  audit.handle = token.handle;
  return answer(answer_body(config, token, *purpose), std::move(audit));
}

}  // namespace

Response issue(const Config& config, const Request& request, World& world) {
  AuditRecord audit;
  audit.user = request.remote_user;
  const std::optional<std::string> client = client_cookie(config, request);
  Result<Response> issued = try_issue(config, request, world, audit, client);
  const bool lacks_cookie = !client && config.client != ClientBinding::kOff;
  const bool may_set = issued || issued.error().code == Errc::kNotAllowed;
  Response response =
      issued
          ? *std::move(issued)
          : allow(refuse_json(issued.error(), std::move(audit)), "GET, POST");
  if (lacks_cookie && may_set) {
    response.headers.push_back(
        set_client_cookie(is_https(config, request), world.random()));
  }
  return response;
}

}  // namespace claimcheck
