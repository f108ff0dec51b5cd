#include "policy/issue.h"

#include <optional>

#include "claimcheck/base64url.h"
#include "claimcheck/jws.h"
#include "policy/access.h"
#include "policy/bearer.h"
#include "policy/cookie.h"
#include "policy/origin.h"
#include "policy/query.h"
#include "policy/refusal.h"
#include "policy/resource.h"
#include "policy/token_answer.h"
#include "policy/xsrf.h"

namespace claimcheck {
namespace {

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

// find_wanted returns what the token is asked for; nothing where it shall be
// good for any download that takes unbound tokens.
Result<std::optional<Resource>> find_wanted(const Config& config,
                                            const Request& request) {
  Result<std::optional<Target>> target = read_for(config, request);
  if (!target) {
    return target.error();
  }
  if (!*target) {
    return std::optional<Resource>();
  }
  Result<Resource> resource = find_resource(config, **target);
  if (!resource) {
    return resource.error();
  }
  return std::optional(*std::move(resource));
}

Result<void> check_allowed(const Config& config,
                           const std::optional<Resource>& wanted,
                           const std::string& user, bool has_client) {
  if (config.client == ClientBinding::kRequired && !has_client) {
    return Error{Errc::kNotAllowed,
                 "client = \"required\", and the browser sent no client cookie "
                 "(one is being set: a second try has it)"};
  }
  return wanted ? check_user(*wanted->download, user) : Result<void>();
}

Result<std::optional<Offer>> find_offer(const std::optional<Resource>& wanted,
                                        World& world) {
  if (!wanted) {
    return std::optional<Offer>();
  }
  if (wanted->download->is_command()) {
    return std::optional(Offer{command_file_name(*wanted), std::nullopt});
  }
  Result<FileRef> ref = file_of(*wanted);
  if (!ref) {
    return ref.error();
  }
  Result<OpenFile> file = world.open(*ref);
  if (!file) {
    return file.error();
  }
  return std::optional(Offer{download_name(*wanted, *ref), file->size});
}

// Asked is a request that may have its token.
struct Asked {
  std::string user;
  std::optional<std::string> client;
  std::optional<Resource> wanted;
};

// The key is good as long as its set.
Result<const Key*> find_signing_key(
    const Result<std::shared_ptr<const KeySet>>& keys, UnixTime now) {
  if (!keys) {
    return keys.error();
  }
  const Key* key = signing_key(**keys, now);
  if (key == nullptr) {
    return Error{
        Errc::kConfig,
        "keys: none of the keys may sign: they are public, retired or "
        "for verifying alone; `claimcheck rotate` adds one that signs"};
  }
  return key;
}

Result<IssuedToken> make_token(const Config& config, const Key& key,
                               const Asked& asked, World& world) {
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
  if (asked.wanted) {
    builder.resource(asked.wanted->name);
  }
  if (!asked.user.empty()) {
    builder.subject(asked.user);
  }
  if (asked.client) {
    builder.confirm_cookie(*asked.client);
  }
  Result<std::string> text = builder.sign(key);
  if (!text) {
    return text.error();
  }
  if (text->size() > kMaxTokenSize) {
    return Error{Errc::kBadUrl, "the resource is too long for a token"};
  }
  return IssuedToken{*std::move(text), token_handle(key, jti)};
}

template <typename T>
const Error* error_of(const Result<T>& result) {
  return result ? nullptr : &result.error();
}

Result<Asked> check_request(const Config& config, const Request& request,
                            World& world, AuditRecord& audit) {
  if (Result<void> r = check_method(request); !r) {
    return r.error();
  }
  if (Result<void> r = check_repeated(config, request); !r) {
    return r.error();
  }
  if (Result<void> r = check_xsrf(config, request); !r) {
    return r.error();
  }
  Result<std::string> user = find_caller(config, request, world);
  if (!user) {
    return user.error();
  }
  audit.user = *user;
  Result<std::optional<Resource>> wanted = find_wanted(config, request);
  if (!wanted && wanted.error().code == Errc::kBadUrl) {
    return wanted.error();
  }
  Asked asked{*std::move(user), client_cookie(config, request),
              wanted ? *wanted : std::nullopt};
  audit.resource = asked.wanted ? asked.wanted->name : "";
  Result<void> allowed =
      check_allowed(config, asked.wanted, asked.user, asked.client.has_value());
  if (!allowed) {
    return allowed.error();
  }
  return wanted ? Result<Asked>(std::move(asked)) : wanted.error();
}

Result<Response> try_issue(const Config& config, const Request& request,
                           World& world, AuditRecord& audit) {
  Result<Asked> asked = check_request(config, request, world, audit);
  if (!asked) {
    return asked.error();
  }
  Result<std::optional<Offer>> offer = find_offer(asked->wanted, world);
  const Result<std::shared_ptr<const KeySet>> keys = world.keys();
  const Result<const Key*> key = find_signing_key(keys, world.now());
  Result<void> state = world.check_redemptions();
  // A missing file is told before a broken configuration, and that before what
  // may pass.
  for (Errc code : {Errc::kNotFound, Errc::kConfig, Errc::kUnavailable}) {
    for (const Error* error :
         {error_of(offer), error_of(key), error_of(state)}) {
      if (error != nullptr && error->code == code) {
        return *error;
      }
    }
  }
  const Result<IssuedToken> token = make_token(config, **key, *asked, world);
  if (!token) {
    return token.error();
  }
  audit.handle = token->handle;
  return answer_token(config, *token, *offer, std::move(audit));
}

// RFC 9110 section 15.5.2 wants a challenge with a 401. Where access = "server"
// the scheme is the web server's, which sends its own before we are asked: one
// that we made up would open a browser's password dialogue that nobody reads.
Response refuse(const Config& config, const Request& request,
                const Error& error, AuditRecord audit) {
  Response response = refuse_json(error, std::move(audit));
  if (response.status == 401 && config.access == Access::kBearer) {
    response.headers.push_back(bearer_challenge(config, request));
  }
  return allow(std::move(response), "GET, POST");
}

}  // namespace

Response issue(const Config& config, const Request& request, World& world) {
  AuditRecord audit;
  audit.user = request.remote_user;
  Result<Response> issued = try_issue(config, request, world, audit);
  const bool lacks_cookie =
      config.client != ClientBinding::kOff && !client_cookie(config, request);
  const bool may_set = issued || issued.error().code == Errc::kNotAllowed;
  Response response =
      issued ? *std::move(issued)
             : refuse(config, request, issued.error(), std::move(audit));
  if (lacks_cookie && may_set) {
    response.headers.push_back(
        set_client_cookie(is_https(config, request), world.random()));
  }
  return response;
}

}  // namespace claimcheck
