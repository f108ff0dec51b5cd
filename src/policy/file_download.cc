#include "policy/file_download.h"

#include <optional>
#include <utility>

#include "policy/conditional.h"
#include "policy/file_answer.h"
#include "policy/handover.h"
#include "policy/lease.h"
#include "policy/resource.h"

namespace claimcheck {
namespace {

// Prepared is all of an answer but the leave to give it.
struct Prepared {
  OpenFile file;
  FileKind kind;
  Selection selection;
  // What hands the file over, where that is how it is sent.
  std::optional<Header> handover;
};

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

// nginx puts its own tag in the place of ours.
Validators validators_for(const Download& download, const OpenFile& file,
                          UnixTime now) {
  Validators validators = validators_of(file, now);
  if (download.deliver == Deliver::kXAccelRedirect) {
    validators.etag = nginx_etag_of(file);
  }
  return validators;
}

// lighttpd makes ranges of what is streamed, too, where the request has a Range
// that we took for none: unless it is told that there are no ranges.
bool hides_ranges(const Request& request, const Download& download,
                  const Selection& selection) {
  return download.deliver == Deliver::kXLighttpdSendFile &&
         request.method == "GET" && request.header("range") != nullptr &&
         selection.status == 200;
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
  FileKind kind{claim.resource.download->type,
                download_name(claim.resource, *ref), ranges_of(config, claim)};
  const Download& download = *claim.resource.download;
  const UnixTime now = world.now();
  Result<Selection> selection =
      select(request, file->size, validators_for(download, *file, now),
             kind.offered, now);
  if (!selection) {
    return selection.error();
  }
  std::optional<Header> handover;
  if (is_read_alike(request, *selection)) {
    handover = handover_of(download, *ref);
  }
  if (hides_ranges(request, download, *selection)) {
    kind.offered = Ranges::kNone;
  }
  return Prepared{*std::move(file), std::move(kind), *std::move(selection),
                  std::move(handover)};
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
  return repeat(claim, world);
}

Result<Use> use_first(const Config& config, const Request& request,
                      const Claim& claim, const Prepared& prepared,
                      World& world) {
  Use use{"redeemed", {}};
  const Standing standing =
      open_lease(config, claim, prepared.file.identity(),
                 prepared.selection.validators.etag, world, use);
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

Response deliver(const Config& config, const Request& request,
                 const Claim& claim, Prepared prepared, const Use& use,
                 World& world) {
  const bool is_given = has_body(request, prepared);
  Response response =
      is_given && prepared.handover
          ? hand_over(prepared.kind, prepared.selection,
                      *std::move(prepared.handover))
          : answer_file(request, std::move(prepared.file), prepared.kind,
                        prepared.selection, world);
  return tell_use(config, request, claim, use, is_given, std::move(response));
}

}  // namespace

// The good way redeems at once, and that tells a used token too: it is looked
// up before only where nothing will be redeemed.
Result<Response> serve_file(const Config& config, const Request& request,
                            const Claim& claim, World& world, Known& known) {
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

}  // namespace claimcheck
