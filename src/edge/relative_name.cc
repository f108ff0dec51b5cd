#include "edge/relative_name.h"

#include <algorithm>
#include <filesystem>

namespace claimcheck {

std::string folder_above(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::absolute(file, ignored).parent_path();
}

std::string absolute_name(const std::string& folder, const std::string& name) {
  if (name.empty() || name.starts_with('/')) {
    return name;
  }
  return (std::filesystem::path(folder) / name).lexically_normal();
}

Values resolve_setting(const std::string& folder, const Setting& setting,
                       Values values) {
  for (std::string& value : values) {
    if (setting.is_relative != nullptr && setting.is_relative(value)) {
      value = absolute_name(folder, value);
    }
  }
  return values;
}

void resolve_download(const std::string& folder, DownloadTable& table) {
  for (const char* key : {"root", "file", "command"}) {
    const auto found = table.values.find(key);
    if (found == table.values.end() || found->second.empty()) {
      continue;
    }
    std::string& name = found->second.front();
    if (key != std::string_view("command") ||
        name.find('/') != std::string::npos) {
      name = absolute_name(folder, name);
    }
  }
}

}  // namespace claimcheck
