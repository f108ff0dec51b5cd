#include "policy/command_download.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "policy/file_answer.h"
#include "policy/lease.h"
#include "policy/resource.h"

namespace claimcheck {
namespace {

// check_rerun lets the holder of the lease have it made once more while his
// token lives, or as one of repeat_agents.
Result<void> check_rerun(const Config& config, const Request& request,
                         const Claim& claim, const Standing& standing,
                         UnixTime now) {
  if (!standing || !standing->has_value()) {
    return standing && claim.is_expired
               ? Error{Errc::kTokenExpired,
                       "the token has expired and was never used"}
               : Result<void>();
  }
  const Lease& lease = **standing;
  const bool is_allowed =
      lease.resource == claim.resource.name && is_holder(lease, claim.client) &&
      (!claim.is_expired || may_repeat_late(config, request, lease, now));
  return is_allowed ? Result<void>() : used_already();
}

// use_output uses the token of a program that has begun. The first byte of
// another run of it may have used it meanwhile.
Result<Use> use_output(const Config& config, const Request& request,
                       const Claim& claim, World& world) {
  Use use{"redeemed", {}};
  if (config.reuse == Reuse::kWindow) {
    return use;
  }
  const Standing standing = open_lease(config, claim, {}, {}, world, use);
  if (!standing || !*standing) {
    return standing ? Result<Use>(use) : standing.error();
  }
  if (Result<void> r =
          check_rerun(config, request, claim, standing, world.now());
      !r) {
    return r.error();
  }
  return repeat(claim, world);
}

Result<Response> deliver_output(const Config& config, const Request& request,
                                const Claim& claim,
                                std::unique_ptr<Output> output, World& world) {
  const Result<Use> use = use_output(config, request, claim, world);
  if (!use) {
    return use.error();
  }
  const FileKind kind{claim.resource.download->type,
                      command_file_name(claim.resource)};
  return tell_use(config, request, claim, *use, true,
                  answer_output(kind, {}, std::move(output)));
}

// start runs the program. Its first byte comes before the redemption: one that
// fails uses no token up.
Result<Response> start(const Config& config, const Request& request,
                       const Claim& claim, World& world,
                       const std::string& user, Finish finish) {
  const Result<Command> command =
      command_of(config, {claim.resource.path, claim.resource.params, user});
  if (!command) {
    return command.error();
  }
  Result<std::unique_ptr<Output>> output = world.start(*command);
  if (!output) {
    return output.error();
  }
  const auto answer =
      [&config, request, claim, &world,
       finish = std::move(finish)](Result<std::unique_ptr<Output>> begun) {
        return finish(begun ? deliver_output(config, request, claim,
                                             *std::move(begun), world)
                            : begun.error());
      };
  Response response;
  response.audit.event = "checked";
  response.body = Starting{*std::move(output), answer};
  return response;
}

}  // namespace

Result<Response> serve_command(const Config& config, const Request& request,
                               const Claim& claim, World& world,
                               const std::string& user, Finish finish) {
  const Standing standing = config.reuse == Reuse::kWindow
                                ? Standing(std::optional<Lease>())
                                : world.find_lease(claim.token);
  if (Result<void> r =
          check_rerun(config, request, claim, standing, world.now());
      !r) {
    return r.error();
  }
  if (Result<void> r = check_prefetch(request); !r) {
    return r.error();
  }
  const Result<Selection> selection = select_output(request, world.now());
  if (!selection || !standing) {
    return selection ? standing.error() : selection.error();
  }
  if (request.method == "GET" && selection->status != 304) {
    return start(config, request, claim, world, user, std::move(finish));
  }
  const FileKind kind{claim.resource.download->type,
                      command_file_name(claim.resource)};
  return tell_use(config, request, claim, {"checked", {}}, false,
                  answer_output(kind, *selection, nullptr));
}

}  // namespace claimcheck
