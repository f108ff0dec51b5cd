#include "policy/bearer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "claimcheck/ascii.h"
#include "claimcheck/jwt.h"
#include "policy/cookie.h"

namespace claimcheck {
namespace {

// What the libraries write, and OAuth 2.0 access tokens (RFC 9068 section 2.1).
constexpr std::string_view kTypes[] = {"jwt", "at+jwt"};

Error refused(std::string why) {
  return Error{Errc::kNotSignedIn, std::move(why)};
}

// Presented is a token as it came, and in what.
struct Presented {
  std::string token;
  std::string place;
};

// The scheme is in any case, with one or more spaces after it (RFC 9110 section
// 11.4). What follows is the token, whole: two headers that a server joined
// with a comma are none.
std::optional<std::string> token_in_header(const Request& request) {
  const std::string* header = request.header("authorization");
  const std::string_view value =
      header != nullptr ? std::string_view(*header) : std::string_view();
  const std::string_view scheme = value.substr(0, value.find_first_of(" \t,"));
  if (!equal_ignoring_case(scheme, "Bearer")) {
    return std::nullopt;
  }
  const std::string_view rest = value.substr(scheme.size());
  return std::string(
      rest.substr(std::min(rest.find_first_not_of(' '), rest.size())));
}

// A sibling host can set a second cookie of the name for the whole domain, and
// the order in which they come is the browser's: neither counts. An empty one
// is one that was taken away.
Result<std::optional<Presented>> find_token(const Config& config,
                                            const Request& request) {
  if (std::optional<std::string> token = token_in_header(request)) {
    return std::optional(Presented{*std::move(token), "Authorization"});
  }
  const std::string& name = config.bearer.cookie;
  std::vector<std::string> values =
      name.empty() ? std::vector<std::string>() : find_cookies(request, name);
  if (values.size() > 1) {
    return refused("the cookie " + name +
                   " came twice, for two paths or domains: remove one");
  }
  if (values.empty() || values[0].empty()) {
    return std::optional<Presented>();
  }
  return std::optional(Presented{std::move(values[0]), "the cookie " + name});
}

// How long a token vouches is for its issuer to say, who knows whether it is a
// session's or a server's.
TokenRules rules_of(const Config& config) {
  TokenRules rules;
  rules.leeway = config.token.leeway;
  rules.max_lifetime = std::chrono::milliseconds::max();
  rules.issuer = config.bearer.issuer;
  rules.audience = config.bearer.audience;
  rules.types = kTypes;
  return rules;
}

Result<std::string> user_of(const Claims& claims) {
  if (claims.cnf_cookie()) {
    return refused("has cnf, which binds it to what is not looked at here");
  }
  if (claims.sub().value_or("").empty()) {
    return refused("names nobody: it has no sub");
  }
  return std::string(*claims.sub());
}

}  // namespace

// With a key in both, who may vouch could make download tokens, and whoever
// minted a download token could vouch for himself.
Result<void> check_apart(const KeySet& bearer_keys, const KeySet& keys) {
  const auto is_in_keys = [&](const Key& bearer) {
    return std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
      return key.thumbprint() == bearer.thumbprint();
    });
  };
  if (std::any_of(bearer_keys.begin(), bearer_keys.end(), is_in_keys)) {
    return Error{Errc::kConfig,
                 "bearer_keys: one of the keys is in keys too: expected keys "
                 "of their own"};
  }
  return {};
}

Result<std::string> bearer_user(const Config& config, const Request& request,
                                World& world) {
  const Result<std::shared_ptr<const KeySet>> keys = world.bearer_keys();
  if (!keys) {
    return keys.error();
  }
  // Keys that are out of reach are told by what needs them.
  if (const auto own = world.keys(); own) {
    if (Result<void> r = check_apart(**keys, **own); !r) {
      return r.error();
    }
  }
  const Result<std::optional<Presented>> found = find_token(config, request);
  if (!found) {
    return found.error();
  }
  if (!*found) {
    return refused(
        "no bearer token came: no Authorization: Bearer, which Apache hands on "
        "with CGIPassAuth On alone, and no cookie that is bearer_cookie");
  }
  const Presented& presented = **found;
  const Result<VerifiedToken> verified =
      verify(presented.token, **keys, rules_of(config), world.now());
  const Result<std::string> user =
      verified ? user_of(verified->claims()) : verified.error();
  return user ? user
              : refused("bearer token (" + presented.place +
                        "): " + user.error().detail);
}

Header bearer_challenge(const Config& config, const Request& request) {
  const Result<std::optional<Presented>> found = find_token(config, request);
  const bool has_token = !found || *found;
  return {"WWW-Authenticate",
          std::string("Bearer realm=\"get-token\"") +
              (has_token ? ", error=\"invalid_token\"" : "")};
}

}  // namespace claimcheck
