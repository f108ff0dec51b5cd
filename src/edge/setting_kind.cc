#include "edge/setting_kind.h"

#include <algorithm>
#include <string_view>

#include "edge/duration.h"
#include "edge/redis_url.h"
#include "policy/origin.h"

namespace claimcheck {
namespace {

constexpr std::string_view kRedis = "redis:";

bool is_one(const Values& values) { return values.size() == 1; }

bool is_audit_word(std::string_view value) {
  return value == "stderr" || value == "syslog";
}

bool is_url(std::string_view value) {
  return value.find("://") != std::string_view::npos;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

}  // namespace

bool Text::set(std::string& member, const Values& values) {
  if (!is_one(values) || values[0].empty() || !is_printable(values[0])) {
    return false;
  }
  member = values[0];
  return true;
}

Values Text::show(const std::string& member) {
  return member.empty() ? Values() : Values{member};
}

bool Path::is_relative(std::string_view value) {
  return !value.empty() && !value.starts_with('/');
}

bool KeyFile::is_relative(std::string_view value) {
  return value.starts_with("./") || value.starts_with("../");
}

bool Path::set(std::string& member, const Values& values) {
  return is_one(values) && values[0].starts_with('/') &&
         Text::set(member, values);
}

bool Duration::set(std::chrono::milliseconds& member, const Values& values) {
  const auto duration = is_one(values)
                            ? parse_duration(values[0])
                            : std::optional<std::chrono::milliseconds>();
  member = duration.value_or(member);
  return duration.has_value();
}

Values Duration::show(const std::chrono::milliseconds& member) {
  return {duration_text(member)};
}

bool TokenName::set(std::string& member, const Values& values) {
  constexpr std::string_view kSeparators = "\"(),/:;<=>?@[\\]{} ";
  return is_one(values) &&
         values[0].find_first_of(kSeparators) == std::string::npos &&
         Text::set(member, values);
}

bool Agents::set(std::vector<std::string>& member, const Values& values) {
  if (!is_one(values) || !is_printable(values[0])) {
    return false;
  }
  member.clear();
  std::string_view rest = values[0];
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    member.emplace_back(rest.substr(0, end));
    if (end == 0 || end + 1 == rest.size()) {
      return false;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

Values Agents::show(const std::vector<std::string>& member) {
  std::string text;
  for (const std::string& agent : member) {
    text += (text.empty() ? "" : "|") + agent;
  }
  return {text};
}

bool Origins::set(std::vector<std::string>& member, const Values& values) {
  member = values;
  return std::none_of(
      values.begin(), values.end(),
      [](const std::string& origin) { return normal_origin(origin).empty(); });
}

// A scheme other than http would run in the refusal page's link.
bool Home::set(std::string& member, const Values& values) {
  if (!is_one(values)) {
    return false;
  }
  const std::string& home = values[0];
  const bool is_path = home.starts_with('/') && !home.starts_with("//");
  const bool is_url =
      home.starts_with("https://") || home.starts_with("http://");
  return (is_path || is_url) && Text::set(member, values);
}

// What is one word may be another one misspelt.
bool AuditTarget::is_relative(std::string_view value) {
  return value.find_first_of("./") != std::string_view::npos &&
         Path::is_relative(value);
}

bool AuditTarget::set(std::string& member, const Values& values) {
  const bool is_word = is_one(values) && is_audit_word(values[0]);
  return is_word ? Text::set(member, values) : Path::set(member, values);
}

bool Keys::set(Config& config, const Values& values) {
  constexpr std::size_t kMaxName = 128;
  config.keys.clear();
  config.redis_keys.clear();
  if (!is_one(values) || !values[0].starts_with(kRedis)) {
    return Path::set(config.keys, values);
  }
  config.redis_keys = values[0].substr(kRedis.size());
  return !config.redis_keys.empty() && config.redis_keys.size() <= kMaxName &&
         std::all_of(config.redis_keys.begin(), config.redis_keys.end(),
                     [](char letter) { return letter > ' ' && letter <= '~'; });
}

Values Keys::show(const Config& config) {
  return config.redis_keys.empty()
             ? Path::show(config.keys)
             : Values{std::string(kRedis) + config.redis_keys};
}

// With a colon it may be a URL misspelt: a Redis that each host would have for
// itself.
bool State::is_relative(std::string_view value) {
  return value.find(':') == std::string_view::npos && Path::is_relative(value);
}

bool State::set(Config& config, const Values& values) {
  std::string folder;
  config.state.clear();
  config.state_url.clear();
  config.state_is_named = true;
  config.state_is_made = false;
  if (is_one(values) && is_url(values[0])) {
    return Text::set(config.state_url, values);
  }
  if (!Path::set(folder, values)) {
    return false;
  }
  config.state = {folder};
  return true;
}

Values State::show(const Config& config) {
  if (!config.state_url.empty()) {
    return {without_password(config.state_url)};
  }
  return config.state_is_named ? config.state : Values();
}

}  // namespace claimcheck
