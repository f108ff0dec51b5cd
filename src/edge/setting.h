// The flat settings: their names, what each may hold and where it goes. One
// table serves the file and the environment.
#ifndef CLAIMCHECK_EDGE_SETTING_H_
#define CLAIMCHECK_EDGE_SETTING_H_

#include <span>
#include <string_view>

#include "edge/setting_kind.h"
#include "policy/config.h"

namespace claimcheck {

// Setting is one key. `set` stores the values in the configuration and returns
// false if they are not what `expected` says; `show` returns those that count
// (edge/setting_kind.h). One that is a number stands without quotes in the
// file. `is_relative` tells whether a value is the relative name of a file;
// nullptr where none can be.
struct Setting {
  std::string_view name;
  std::string_view expected;
  bool (*set)(Config& config, const Values& values);
  Values (*show)(const Config& config);
  bool is_number;
  bool (*is_relative)(std::string_view value);
};

std::span<const Setting> settings();

// find_setting returns the setting of this name, or nullptr.
const Setting* find_setting(std::string_view name);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SETTING_H_
