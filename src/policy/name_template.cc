#include "policy/name_template.h"

#include <algorithm>

namespace claimcheck {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

bool is_param_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

Result<std::vector<std::string>> template_variables(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t brace = text.find_first_of("{}");
    if (brace == std::string_view::npos) {
      return names;
    }
    const std::size_t end = text.find('}', brace);
    const std::string_view name =
        text[brace] == '{' && end != std::string_view::npos
            ? text.substr(brace + 1, end - brace - 1)
            : std::string_view();
    if (!is_param_name(name)) {
      return Error{Errc::kConfig,
                   "a brace that is not part of a variable like {name}"};
    }
    names.emplace_back(name);
    text.remove_prefix(end + 1);
  }
}

Result<std::string> fill(std::string_view text, const ParamValues& values) {
  std::string filled;
  while (true) {
    const std::size_t brace = text.find('{');
    filled += text.substr(0, brace);
    if (brace == std::string_view::npos) {
      return filled;
    }
    const std::size_t end = text.find('}', brace);
    const std::string name(text.substr(brace + 1, end - brace - 1));
    const auto value = values.find(name);
    if (value == values.end()) {
      return Error{Errc::kBadUrl, "the parameter " + name + " is missing"};
    }
    filled += value->second;
    text.remove_prefix(end + 1);
  }
}

}  // namespace claimcheck
