#include "policy/lease.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "claimcheck/base64url.h"
#include "claimcheck/jwt.h"
#include "claimcheck/sha256.h"
#include "policy/cookie.h"
#include "policy/range.h"

namespace claimcheck {
namespace {

std::string_view value_of(const Request& request, std::string_view name) {
  const std::string* value = request.header(name);
  return value == nullptr ? std::string_view() : *value;
}

std::string address_of(const Request& request) {
  return base64url_encode(Sha256()
                              .update_sized(request.remote_addr)
                              .update_sized(value_of(request, "user-agent"))
                              .finish());
}

bool names_exactly(const Request& request, const std::string& etag) {
  return !etag.empty() && (value_of(request, "if-range") == etag ||
                           value_of(request, "if-match") == etag);
}

}  // namespace

Client client_of(const Config& config, const Request& request) {
  Client client{client_cookie(config, request).value_or(""), ""};
  if (config.client_fallback == ClientFallback::kAddress) {
    client.address = address_of(request);
  }
  return client;
}

void lend(const Client& client, Lease& lease) {
  lease.cookie =
      client.cookie.empty() ? "" : cookie_confirmation(client.cookie);
  lease.address = client.cookie.empty() ? client.address : "";
}

bool is_holder(const Lease& lease, const Client& client) {
  if (!client.cookie.empty()) {
    return !lease.cookie.empty() &&
           equal_in_constant_time(cookie_confirmation(client.cookie),
                                  lease.cookie);
  }
  return !client.address.empty() && client.address == lease.address;
}

// The file's size is taken from the lease: whether a used token is good for a
// request is told before what became of the file.
bool may_resume(const Request& request, const Lease& lease, UnixTime now) {
  const std::string* header = request.header("range");
  if (header == nullptr || now > lease.deadline) {
    return false;
  }
  const std::optional<std::vector<ByteRange>> ranges =
      parse_range(*header, lease.file.size);
  return ranges &&
         (names_exactly(request, lease.etag) ||
          std::all_of(ranges->begin(), ranges->end(),
                      [](const ByteRange& range) { return range.first > 0; }));
}

// A token is redeemed by a command's first byte.
std::chrono::milliseconds lease_window(const Config& config) {
  std::chrono::milliseconds begins{0};
  for (const Download& download : config.downloads) {
    begins = download.is_command() ? std::max(begins, download.command_timeout)
                                   : begins;
  }
  const bool may_repeat =
      config.reuse == Reuse::kResume && !config.repeat_agents.empty();
  return std::max(config.resume_window,
                  may_repeat ? begins + kRepeatAgentsWindow : begins);
}

std::chrono::milliseconds kept_after_expiry(const Config& config) {
  return config.token.leeway + lease_window(config);
}

bool may_repeat_late(const Config& config, const Request& request,
                     const Lease& lease, UnixTime now) {
  const std::string_view agent = value_of(request, "user-agent");
  return now <= lease.redeemed + kRepeatAgentsWindow &&
         std::any_of(config.repeat_agents.begin(), config.repeat_agents.end(),
                     [&](const std::string& part) {
                       return agent.find(part) != std::string_view::npos;
                     });
}

Result<void> check_version(const Lease& lease, const OpenFile& file) {
  if (file.identity() == lease.file) {
    return {};
  }
  return Error{Errc::kPreconditionFailed,
               "the file has changed since the download began"};
}

Result<void> check_if_range(const Request& request,
                            const Validators& validators, UnixTime now) {
  if (range_applies(request, validators, now)) {
    return {};
  }
  return Error{Errc::kPreconditionFailed,
               "If-Range is not the version that the download began with"};
}

}  // namespace claimcheck
