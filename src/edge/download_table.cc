#include "edge/download_table.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "claimcheck/utf8.h"
#include "edge/duration.h"
#include "policy/name_template.h"
#include "policy/query.h"
#include "policy/resource.h"

namespace claimcheck {
namespace {

// For a first byte no visitor waits longer, and a token that is redeemed by it
// has to be remembered for as long (kept_after_expiry()).
constexpr std::chrono::milliseconds kMinTimeout{100};
constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::minutes(10);

// Reader reads the keys of one table, each once, and reports.
class Reader {
 public:
  Reader(const DownloadTable& table, const Report& report)
      : table_(table), report_(report) {}

  // text returns the single value of `key`, or nothing where it is absent or
  // wrong, which is reported.
  std::string text(std::string_view key) const {
    const auto found = table_.values.find(key);
    if (found == table_.values.end()) {
      return {};
    }
    const auto& values = found->second;
    const bool plain = values.size() == 1 && !values[0].empty() &&
                       is_utf8(values[0]) && !has_control(values[0]);
    if (!plain) {
      report_(key, "expected one text without control characters");
      return {};
    }
    return values[0];
  }

  // texts returns the values of `key`, none of them with a control character;
  // nothing where it is wrong, which is reported.
  std::vector<std::string> texts(std::string_view key) const {
    const std::vector<std::string>& values = table_.values.find(key)->second;
    if (std::any_of(values.begin(), values.end(), [](const auto& each) {
          return !is_utf8(each) || has_control(each);
        })) {
      report_(key, "expected texts without control characters");
      return {};
    }
    return values;
  }

  std::string absolute(std::string_view key) const {
    std::string path = text(key);
    if (!path.empty() && !path.starts_with('/')) {
      report_(key, "expected an absolute name, which begins with a slash");
    }
    return path;
  }

  bool has(std::string_view key) const {
    return table_.values.find(key) != table_.values.end();
  }

  const DownloadTable& table() const { return table_; }
  void report(std::string_view key, std::string_view why) const {
    report_(key, why);
  }

