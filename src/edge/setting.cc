#include "edge/setting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "policy/origin.h"

namespace claimcheck {
namespace {

using Values = std::vector<std::string>;

constexpr std::string_view kDuration =
    "a duration with a unit (ms, s, m, h), as in \"2s\"";

bool is_one(const Values& values) { return values.size() == 1; }

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

bool set_text(std::string& member, const Values& values) {
  if (!is_one(values) || values[0].empty() || !is_printable(values[0])) {
    return false;
  }
  member = values[0];
  return true;
}

bool set_path(std::string& member, const Values& values) {
  return is_one(values) && values[0].starts_with('/') &&
         set_text(member, values);
}

bool set_duration(std::chrono::milliseconds& member, const Values& values) {
  const auto duration =
      is_one(values) ? parse_duration(values[0]) : std::optional<UnixTime>();
  if (duration) {
    member = *duration;
  }
  return duration.has_value();
}

// RFC 9110 section 5.6.2: names of headers and cookies.
bool set_token(std::string& member, const Values& values) {
  constexpr std::string_view kSeparators = "\"(),/:;<=>?@[\\]{} ";
  return is_one(values) &&
         values[0].find_first_of(kSeparators) == std::string::npos &&
         set_text(member, values);
}

template <typename Enum, std::size_t kSize>
bool set_word(
    Enum& member, const Values& values,
    const std::array<std::pair<std::string_view, Enum>, kSize>& words) {
  for (const auto& [word, meaning] : words) {
    if (is_one(values) && values[0] == word) {
      member = meaning;
      return true;
    }
  }
  return false;
}

bool set_access(Config& c, const Values& v) {
  return set_word<Access, 3>(c.access, v,
                             {{{"server", Access::kServer},
                               {"bearer", Access::kBearer},
                               {"anonymous", Access::kAnonymous}}});
}

bool set_xsrf(Config& c, const Values& v) {
  return set_word<Xsrf, 2>(
      c.xsrf, v, {{{"auto", Xsrf::kAuto}, {"required", Xsrf::kRequired}}});
}

bool set_client(Config& c, const Values& v) {
  return set_word<ClientBinding, 3>(c.client, v,
                                    {{{"auto", ClientBinding::kAuto},
                                      {"required", ClientBinding::kRequired},
                                      {"off", ClientBinding::kOff}}});
}

bool set_https(Config& c, const Values& v) {
  return set_word<Https, 2>(
      c.https, v, {{{"auto", Https::kAuto}, {"always", Https::kAlways}}});
}

bool set_reuse(Config& c, const Values& v) {
  return set_word<Reuse, 3>(c.reuse, v,
                            {{{"resume", Reuse::kResume},
                              {"never", Reuse::kNever},
                              {"window", Reuse::kWindow}}});
}

bool set_client_fallback(Config& c, const Values& v) {
  return set_word<ClientFallback, 2>(
      c.client_fallback, v,
      {{{"off", ClientFallback::kOff}, {"address", ClientFallback::kAddress}}});
}

// "CriOS|FxiOS"; nothing for none.
bool set_repeat_agents(Config& c, const Values& v) {
  if (!is_one(v) || !is_printable(v[0])) {
    return false;
  }
  c.repeat_agents.clear();
  std::string_view rest = v[0];
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    c.repeat_agents.emplace_back(rest.substr(0, end));
    if (end == 0 || end + 1 == rest.size()) {
      return false;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

bool set_origins(Config& c, const Values& v) {
  c.origins = v;
  return std::none_of(v.begin(), v.end(), [](const std::string& origin) {
    return normal_origin(origin).empty();
  });
}

// A scheme other than http would run in the refusal page's link.
bool set_home(Config& c, const Values& v) {
  if (!is_one(v)) {
    return false;
  }
  const bool is_path = v[0].starts_with('/') && !v[0].starts_with("//");
  const bool is_url =
      v[0].starts_with("https://") || v[0].starts_with("http://");
  return (is_path || is_url) && set_text(c.home, v);
}

bool set_keys(Config& c, const Values& v) {
  constexpr std::string_view kRedis = "redis:";
  constexpr std::size_t kMaxName = 128;
  c.keys.clear();
  c.redis_keys.clear();
  if (!is_one(v) || !v[0].starts_with(kRedis)) {
    return set_path(c.keys, v);
  }
  c.redis_keys = v[0].substr(kRedis.size());
  return !c.redis_keys.empty() && c.redis_keys.size() <= kMaxName &&
         std::all_of(c.redis_keys.begin(), c.redis_keys.end(),
                     [](char letter) { return letter > ' ' && letter <= '~'; });
}

// What a URL has to be is told when all is read (check_whole).
bool set_state(Config& c, const Values& v) {
  std::string folder;
  c.state.clear();
  c.state_url.clear();
  c.state_is_named = true;
  if (is_one(v) && v[0].find("://") != std::string::npos) {
    return set_text(c.state_url, v);
  }
  if (!set_path(folder, v)) {
    return false;
  }
  c.state = {folder};
  return true;
}

bool set_audit(Config& c, const Values& v) {
  const bool is_word = is_one(v) && (v[0] == "stderr" || v[0] == "syslog");
  return is_word ? set_text(c.audit, v) : set_path(c.audit, v);
}

template <typename T>
bool set_number(T& member, const Values& v, T most) {
  T number = 0;
  if (!is_one(v)) {
    return false;
  }
  const char* const end = v[0].data() + v[0].size();
  const auto [stop, error] = std::from_chars(v[0].data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > most) {
    return false;
  }
  member = number;
  return true;
}

constexpr std::array kSettings = {
    Setting{"keys", "the absolute name of a file, or redis:NAME", set_keys},
    Setting{"token_lifetime", kDuration,
            [](Config& c, const Values& v) {
              return set_duration(c.token_lifetime, v);
            }},
    Setting{"max_lifetime", kDuration,
            [](Config& c, const Values& v) {
              return set_duration(c.token.max_lifetime, v);
            }},
    Setting{"leeway", kDuration,
            [](Config& c, const Values& v) {
              return set_duration(c.token.leeway, v);
            }},
    Setting{
        "issuer", "a text",
        [](Config& c, const Values& v) { return set_text(c.token.issuer, v); }},
    Setting{"audience", "a text",
            [](Config& c, const Values& v) {
              return set_text(c.token.audience, v);
            }},
    Setting{"access", "\"server\", \"bearer\" or \"anonymous\"", set_access},
    Setting{
        "bearer_keys", "the absolute name of a file",
        [](Config& c, const Values& v) { return set_path(c.bearer.keys, v); }},
    Setting{"bearer_issuer", "a text",
            [](Config& c, const Values& v) {
              return set_text(c.bearer.issuer, v);
            }},
    Setting{"bearer_audience", "a text",
            [](Config& c, const Values& v) {
              return set_text(c.bearer.audience, v);
            }},
    Setting{"bearer_cookie", "the name of a cookie",
            [](Config& c, const Values& v) {
              return set_token(c.bearer.cookie, v);
            }},
    Setting{"xsrf", "\"auto\" or \"required\"", set_xsrf},
    Setting{
        "xsrf_cookie", "the name of a cookie",
        [](Config& c, const Values& v) { return set_token(c.xsrf_cookie, v); }},
    Setting{
        "xsrf_header", "the name of a header",
        [](Config& c, const Values& v) { return set_token(c.xsrf_header, v); }},
    Setting{"origins", "origins, as in [\"https://www.example.org\"]",
            set_origins},
    Setting{"client", "\"auto\", \"required\" or \"off\"", set_client},
    Setting{"https", "\"auto\" or \"always\"", set_https},
    Setting{"client_fallback", "\"off\" or \"address\"", set_client_fallback},
    Setting{"reuse", "\"resume\", \"never\" or \"window\"", set_reuse},
    Setting{"resume_window", kDuration,
            [](Config& c, const Values& v) {
              return set_duration(c.resume_window, v);
            }},
    Setting{"repeat_agents",
            "parts of User-Agents with a | between them, or \"\" for none",
            set_repeat_agents},
    Setting{"state",
            "the absolute name of a folder, or a Redis as redis://HOST or "
            "unix:///SOCKET",
            set_state},
    Setting{"state_max", "a number from 1 to 1000000000",
            [](Config& c, const Values& v) {
              return set_number(c.state_max, v, std::uint64_t{1'000'000'000});
            },
            true},
    Setting{"audit", "\"stderr\", \"syslog\" or the absolute name of a file",
            set_audit},
    Setting{"threads", "a number from 1 to 256",
            [](Config& c, const Values& v) {
              return set_number(c.threads, v, 256U);
            },
            true},
    Setting{"shutdown_grace", kDuration,
            [](Config& c, const Values& v) {
              return set_duration(c.shutdown_grace, v);
            }},
    Setting{"home", "a path of this site or an http(s) URL", set_home},
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  const auto found =
      std::find_if(kSettings.begin(), kSettings.end(),
                   [&](const Setting& each) { return each.name == name; });
  return found == kSettings.end() ? nullptr : found;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  using std::chrono::milliseconds;
  static constexpr std::array<std::pair<std::string_view, int>, 4> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  // A year is 3e10 ms: more digits are a slip.
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 1'000'000'000) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, factor] : kUnits) {
    if (text == unit) {
      return milliseconds(number * factor);
    }
  }
  return std::nullopt;
}

}  // namespace claimcheck
