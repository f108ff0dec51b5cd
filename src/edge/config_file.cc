#include "edge/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cerrno>
#include <optional>
#include <sstream>
#include <vector>

#include "claimcheck/ascii.h"
#include "edge/config_draft.h"
#include "edge/download_table.h"
#include "edge/file.h"
#include "edge/relative_name.h"
#include "edge/setting.h"

namespace claimcheck {
namespace {

constexpr std::string_view kPrefix = "CLAIMCHECK_";
constexpr std::size_t kMaxConfigFile = 1 << 20;

std::optional<std::string> read_whole(const std::string& file, Draft& draft) {
  const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (!fd.is_open() || fstat(fd.get(), &status) != 0) {
    const bool is_denied = errno == EACCES;
    draft.add_mistake(
        system_error(file), "",
        is_denied ? "let them read it: chgrp it to their group and chmod 0640 "
                    "it, or chmod 0644 it where no password is in it"
                  : "name it with --config or CLAIMCHECK_CONFIG");
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode) ||
      (status.st_uid != 0 && status.st_uid != geteuid()) ||
      (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    draft.add_mistake(
        file, "",
        "expected a file of root's or of uid " + std::to_string(geteuid()) +
            " that nobody else may write: chown and chmod 0644 it");
    return std::nullopt;
  }
  draft.is_readable_by_others = (status.st_mode & S_IROTH) != 0;
  const std::optional<std::string> text =
      read_text(fd.get(), status, kMaxConfigFile);
  if (!text) {
    draft.add_mistake(file, "", "expected a text of at most 1 MiB");
  }
  return text;
}

std::string place(const std::string& file, const toml::source_region& region) {
  return file + ':' + std::to_string(region.begin.line);
}

// A text, or a list of texts.
std::optional<std::vector<std::string>> texts(const toml::node& node) {
  if (const auto text = node.value<std::string>(); node.is_string()) {
    return std::vector{*text};
  }
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (const toml::node& each : *array) {
    if (!each.is_string()) {
      return std::nullopt;
    }
    values.push_back(*each.value<std::string>());
  }
  return values;
}

std::optional<std::vector<std::string>> values_of(std::string_view key,
                                                  const toml::node& node) {
  const Setting* setting = find_setting(key);
  if (setting == nullptr || !setting->is_number) {
    return texts(node);
  }
  const auto number = node.value_exact<std::int64_t>();
  return number ? std::optional(std::vector{std::to_string(*number)})
                : std::nullopt;
}

void read_param_table(const toml::node& node, DownloadTable& table,
                      const Report& report) {
  const toml::table* params = node.as_table();
  if (params == nullptr) {
    report("params", "expected { name = \"pattern\" }");
    return;
  }
  for (const auto& [name, pattern] : *params) {
    if (!pattern.is_string()) {
      report("params", "expected { name = \"pattern\" }");
      continue;
    }
    table.params[std::string(name.str())] = *pattern.value<std::string>();
  }
}

Download read_download_node(const std::string& file, const toml::table& node,
                            Draft& draft) {
  const auto report_at = [&](std::string_view key, std::string_view why) {
    const toml::node* value = node.get(key.substr(0, key.find('.')));
    draft.add_mistake(place(file, (value ? value : &node)->source()), key, why);
  };
  DownloadTable table;
  for (const auto& [key, value] : node) {
    if (key == "params") {
      read_param_table(value, table, report_at);
    } else if (auto values = texts(value)) {
      table.values[std::string(key.str())] = *std::move(values);
    } else {
      report_at(key.str(), "expected a text in quotes");
    }
  }
  resolve_download(folder_above(file), table);
  return read_download(table, report_at);
}

void read_setting(const std::string& where, std::string_view name,
                  const std::optional<std::vector<std::string>>& values,
                  Draft& draft) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    draft.add_mistake(where, name, "is not a known key");
    return;
  }
  draft.places[std::string(name)] = where;
  if (!values || !setting->set(draft.config, *values)) {
    draft.add_mistake(where, name,
                      "expected " + std::string(setting->expected));
  }
}

void read_flat(const std::string& file, std::string_view key,
               const toml::node& node, Draft& draft) {
  const auto written = values_of(key, node);
  auto values = written;
  const Setting* setting = find_setting(key);
  if (values && setting != nullptr) {
    values = resolve_setting(folder_above(file), *setting, *written);
  }
  read_setting(place(file, node.source()), key, values, draft);
  if (key == "state") {
    draft.config.state_is_made = values != written;
  }
}

