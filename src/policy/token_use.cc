#include "policy/token_use.h"

#include <utility>

#include "claimcheck/base64url.h"
#include "policy/cookie.h"
#include "policy/lease.h"
#include "policy/origin.h"

namespace claimcheck {
namespace {

Lease lease_of(const Config& config, const Claim& claim,
               const FileIdentity& file, const std::string& etag,
               World& world) {
  Lease lease;
  lease.token = claim.token;
  lease.resource = claim.resource.name;
  lease.file = file;
  lease.etag = etag;
  lease.redeemed = world.now();
  lease.deadline = claim.token.expires + config.resume_window;
  if (config.reuse == Reuse::kResume) {
    lend(claim.client, lease);
  }
  return lease;
}

}  // namespace

Error used_already() {
  return Error{Errc::kTokenUsed, "the token was used already"};
}

Result<void> check_prefetch(const Request& request) {
  const std::string* purpose = request.header("sec-purpose");
  if (purpose != nullptr && purpose->starts_with("prefetch")) {
    return Error{Errc::kPrefetch, "the browser prefetches"};
  }
  return {};
}

bool gets_cookie(const Config& config, const Claim& claim) {
  return config.reuse == Reuse::kResume &&
         config.client != ClientBinding::kOff && claim.client.cookie.empty() &&
         claim.has_jti;
}

Standing open_lease(const Config& config, const Claim& claim,
                    const FileIdentity& file, const std::string& etag,
                    World& world, Use& use) {
  Lease lease = lease_of(config, claim, file, etag, world);
  if (gets_cookie(config, claim)) {
    use.new_cookie = world.random();
    lease.cookie = cookie_confirmation(base64url_encode(*use.new_cookie));
  }
  return world.redeem(lease);
}

Result<Use> repeat(const Claim& claim, World& world) {
  if (claim.is_expired) {
    const Result<bool> first = world.repeat(claim.token);
    if (!first || !*first) {
      return first ? used_already() : first.error();
    }
  }
  return Use{"repeated", {}};
}

Response tell_use(const Config& config, const Request& request,
                  const Claim& claim, const Use& use, bool is_given,
                  Response response) {
  const bool https = is_https(config, request);
  response.audit.event = use.event;
  if (use.new_cookie) {
    response.headers.push_back(set_client_cookie(https, *use.new_cookie));
  }
  if (is_given) {
    response.headers.push_back(set_started_cookie(https, claim.token.handle));
  }
  return response;
}

}  // namespace claimcheck