 private:
  const DownloadTable& table_;
  const Report& report_;
};

void read_path(const Reader& reader, Download& download) {
  download.path = reader.text("path");
  if (download.path.empty()) {
    reader.report("path", "is missing: the URL path, as in \"/downloads/\"");
    return;
  }
  Result<Target> target = parse_target(download.path);
  if (!target || target->path != download.path || !target->query.empty()) {
    reader.report("path",
                  "expected a URL path as it reads, not percent-encoded, "
                  "without dot segments or query, as in \"/downloads/\"");
  }
}

// The file is looked at once, for the admin: who may replace it may as well
// replace it later.
std::string why_not_run(const std::string& program) {
  struct stat status;
  const std::string uid = std::to_string(geteuid());
  if (stat(program.c_str(), &status) != 0) {
    return program + ": " + strerrordesc_np(errno) +
           ": expected a program and its arguments, each in quotes of its own, "
           "as in [\"/usr/local/bin/export\", \"--name\", \"{name}\"]";
  }
  if (!S_ISREG(status.st_mode) ||
      faccessat(AT_FDCWD, program.c_str(), X_OK, AT_EACCESS) != 0) {
    return program + ": expected a program that uid " + uid +
           " may execute: chmod 0755 it";
  }
  return (status.st_mode & S_IWOTH) != 0
             ? program +
                   ": others may write it, and what they write would run "
                   "as uid " +
                   uid + ": chmod o-w it"
             : "";
}

void read_command(const Reader& reader, Download& download) {
  download.command = reader.texts("command");
  const std::string program =
      download.command.empty() ? "" : download.command.front();
  if (!program.starts_with('/') || program.find('{') != std::string::npos) {
    reader.report("command",
                  "expected the name of a program, with a slash in it, which "
                  "no parameter changes, and its arguments");
  } else if (const std::string why = why_not_run(program); !why.empty()) {
    reader.report("command", why);
  }
}

void read_timeout(const Reader& reader, Download& download) {
  const auto timeout = parse_duration(reader.text("command_timeout"));
  if (!reader.has("command")) {
    reader.report("command_timeout", "means nothing without command");
  } else if (!timeout || *timeout < kMinTimeout || *timeout > kMaxTimeout) {
    reader.report("command_timeout",
                  "expected a duration from \"100ms\" to \"10m\"");
  } else {
    download.command_timeout = *timeout;
  }
}

void read_source(const Reader& reader, Download& download) {
  download.root = reader.absolute("root");
  download.file = reader.absolute("file");
  if (reader.has("command")) {
    read_command(reader, download);
  }
  if (reader.has("command_timeout")) {
    read_timeout(reader, download);
  }
  if (reader.has("root") + reader.has("file") + reader.has("command") != 1) {
    reader.report("root",
                  "expected one of root (a folder), file and command (a "
                  "program)");
  } else if (reader.has("root") && !download.is_tree()) {
    reader.report("root",
                  "path has to end in a slash to be a tree; for a single file "
                  "set file");
  } else if (!reader.has("root") && download.is_tree()) {
    reader.report(reader.has("file") ? "file" : "command",
                  "path ends in a slash and is a tree: set root");
  }
}

void read_params(const Reader& reader, Download& download) {
  for (const auto& [name, expression] : reader.table().params) {
    const std::string key = "params." + name;
    if (!is_param_name(name) || name == "token") {
      reader.report(key,
                    "expected a name of letters, digits, _ and -, other "
                    "than token");
    }
    Result<Pattern> pattern = Pattern::compile(expression);
    if (pattern) {
      download.params.emplace(name, *std::move(pattern));
    } else {
      reader.report(key, pattern.error().detail);
    }
  }
}

void check_template(const Reader& reader, std::string_view key,
                    std::string_view text, const Download& download) {
  Result<std::vector<std::string>> names = template_variables(text);
  if (!names) {
    reader.report(key, names.error().detail);
    return;
  }
  for (const std::string& name : *names) {
    if (!download.params.contains(name)) {
      reader.report(key, "{" + name + "} is not declared in params");
    }
  }
}

void read_names(const Reader& reader, Download& download) {
  check_template(reader, "file", download.file, download);
  for (const std::string& argument : download.command) {
    check_template(reader, "command", argument, download);
  }
  download.filename = reader.text("filename");
  check_template(reader, "filename", download.filename, download);
  if (download.filename.find_first_of("/\\") != std::string::npos) {
    reader.report("filename", "expected a name without slashes");
  }
  if (!reader.has("type")) {
    return;
  }
  download.type = reader.text("type");
  const bool ascii = std::all_of(download.type.begin(), download.type.end(),
                                 [](char c) { return c > 0; });
  if (!ascii || download.type.find('/') == std::string::npos) {
    reader.report("type", "expected a media type, as in \"text/csv\"");
  }
}

void read_audience(const Reader& reader, Download& download) {
  const auto users = reader.table().values.find("users");
  if (users != reader.table().values.end()) {
    download.users = users->second;
    // A token without sub has an empty user: the name would let everybody in.
    if (std::find(users->second.begin(), users->second.end(), "") !=
        users->second.end()) {
      reader.report("users", "expected names, none of them empty");
    }
  }
  if (!reader.has("bind")) {
    return;
  }
  if (const auto bind = meaning_of(kBindWords, reader.text("bind")); bind) {
    download.bind = *bind;
  } else {
    reader.report("bind", "expected \"auto\" or \"required\"");
  }
}

// What is handed over is opened again by its name: who may write to the folder
// could put a link there in between.
void check_folder(const Reader& reader, const Download& download) {
  const std::string folder = folder_of(download);
  struct stat status;
  if (stat(folder.c_str(), &status) != 0) {
    return;
  }
  const bool is_others = status.st_uid != 0 && status.st_uid != geteuid();
  if (is_others || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    reader.report("deliver",
                  "others may write to " + folder +
                      ", and the web server would follow a link that they put "
                      "there: chown it to root, chmod go-w it, or set deliver "
                      "= \"stream\"");
  }
}

void read_internal(const Reader& reader, Download& download) {
  if (reader.has("internal")) {
    download.internal = reader.text("internal");
  }
  if (download.deliver != Deliver::kXAccelRedirect) {
    if (reader.has("internal")) {
      reader.report("internal",
                    "means nothing without deliver = \"x-accel-redirect\"");
    }
    return;
  }
  const Result<Target> target = parse_target(download.internal);
  if (!download.internal.ends_with('/') || !target ||
      target->path != download.internal) {
    reader.report("internal",
                  "expected the path of nginx's internal location, as in "
                  "\"/protected/\", whose alias is the folder of root or "
                  "file");
  }
}

void read_delivery(const Reader& reader, Download& download) {
  const auto deliver = meaning_of(
      kDeliverWords, reader.has("deliver") ? reader.text("deliver") : "stream");
  if (!deliver) {
    reader.report("deliver",
                  "expected \"stream\", \"x-sendfile\" (Apache), "
                  "\"x-lighttpd-send-file\" or \"x-accel-redirect\" (nginx)");
    return;
  }
  download.deliver = *deliver;
  read_internal(reader, download);
  if (download.deliver == Deliver::kStream) {
    return;
  }
  if (reader.has("command")) {
    reader.report("deliver",
                  "what a command writes is streamed: the web server has no "
                  "file of it");
  } else {
    check_folder(reader, download);
  }
}

constexpr std::array<std::string_view, 11> kKeys = {
    "path", "root",  "file", "command", "command_timeout", "filename",
    "type", "users", "bind", "deliver", "internal"};

void refuse_unknown(const Reader& reader) {
  std::string known = "params";
  for (const std::string_view key : kKeys) {
    known += ", " + std::string(key);
  }
  for (const auto& [key, values] : reader.table().values) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      reader.report(key, "is not a key of [[download]]: these are " + known);
    }
  }
}

}  // namespace

std::string folder_of(const Download& download) {
  std::string folder = download.root;
  if (!download.is_tree()) {
    const std::size_t end = download.file.rfind('/', download.file.find('{'));
    folder = end == std::string::npos ? "" : download.file.substr(0, end);
  }
  folder.erase(folder.find_last_not_of('/') + 1);
  return folder.empty() ? "/" : folder;
}

std::span<const std::string_view> download_keys() { return kKeys; }

Download read_download(const DownloadTable& table, const Report& report) {
  const Reader reader(table, report);
  Download download;
  refuse_unknown(reader);
  read_path(reader, download);
  read_source(reader, download);
  read_params(reader, download);
  read_names(reader, download);
  read_audience(reader, download);
  read_delivery(reader, download);
  return download;
}

}  // namespace claimcheck
