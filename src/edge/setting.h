// The flat settings: their names, what each may hold and where it goes. One
// table serves the file and the environment.
#ifndef CLAIMCHECK_EDGE_SETTING_H_
#define CLAIMCHECK_EDGE_SETTING_H_

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/config.h"

namespace claimcheck {

// Setting is one key. `set` stores the values in the configuration and returns
// false if they are not what `expected` says. One that is a number stands
// without quotes in the file.
struct Setting {
  std::string_view name;
  std::string_view expected;
  bool (*set)(Config& config, const std::vector<std::string>& values);
  bool is_number = false;
};

std::span<const Setting> settings();

// find_setting returns the setting of this name, or nullptr.
const Setting* find_setting(std::string_view name);

// parse_duration takes "200ms", "2s", "10m" or "1h".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SETTING_H_
