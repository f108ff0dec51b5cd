#include "edge/config_report.h"

#include <algorithm>

#include "claimcheck/json.h"
#include "edge/download_shown.h"
#include "edge/setting.h"

namespace claimcheck {
namespace {

constexpr std::size_t kColumn = 48;

// Places stand beneath one another where the values leave room.
std::string line_of(std::string text, const std::string& place) {
  text.resize(std::max(text.size(), kColumn), ' ');
  return text + "  # " + place;
}

// What JSON escapes, and how, TOML understands too.
std::string quoted(const Values& values) {
  std::string text;
  for (const std::string& value : values) {
    text += (text.empty() ? "" : ", ") + json_quote(value);
  }
  return values.size() == 1 ? text : '[' + text + ']';
}

// What counts in the place of a setting that is not set.
std::string in_place_of(std::string_view name, const Config& config) {
  if (name == "keys") {
    return config.jwt_secret.empty() ? ": a secret makes itself"
                                     : ": JWT_SECRET counts";
  }
  if (name == "state") {
    return ": the first that is there of " + quoted(config.state);
  }
  return name == "threads" ? ": one for each core" : "";
}

std::string setting_line(const Setting& setting, const Draft& draft) {
  const std::string name(setting.name);
  const Values values = setting.show(draft.config);
  if (values.empty()) {
    return "# " + name + " is not set" + in_place_of(name, draft.config);
  }
  const std::string value = setting.is_number ? values.front() : quoted(values);
  return line_of(name + " = " + value, draft.place_of(name));
}

std::string params_text(const DownloadTable& table) {
  std::string text;
  for (const auto& [name, pattern] : table.params) {
    text += (text.empty() ? "" : ", ") + name + " = " + json_quote(pattern);
  }
  return "params = { " + text + " }";
}

void add_download(std::vector<std::string>& lines, const Download& download,
                  const DownloadPlaces& places) {
  const DownloadTable table = shown_download(download);
  const auto place_of = [&](std::string_view key) {
    const auto found = places.keys.find(key);
    return found == places.keys.end() ? "default" : found->second;
  };
  lines.push_back("");
  lines.push_back(line_of("[[download]]", places.table));
  for (const std::string_view key : download_keys()) {
    const auto value = table.values.find(key);
    if (value != table.values.end()) {
      lines.push_back(line_of(std::string(key) + " = " + quoted(value->second),
                              place_of(key)));
    }
  }
  if (!table.params.empty()) {
    lines.push_back(line_of(params_text(table), place_of("params")));
  }
}

}  // namespace

std::vector<std::string> report_config(const Draft& draft) {
  std::vector<std::string> lines;
  for (const Setting& setting : settings()) {
    lines.push_back(setting_line(setting, draft));
  }
  if (!draft.config.jwt_secret.empty()) {
    lines.push_back(line_of("# JWT_SECRET is set, and not shown",
                            "environment: JWT_SECRET"));
  }
  for (std::size_t i = 0; i < draft.config.downloads.size(); ++i) {
    add_download(lines, draft.config.downloads[i], draft.download_places[i]);
  }
  return lines;
}

std::string describe_file(const ConfigFile& file,
                          const std::string& executable) {
  using By = ConfigFile::By;
  switch (file.by) {
    case By::kFlag:
      return file.name + ", which --config names";
    case By::kVariable:
      return file.name + ", which CLAIMCHECK_CONFIG names";
    case By::kExecutable:
      return file.name + ", found above " + executable;
    case By::kSystem:
      return file.name + ", where it is looked for last";
    case By::kNothing:
      break;
  }
  return "no file: none is named by --config or CLAIMCHECK_CONFIG, there is no "
         "claimcheck/claimcheck.toml above " +
         executable + " and no " + kSystemConfigFile;
}

}  // namespace claimcheck
