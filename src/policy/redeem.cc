#include "policy/redeem.h"

#include <cstdint>
#include <optional>

#include "policy/access.h"
#include "policy/cookie.h"
#include "policy/file_answer.h"
#include "policy/origin.h"
#include "policy/query.h"
#include "policy/refusal.h"
#include "policy/resource.h"

namespace claimcheck {
namespace {

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
                          const std::optional<std::string>& client) {
  if (config.client == ClientBinding::kRequired && !claims.cnf_cookie()) {
    return Error{Errc::kTokenOtherClient,
                 "client = \"required\", and the token has no cnf"};
  }
  if (claims.cnf_cookie() &&
      (!client || cookie_confirmation(*client) != *claims.cnf_cookie())) {
    return Error{Errc::kTokenOtherClient,
                 client ? "the client cookie is not the one in cnf"
                        : "the token has cnf, and no client cookie came"};
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

Result<void> check_prefetch(const Request& request) {
  const std::string* purpose = request.header("sec-purpose");
  if (purpose != nullptr && purpose->starts_with("prefetch")) {
    return Error{Errc::kPrefetch, "the browser prefetches"};
  }
  return {};
}

// Claimed is a request whose token is good for what it asks for.
struct Claimed {
  Resource resource;
  Redemption redemption;
};

// name_in tells the audit line which token this is, and whose.
void name_in(AuditRecord& audit, const VerifiedToken& token,
             const Request& request, const std::optional<std::string>& client) {
  audit.handle = token.handle(audit.resource, client.value_or(""));
  audit.user = token.claims().sub().value_or(request.remote_user);
}

// An expired token is refused all the same; only the log learns which it was.
void name_expired(const Config& config, const Request& request,
                  std::string_view token, const KeySet& keys, World& world,
                  AuditRecord& audit) {
  TokenRules rules = config.token;
  rules.accept_expired = true;
  const auto expired = verify(token, keys, rules, world.now());
  if (expired) {
    name_in(audit, *expired, request, client_cookie(config, request));
  }
}

Result<Claimed> check_token(const Config& config, const Request& request,
                            Resource resource, World& world,
                            AuditRecord& audit) {
  Result<std::string> token = read_token(request);
  if (!token) {
    return token.error();
  }
  Result<std::shared_ptr<const KeySet>> keys = world.keys();
  if (!keys) {
    return keys.error();
  }
  Result<VerifiedToken> verified =
      verify(*token, **keys, config.token, world.now());
  if (!verified) {
    if (verified.error().code == Errc::kTokenExpired) {
      name_expired(config, request, *token, **keys, world, audit);
    }
    return verified.error();
  }
  const std::optional<std::string> client = client_cookie(config, request);
  const Claims& claims = verified->claims();
  name_in(audit, *verified, request, client);
  if (Result<void> r = check_scope(claims, resource); !r) {
    return r.error();
  }
  if (Result<void> r = check_client(config, claims, client); !r) {
    return r.error();
  }
  if (Result<void> r = check_users(claims, resource, request); !r) {
    return r.error();
  }
  return Claimed{std::move(resource),
                 {audit.handle, claims.exp(), audit.resource}};
}

Error used_already() {
  return Error{Errc::kTokenUsed, "the token was used already"};
}

// is_used looks a token up. A state out of reach is told by what needs it.
bool is_used(const Config& config, const Claimed& claimed, World& world) {
  if (config.reuse != Reuse::kNever) {
    return false;
  }
  const Result<bool> used = world.is_redeemed(claimed.redemption);
  return used && *used;
}

Result<void> use_up(const Config& config, const Request& request,
                    const Redemption& redemption, World& world) {
  if (config.reuse == Reuse::kWindow) {
    return {};
  }
  const bool redeems = request.method == "GET";
  const Result<bool> answer =
      redeems ? world.redeem(redemption) : world.is_redeemed(redemption);
  if (!answer) {
    return answer.error();
  }
  // redeem() is true for the first, is_redeemed() for all but the first.
  return *answer == redeems ? Result<void>() : used_already();
}

// A token that is good once cannot be used for one range after the other.
Ranges ranges_of(const Config& config) {
  return config.reuse == Reuse::kWindow ? Ranges::kBytes : Ranges::kNone;
}

Response deliver(const Config& config, const Request& request,
                 const Claimed& claimed, const FileRef& ref, OpenFile file,
                 const Selection& selection, World& world) {
  const FileKind kind{claimed.resource.download->type,
                      download_name(claimed.resource, ref), ranges_of(config)};
  Response response =
      answer_file(request, std::move(file), kind, selection, world);
  const bool has_body = request.method == "GET" && response.status != 304;
  response.audit.event = has_body ? "redeemed" : "checked";
  if (has_body) {
    response.headers.push_back(set_started_cookie(is_https(config, request),
                                                  claimed.redemption.handle));
  }
  return response;
}

// Known is what an answer tells, as far as the request came.
struct Known {
  AuditRecord audit;
  std::uint64_t size = 0;  // of the file, in bytes
};

Result<Response> serve(const Config& config, const Request& request,
                       const Claimed& claimed, World& world, Known& known) {
  if (Result<void> r = check_prefetch(request); !r) {
    return r.error();
  }
  Result<FileRef> ref = file_of(claimed.resource);
  if (!ref) {
    return ref.error();
  }
  Result<OpenFile> file = world.open(*ref);
  if (!file) {
    return file.error();
  }
  known.size = file->size;
  const Result<Selection> selection =
      select(request, *file, ranges_of(config), world.now());
  if (!selection) {
    return selection.error();
  }
  if (selection->status != 304) {
    if (Result<void> r = use_up(config, request, claimed.redemption, world);
        !r) {
      return r.error();
    }
  }
  return deliver(config, request, claimed, *ref, *std::move(file), *selection,
                 world);
}

Result<Response> try_redeem(const Config& config, const Request& request,
                            World& world, Known& known) {
  AuditRecord& audit = known.audit;
  audit.user = request.remote_user;
  Result<Resource> resource = find_requested(config, request);
  if (!resource) {
    return resource.error();
  }
  audit.resource = resource->name;
  Result<Claimed> claimed =
      check_token(config, request, *std::move(resource), world, audit);
  if (!claimed) {
    return claimed.error();
  }
  Result<Response> served = serve(config, request, *claimed, world, known);
  // A used token is told before what is wrong with the rest, and instead of a
  // 304. It is looked up only then: the good way redeems, and that tells it
  // too.
  const bool is_told = served && served->status != 304;
  if (!is_told && is_used(config, *claimed, world)) {
    return used_already();
  }
  return served;
}

Response refuse(const Config& config, const Request& request,
                const Error& error, Known known) {
  Response response =
      refuse_navigation(config, request, error, std::move(known.audit));
  if (error.code == Errc::kRangeNotSatisfiable) {
    response.headers.push_back(
        {"Content-Range", unsatisfied_range(known.size)});
  }
  return allow(std::move(response), "GET, HEAD");
}

}  // namespace

Response redeem(const Config& config, const Request& request, World& world) {
  Known known;
  Result<Response> served = try_redeem(config, request, world, known);
  if (!served) {
    return refuse(config, request, served.error(), std::move(known));
  }
  known.audit.event = served->audit.event;
  served->audit = std::move(known.audit);
  return *std::move(served);
}

}  // namespace claimcheck
