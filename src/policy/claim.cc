#include "policy/claim.h"

#include <memory>
#include <string>
#include <utility>

#include "policy/access.h"
#include "policy/lease.h"
#include "policy/query.h"

namespace claimcheck {
namespace {

// The token's alphabet needs no escapes, but a client may write some.
Result<std::string> read_token(const Request& request) {
  const auto given = query_values(query_of(request.uri), "token");
  if (given.size() > 1) {
    return Error{Errc::kTokenInvalid, "token is given twice"};
  }
  if (given.empty() || given[0].empty()) {
    return Error{Errc::kTokenMissing, "the URL has no token"};
  }
  Result<std::string> token = percent_decode(given[0]);
  if (!token) {
    return Error{Errc::kTokenInvalid, "the token has a malformed escape"};
  }
  return token;
}

Result<void> check_scope(const Claims& claims, const Resource& resource) {
  if (!claims.res() && !resource.download->takes_unbound()) {
    return Error{Errc::kTokenNotForThis,
                 "the token names no resource, and this download takes bound "
                 "tokens only"};
  }
  if (claims.res() && *claims.res() != resource.name) {
    return Error{Errc::kTokenNotForThis, "the token is for another resource"};
  }
  return {};
}

Result<void> check_client(const Config& config, const Claims& claims,
                          const std::string& cookie) {
  if (config.client == ClientBinding::kRequired && !claims.cnf_cookie()) {
    return Error{Errc::kTokenOtherClient,
                 "client = \"required\", and the token has no cnf"};
  }
  if (claims.cnf_cookie() &&
      (cookie.empty() || cookie_confirmation(cookie) != *claims.cnf_cookie())) {
    return Error{Errc::kTokenOtherClient,
                 cookie.empty() ? "the token has cnf, and no client cookie came"
                                : "the client cookie is not the one in cnf"};
  }
  return {};
}

Result<void> check_users(const Claims& claims, const Resource& resource,
                         const Request& request) {
  Result<void> by_token =
      check_user(*resource.download, std::string(claims.sub().value_or("")));
  if (!by_token || request.remote_user.empty()) {
    return by_token;
  }
  return check_user(*resource.download, request.remote_user);
}

// What a verified token has yet to be, in the order of its checks.
Result<void> check_claims(const Config& config, const Request& request,
                          const Claims& claims, const Resource& resource,
                          const Client& client) {
  if (Result<void> r = check_scope(claims, resource); !r) {
    return r.error();
  }
  if (Result<void> r = check_client(config, claims, client.cookie); !r) {
    return r.error();
  }
  return check_users(claims, resource, request);
}

// By another host's clock it may be earlier.
UnixTime usable_since(const Claims& claims, const TokenRules& rules) {
  return claims.iat().value_or(claims.exp() - rules.max_lifetime) -
         rules.leeway;
}

Error expired() { return Error{Errc::kTokenExpired, "the token has expired"}; }

// may_have_lease tells whether an expired token is worth looking up.
bool may_have_lease(const Config& config, UnixTime expires, UnixTime now) {
  return config.reuse == Reuse::kResume &&
         now <= expires + lease_window(config);
}

}  // namespace

Result<Resource> find_requested(const Config& config, const Request& request) {
  if (Result<void> r = check_repeated(config, request); !r) {
    return r.error();
  }
  Result<Target> target = parse_target(request.uri);
  if (!target) {
    return target.error();
  }
  Result<Resource> resource = find_resource(config, *target);
  if (!resource && resource.error().code == Errc::kBadUrl) {
    return resource.error();
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return Error{Errc::kMethod, "a download takes GET and HEAD"};
  }
  return resource;
}

Result<Claim> check_claim(const Config& config, const Request& request,
                          Resource resource, World& world, AuditRecord& audit) {
  Result<std::string> token = read_token(request);
  if (!token) {
    return token.error();
  }
  Result<std::shared_ptr<const KeySet>> keys = world.keys();
  if (!keys) {
    return keys.error();
  }
  // Also where expired tokens are refused, the log learns which it was.
  TokenRules rules = config.token;
  rules.accept_expired = true;
  const UnixTime now = world.now();
  Result<VerifiedToken> verified = verify(*token, **keys, rules, now);
  if (!verified) {
    return verified.error();
  }
  const Claims& claims = verified->claims();
  Client client = client_of(config, request);
  audit.handle = verified->handle(resource.name, client.name());
  audit.user = claims.sub().value_or(request.remote_user);
  if (verified->is_expired() && !may_have_lease(config, claims.exp(), now)) {
    return expired();
  }
  if (Result<void> r = check_claims(config, request, claims, resource, client);
      !r) {
    // Expiry comes first.
    return verified->is_expired() ? expired() : r.error();
  }
  return Claim{std::move(resource),
               {audit.handle, claims.exp(), usable_since(claims, rules)},
               verified->is_expired(),
               claims.jti().has_value(),
               std::move(client)};
}

}  // namespace claimcheck
