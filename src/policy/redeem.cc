#include "policy/redeem.h"

#include <utility>

#include "policy/claim.h"
#include "policy/command_download.h"
#include "policy/file_download.h"
#include "policy/range.h"
#include "policy/refusal.h"
#include "policy/token_use.h"

namespace claimcheck {
namespace {

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

Response finish(const Config& config, const Request& request,
                Result<Response> served, Known known) {
  if (!served) {
    return refuse(config, request, served.error(), std::move(known));
  }
  known.audit.event = served->audit.event;
  known.audit.is_handed_over = served->audit.is_handed_over;
  served->audit = std::move(known.audit);
  return *std::move(served);
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
  Result<Claim> claim =
      check_claim(config, request, *std::move(resource), world, audit);
  if (!claim) {
    return claim.error();
  }
  if (!claim->resource.download->is_command()) {
    return serve_file(config, request, *claim, world, known);
  }
  const auto finish_later = [&config, request, known](Result<Response> served) {
    return finish(config, request, std::move(served), known);
  };
  return serve_command(config, request, *claim, world, audit.user,
                       finish_later);
}

}  // namespace

Response redeem(const Config& config, const Request& request, World& world) {
  Known known;
  Result<Response> served = try_redeem(config, request, world, known);
  return finish(config, request, std::move(served), std::move(known));
}

}  // namespace claimcheck