void read_downloads(const std::string& file, const toml::node& node,
                    Draft& draft) {
  const toml::array* tables = node.as_array();
  if (tables == nullptr || !tables->is_homogeneous<toml::table>()) {
    draft.add_mistake(place(file, node.source()), "download",
                      "expected [[download]], in two brackets");
    return;
  }
  for (const toml::node& each : *tables) {
    draft.config.downloads.push_back(
        read_download_node(file, *each.as_table(), draft));
    DownloadPlaces places{place(file, each.source()), {}};
    for (const auto& [key, value] : *each.as_table()) {
      places.keys[std::string(key.str())] = place(file, value.source());
    }
    draft.download_places.push_back(std::move(places));
  }
}

// False: the file cannot be read or is no TOML, and nothing is known of what it
// wants.
bool read_file(const std::string& file, Draft& draft) {
  const std::optional<std::string> text = read_whole(file, draft);
  if (!text) {
    return false;
  }
  const toml::parse_result parsed = toml::parse(*text);
  if (!parsed) {
    draft.add_mistake(place(file, parsed.error().source()), "",
                      parsed.error().description());
    return false;
  }
  for (const auto& [key, value] : parsed.table()) {
    if (key == "download") {
      read_downloads(file, value, draft);
    } else {
      read_flat(file, key.str(), value, draft);
    }
  }
  return true;
}

// ---- the environment

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> list;
  for (std::string word; stream >> word;) {
    list.push_back(word);
  }
  return list;
}

void read_environment(const Environment& environment, Draft& draft) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix) || name == "CLAIMCHECK_CONFIG" ||
        name == "CLAIMCHECK_ROOT" || name == "CLAIMCHECK_PATH") {
      continue;
    }
    const std::string key = lower_case(name.substr(kPrefix.size()));
    const auto values = key == "origins" ? words(value) : std::vector{value};
    read_setting("environment: " + name, key, values, draft);
  }
  draft.config.jwt_secret = variable(environment, "JWT_SECRET");
}

void read_root(const Environment& environment, Draft& draft) {
  const std::string root = variable(environment, "CLAIMCHECK_ROOT");
  const std::string path = variable(environment, "CLAIMCHECK_PATH");
  if (root.empty()) {
    if (!path.empty()) {
      draft.add_mistake("environment", "CLAIMCHECK_PATH",
                        "means nothing without CLAIMCHECK_ROOT");
    }
    return;
  }
  DownloadTable table;
  table.values["root"] = {root};
  table.values["path"] = {path.empty() ? "/downloads/" : path};
  const auto report = [&](std::string_view key, std::string_view why) {
    draft.add_mistake("environment",
                      key == "root" ? "CLAIMCHECK_ROOT" : "CLAIMCHECK_PATH",
                      why);
  };
  draft.config.downloads.push_back(read_download(table, report));
  draft.download_places.push_back(
      {"environment: CLAIMCHECK_ROOT",
       {{"root", "environment: CLAIMCHECK_ROOT"},
        {"path", path.empty() ? "default" : "environment: CLAIMCHECK_PATH"}}});
}

// ---- the whole

void set_default_state(const std::string& file, const Environment& environment,
                       Draft& draft) {
  Config& config = draft.config;
  if (config.state_is_named) {
    return;
  }
  // systemd's StateDirectory= may name several, separated by colons.
  const std::string given = variable(environment, "STATE_DIRECTORY");
  if (!given.empty()) {
    config.state = {given.substr(0, given.find(':'))};
    config.state_is_named = true;
    config.state_is_made = false;
    draft.places["state"] = "environment: STATE_DIRECTORY";
    return;
  }
  config.state = {"/var/lib/claimcheck"};
  if (!file.empty()) {
    config.state.push_back(absolute_name(folder_above(file), "state"));
  }
}

}  // namespace

Draft load_draft(const ConfigSources& sources) {
  Draft draft;
  draft.file = find_config_file(sources);
  const std::string& file = draft.file.name;
  draft.config.found_file =
      draft.file.by == ConfigFile::By::kExecutable ? file : "";
  draft.is_read = file.empty() || read_file(file, draft);
  read_environment(sources.environment, draft);
  read_root(sources.environment, draft);
  set_default_state(file, sources.environment, draft);
  if (draft.is_read) {
    check_whole(file.empty() ? "environment" : file, draft);
  }
  return draft;
}

Result<Config> load_config(const ConfigSources& sources) {
  Draft draft = load_draft(sources);
  if (!draft.mistakes.empty()) {
    return Error{Errc::kConfig, draft.mistakes};
  }
  return std::move(draft.config);
}

}  // namespace claimcheck
