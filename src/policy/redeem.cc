#include "policy/redeem.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "claimcheck/base64url.h"
#include "policy/claim.h"
#include "policy/cookie.h"
#include "policy/file_answer.h"
#include "policy/lease.h"
#include "policy/origin.h"
#include "policy/refusal.h"
#include "policy/resource.h"
#include "policy/validators.h"

namespace claimcheck {
namespace {

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

// Known is what an answer tells, as far as the request came.
struct Known {
  AuditRecord audit;
  std::uint64_t size = 0;  // of the file, in bytes
};

// Prepared is all of an answer but the leave to give it.
struct Prepared {
  FileRef ref;
  OpenFile file;
  FileKind kind;
  Selection selection;
};

// Standing is what is kept of a token, as far as it was looked up. A store out
// of reach is told by what needs it, after what needs none.
using Standing = Result<std::optional<Lease>>;

// Use is how a request uses its token: what the audit line says, and a client
// cookie where the lease goes by a new one.
struct Use {
  std::string_view event;
  std::optional<std::array<unsigned char, 16>> new_cookie;
};

// gets_cookie tells whether a client without one will be given the client
// cookie with the body. A token without jti may be another client's too.
bool gets_cookie(const Config& config, const Claim& claim) {
  return config.reuse == Reuse::kResume &&
         config.client != ClientBinding::kOff && claim.client.cookie.empty() &&
         claim.has_jti;
}

Ranges ranges_of(const Config& config, const Claim& claim) {
  const bool can_come_again =
      config.reuse == Reuse::kWindow ||
      (config.reuse == Reuse::kResume &&
       (claim.client.is_known() || gets_cookie(config, claim)));
  return can_come_again ? Ranges::kBytes : Ranges::kNone;
}

Result<void> check_lease(const Config& config, const Request& request,
                         const Claim& claim, const Lease& lease, UnixTime now) {
  const bool is_allowed =
      lease.resource == claim.resource.name && is_holder(lease, claim.client) &&
      (!claim.is_expired || may_resume(request, lease, now) ||
       may_repeat_late(config, request, lease, now));
  return is_allowed ? Result<void>() : used_already();
}

Result<void> check_standing(const Config& config, const Request& request,
                            const Claim& claim, const Standing& standing,
                            UnixTime now) {
  if (!standing) {
    return {};
  }
  if (standing->has_value()) {
    return check_lease(config, request, claim, **standing, now);
  }
  if (claim.is_expired) {
    return Error{Errc::kTokenExpired,
                 "the token has expired and was never used"};
  }
  return {};
}

Result<void> check_same(const Standing& standing, const OpenFile& file) {
  return standing && *standing ? check_version(**standing, file)
                               : Result<void>();
}

Result<Prepared> prepare(const Config& config, const Request& request,
                         const Claim& claim, const Standing& standing,
                         World& world, Known& known) {
  if (Result<void> r = check_prefetch(request); !r) {
    return r.error();
  }
  Result<FileRef> ref = file_of(claim.resource);
  if (!ref) {
    return ref.error();
  }
  Result<OpenFile> file = world.open(*ref);
  if (!file) {
    return file.error();
  }
  known.size = file->size;
  if (Result<void> r = check_same(standing, *file); !r) {
    return r.error();
  }
  const FileKind kind{claim.resource.download->type,
                      download_name(claim.resource, *ref),
                      ranges_of(config, claim)};
  Result<Selection> selection =
      select(request, *file, kind.offered, world.now());
  if (!selection) {
    return selection.error();
  }
  return Prepared{*std::move(ref), *std::move(file), kind,
                  *std::move(selection)};
}

bool has_body(const Request& request, const Prepared& prepared) {
  return request.method == "GET" && prepared.selection.status != 304;
}

// use_lease is for a token that was used before: its lease allows the request,
// if the file is the same.
Result<Use> use_lease(const Request& request, const Claim& claim,
                      const Lease& lease, const Prepared& prepared,
                      World& world) {
  const UnixTime now = world.now();
  if (Result<void> r = check_version(lease, prepared.file); !r) {
    return r.error();
  }
  if (Result<void> r =
          check_if_range(request, prepared.selection.validators, now);
      !r) {
    return r.error();
  }
  if (!has_body(request, prepared)) {
    return Use{"checked", {}};
  }
  if (claim.is_expired && may_resume(request, lease, now)) {
    return Use{"resumed", {}};
  }
  if (claim.is_expired) {
    const Result<bool> first = world.repeat(claim.token);
    if (!first || !*first) {
      return first ? used_already() : first.error();
    }
  }
  return Use{"repeated", {}};
}

Lease lease_of(const Config& config, const Claim& claim, const OpenFile& file,
               World& world) {
  Lease lease;
  lease.token = claim.token;
  lease.resource = claim.resource.name;
  lease.file = file.identity();
  lease.etag = etag_of(file);
  lease.redeemed = world.now();
  lease.deadline = claim.token.expires + config.resume_window;
  if (config.reuse == Reuse::kResume) {
    lend(claim.client, lease);
  }
  return lease;
}

// open_lease redeems the token for `use`, unless it was used already: then it
// returns what is kept of it.
Standing open_lease(const Config& config, const Claim& claim,
                    const OpenFile& file, World& world, Use& use) {
  Lease lease = lease_of(config, claim, file, world);
  if (gets_cookie(config, claim)) {
    use.new_cookie = world.random();
    lease.cookie = cookie_confirmation(base64url_encode(*use.new_cookie));
  }
  return world.redeem(lease);
}

Result<Use> use_first(const Config& config, const Request& request,
                      const Claim& claim, const Prepared& prepared,
                      World& world) {
  Use use{"redeemed", {}};
  const Standing standing =
      open_lease(config, claim, prepared.file, world, use);
  if (!standing) {
    return standing.error();
  }
  if (!*standing) {
    return use;
  }
  if (Result<void> r =
          check_lease(config, request, claim, **standing, world.now());
      !r) {
    return r.error();
  }
  return use_lease(request, claim, **standing, prepared, world);
}

Result<Use> use_token(const Config& config, const Request& request,
                      const Claim& claim, const Standing& standing,
                      const Prepared& prepared, World& world) {
  const bool is_given = has_body(request, prepared);
  if (config.reuse == Reuse::kWindow) {
    return Use{is_given ? "redeemed" : "checked", {}};
  }
  const bool is_told = prepared.selection.status == 304 && !claim.is_expired;
  if (!standing && !is_told) {
    return standing.error();
  }
  if (standing && *standing) {
    return use_lease(request, claim, **standing, prepared, world);
  }
  return is_given ? use_first(config, request, claim, prepared, world)
                  : Use{"checked", {}};
}

// tell_use adds what a use means for the audit line and for the browser.
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

Response deliver(const Config& config, const Request& request,
                 const Claim& claim, Prepared prepared, const Use& use,
                 World& world) {
  const bool is_given = has_body(request, prepared);
  Response response = answer_file(request, std::move(prepared.file),
                                  prepared.kind, prepared.selection, world);
  return tell_use(config, request, claim, use, is_given, std::move(response));
}

Response finish(const Config& config, const Request& request,
                Result<Response> served, Known known);

// ---- commands: what a program writes has no version, and is never resumed

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
  const Standing standing = open_lease(config, claim, {}, world, use);
  if (!standing || !*standing) {
    return standing ? Result<Use>(use) : standing.error();
  }
  if (Result<void> r =
          check_rerun(config, request, claim, standing, world.now());
      !r) {
    return r.error();
  }
  if (claim.is_expired) {
    const Result<bool> first = world.repeat(claim.token);
    if (!first || !*first) {
      return first ? used_already() : first.error();
    }
  }
  return Use{"repeated", {}};
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
                       const Claim& claim, World& world, const Known& known) {
  const Result<Command> command = command_of(
      config, {claim.resource.path, claim.resource.params, known.audit.user});
  if (!command) {
    return command.error();
  }
  Result<std::unique_ptr<Output>> output = world.start(*command);
  if (!output) {
    return output.error();
  }
  const auto answer = [&config, request, claim, &world,
                       known](Result<std::unique_ptr<Output>> begun) {
    return finish(config, request,
                  begun ? deliver_output(config, request, claim,
                                         *std::move(begun), world)
                        : begun.error(),
                  known);
  };
  Response response;
  response.audit.event = "checked";
  response.body = Starting{*std::move(output), answer};
  return response;
}

// A token that was used starts nothing.
Result<Response> serve_command(const Config& config, const Request& request,
                               const Claim& claim, World& world,
                               const Known& known) {
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
    return start(config, request, claim, world, known);
  }
  const FileKind kind{claim.resource.download->type,
                      command_file_name(claim.resource)};
  return tell_use(config, request, claim, {"checked", {}}, false,
                  answer_output(kind, *selection, nullptr));
}

