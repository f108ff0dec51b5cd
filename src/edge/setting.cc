#include "edge/setting.h"

#include <algorithm>
#include <array>

namespace claimcheck {
namespace {

constexpr std::string_view kDuration =
    "a duration with a unit (ms, s, m, h), as in \"2s\"";

constexpr std::array kAccess = {Word<Access>{"server", Access::kServer},
                                Word<Access>{"bearer", Access::kBearer},
                                Word<Access>{"anonymous", Access::kAnonymous}};

constexpr std::array kXsrf = {Word<Xsrf>{"auto", Xsrf::kAuto},
                              Word<Xsrf>{"required", Xsrf::kRequired}};

constexpr std::array kClient = {
    Word<ClientBinding>{"auto", ClientBinding::kAuto},
    Word<ClientBinding>{"required", ClientBinding::kRequired},
    Word<ClientBinding>{"off", ClientBinding::kOff}};

constexpr std::array kHttps = {Word<Https>{"auto", Https::kAuto},
                               Word<Https>{"always", Https::kAlways}};

constexpr std::array kClientFallback = {
    Word<ClientFallback>{"off", ClientFallback::kOff},
    Word<ClientFallback>{"address", ClientFallback::kAddress}};

constexpr std::array kReuse = {Word<Reuse>{"resume", Reuse::kResume},
                               Word<Reuse>{"never", Reuse::kNever},
                               Word<Reuse>{"window", Reuse::kWindow}};

template <typename Kind>
constexpr bool (*is_relative_of())(std::string_view) {
  if constexpr (requires { Kind::is_relative; }) {
    return Kind::is_relative;
  }
  return nullptr;
}

// setting makes the row of a setting: its kind, and the member of a Config
// that holds it.
template <typename Kind, auto kMember>
constexpr Setting setting(std::string_view name, std::string_view expected,
                          bool is_number = false) {
  return {name,
          expected,
          [](Config& config, const Values& values) {
            return Kind::set(kMember(config), values);
          },
          [](const Config& config) { return Kind::show(kMember(config)); },
          is_number,
          is_relative_of<Kind>()};
}

constexpr auto kWhole = [](auto& config) -> auto& { return config; };

constexpr std::array kSettings = {
    setting<Keys, kWhole>("keys",
                          "the name of a file, absolute or in the "
                          "configuration file with ./ in front, or redis:NAME"),
    setting<Duration, [](auto& c) -> auto& { return c.token_lifetime; }>(
        "token_lifetime", kDuration),
    setting<Duration, [](auto& c) -> auto& { return c.token.max_lifetime; }>(
        "max_lifetime", kDuration),
    setting<Duration, [](auto& c) -> auto& { return c.token.leeway; }>(
        "leeway", kDuration),
    setting<Text, [](auto& c) -> auto& { return c.token.issuer; }>("issuer",
                                                                   "a text"),
    setting<Text, [](auto& c) -> auto& { return c.token.audience; }>("audience",
                                                                     "a text"),
    setting<OneOf<kAccess>, [](auto& c) -> auto& { return c.access; }>(
        "access", "\"server\", \"bearer\" or \"anonymous\""),
    setting<KeyFile, [](auto& c) -> auto& { return c.bearer.keys; }>(
        "bearer_keys",
        "the name of a file, absolute or in the configuration file with ./ in "
        "front"),
    setting<Text, [](auto& c) -> auto& { return c.bearer.issuer; }>(
        "bearer_issuer", "a text"),
    setting<Text, [](auto& c) -> auto& { return c.bearer.audience; }>(
        "bearer_audience", "a text"),
    setting<TokenName, [](auto& c) -> auto& { return c.bearer.cookie; }>(
        "bearer_cookie", "the name of a cookie"),
    setting<OneOf<kXsrf>, [](auto& c) -> auto& { return c.xsrf; }>(
        "xsrf", "\"auto\" or \"required\""),
    setting<TokenName, [](auto& c) -> auto& { return c.xsrf_cookie; }>(
        "xsrf_cookie", "the name of a cookie"),
    setting<TokenName, [](auto& c) -> auto& { return c.xsrf_header; }>(
        "xsrf_header", "the name of a header"),
    setting<Origins, [](auto& c) -> auto& { return c.origins; }>(
        "origins", "origins, as in [\"https://www.example.org\"]"),
    setting<OneOf<kClient>, [](auto& c) -> auto& { return c.client; }>(
        "client", "\"auto\", \"required\" or \"off\""),
    setting<OneOf<kHttps>, [](auto& c) -> auto& { return c.https; }>(
        "https", "\"auto\" or \"always\""),
    setting<OneOf<kClientFallback>,
            [](auto& c) -> auto& { return c.client_fallback; }>(
        "client_fallback", "\"off\" or \"address\""),
    setting<OneOf<kReuse>, [](auto& c) -> auto& { return c.reuse; }>(
        "reuse", "\"resume\", \"never\" or \"window\""),
    setting<Duration, [](auto& c) -> auto& { return c.resume_window; }>(
        "resume_window", kDuration),
    setting<Agents, [](auto& c) -> auto& { return c.repeat_agents; }>(
        "repeat_agents",
        "parts of User-Agents with a | between them, or \"\" for none"),
    setting<State, kWhole>(
        "state",
        "the name of a folder, absolute in the environment, or a Redis as "
        "redis://HOST or unix:///SOCKET"),
    setting<Number<std::uint64_t{1'000'000'000}>,
            [](auto& c) -> auto& { return c.state_max; }>(
        "state_max", "a number from 1 to 1000000000", true),
    setting<AuditTarget, [](auto& c) -> auto& { return c.audit; }>(
        "audit",
        "\"stderr\", \"syslog\" or the name of a file, absolute in the "
        "environment"),
    setting<Number<256U>, [](auto& c) -> auto& { return c.threads; }>(
        "threads", "a number from 1 to 256", true),
    setting<Duration, [](auto& c) -> auto& { return c.shutdown_grace; }>(
        "shutdown_grace", kDuration),
    setting<Home, [](auto& c) -> auto& { return c.home; }>(
        "home", "a path of this site or an http(s) URL"),
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  const auto found =
      std::find_if(kSettings.begin(), kSettings.end(),
                   [&](const Setting& each) { return each.name == name; });
  return found == kSettings.end() ? nullptr : found;
}

}  // namespace claimcheck