// ---- files

// The good way redeems at once, and that tells a used token too: it is looked
// up before only where nothing will be redeemed.
Result<Response> serve(const Config& config, const Request& request,
                       const Claim& claim, World& world, Known& known) {
  if (claim.resource.download->is_command()) {
    return serve_command(config, request, claim, world, known);
  }
  const bool keeps_state = config.reuse != Reuse::kWindow;
  Standing standing = std::optional<Lease>();
  const auto look_up = [&] {
    standing = world.find_lease(claim.token);
    return check_standing(config, request, claim, standing, world.now());
  };
  const bool is_first_step =
      keeps_state && (claim.is_expired || request.method == "HEAD");
  if (is_first_step) {
    if (Result<void> r = look_up(); !r) {
      return r.error();
    }
  }
  Result<Prepared> prepared =
      prepare(config, request, claim, standing, world, known);
  const bool redeems = prepared && has_body(request, *prepared);
  if (keeps_state && !is_first_step && !redeems) {
    if (Result<void> r = look_up(); !r) {
      return r.error();
    }
  }
  if (!prepared) {
    return prepared.error();
  }
  const Result<Use> use =
      use_token(config, request, claim, standing, *prepared, world);
  if (!use) {
    return use.error();
  }
  return deliver(config, request, claim, *std::move(prepared), *use, world);
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
  return serve(config, request, *claim, world, known);
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

Response finish(const Config& config, const Request& request,
                Result<Response> served, Known known) {
  if (!served) {
    return refuse(config, request, served.error(), std::move(known));
  }
  known.audit.event = served->audit.event;
  served->audit = std::move(known.audit);
  return *std::move(served);
}

}  // namespace

Response redeem(const Config& config, const Request& request, World& world) {
  Known known;
  Result<Response> served = try_redeem(config, request, world, known);
  return finish(config, request, std::move(served), std::move(known));
}

}  // namespace claimcheck
