#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "edge/download_table.h"
#include "edge/file.h"
#include "edge/preflight.h"
#include "edge/state_directory.h"

namespace claimcheck {
namespace {

namespace fs = std::filesystem;

const char* key_of(const Download& download) {
  return download.is_command() ? "command"
         : download.is_tree()  ? "root"
                               : "file";
}

std::string why_no_folder(const Download& download) {
  const std::string folder = folder_of(download);
  std::string why = what_denies(folder);
  if (why.empty() &&
      !Fd(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)).is_open()) {
    why = system_error("the folder " + folder) + ": mount it, or correct " +
          key_of(download);
  }
  return why;
}

// A file that no parameter names is the same for each request.
std::string why_no_file(const Download& download) {
  if (download.is_tree() || download.file.find('{') != std::string::npos) {
    return "";
  }
  const std::string name = fs::path(download.file).filename();
  const Result<OpenFile> file = open_beneath({folder_of(download), name});
  return file ? ""
              : file.error().detail + ": put it there, where uid " +
                    std::to_string(geteuid()) +
                    " can read it; until then the answer is 404";
}

// That it is there and may be executed is a matter of load_draft().
std::string why_not_run(const std::string& program) {
  std::string line;
  std::getline(std::ifstream(program), line);
  if (!line.starts_with("#!")) {
    return "";
  }
  const std::size_t begin = line.find_first_not_of(" \t", 2);
  const std::size_t end = line.find_first_of(" \t\r", begin);
  const std::string interpreter =
      begin == std::string::npos ? "" : line.substr(begin, end - begin);
  return faccessat(AT_FDCWD, interpreter.c_str(), X_OK, AT_EACCESS) == 0
             ? ""
             : system_error(program + ": its interpreter " + interpreter) +
                   ": install that, or correct the first line";
}

std::string why_not(const Download& download) {
  if (download.is_command()) {
    return why_not_run(download.command.front());
  }
  const std::string why = why_no_folder(download);
  return why.empty() ? why_no_file(download) : why;
}

// What nobody may download: the setting that names it, none for the
// configuration file itself.
struct PrivateFile {
  std::string key;
  std::string path;
};

std::vector<PrivateFile> private_files(const Site& site) {
  const Config& config = site.draft.config;
  std::vector<PrivateFile> files;
  const auto add = [&](const char* key, const std::string& path) {
    if (path.find('/') != std::string::npos) {
      files.push_back({key, path});
    }
  };
  if (const std::string& name = site.draft.file.name; !name.empty()) {
    add("", fs::absolute(name));
  }
  add("keys", config.keys);
  add("bearer_keys", config.bearer.keys);
  add("state", first_there(config.state));
  add("audit", config.audit);
  return files;
}

std::string name_of(const PrivateFile& file) {
  return file.key.empty() ? "the configuration " + file.path
                          : file.key + ", " + file.path;
}

std::string why_exposed(const std::string& what, const std::string& docroot) {
  return what + " lies in the document root " + docroot +
         ", from where the "
         "web server hands it out to anybody: move it out of there";
}

}  // namespace

std::string what_denies(const std::string& path) {
  fs::path way;
  for (const fs::path& name : fs::path(path)) {
    way /= name;
    struct stat status;
    if (faccessat(AT_FDCWD, way.c_str(), X_OK, AT_EACCESS) != 0 &&
        errno == EACCES && stat(way.c_str(), &status) == 0 &&
        S_ISDIR(status.st_mode)) {
      const std::string uid = std::to_string(geteuid());
      return "uid " + uid + " may not search the folder " + way.string() +
             ": run `chmod o+x " + way.string() + "`, or `setfacl -m u:" + uid +
             ":x " + way.string() + "`";
    }
  }
  return "";
}

Findings check_downloads(const Site& site) {
  const std::vector<Download>& downloads = site.draft.config.downloads;
  Findings findings;
  for (std::size_t i = 0; i < downloads.size(); ++i) {
    const char* const key = key_of(downloads[i]);
    if (std::string why = why_not(downloads[i]); !why.empty()) {
      findings.push_back(
          {site.draft.download_places[i].of(key), key, std::move(why)});
    }
  }
  return findings;
}

Findings check_overlaps(const Site& site) {
  const Config& config = site.draft.config;
  const std::vector<PrivateFile> files = private_files(site);
  const std::string state = first_there(config.state);
  Findings findings;
  for (std::size_t i = 0; i < config.downloads.size(); ++i) {
    const Download& download = config.downloads[i];
    const std::string folder = folder_of(download);
    const auto add = [&](std::string why) {
      findings.push_back({site.draft.download_places[i].of(key_of(download)),
                          key_of(download), std::move(why)});
    };
    for (const PrivateFile& file : files) {
      if (download.is_tree() && is_beneath(file.path, folder)) {
        add(folder + " holds " + name_of(file) +
            ", which could be downloaded: move one out of the other");
      }
    }
    if (!download.is_command() && !state.empty() && folder != state &&
        is_beneath(folder, state)) {
      add(folder + " lies in the state directory " + state +
          ", where used tokens come and go: move it out of there");
    }
  }
  return findings;
}

Findings check_docroot(const Site& site) {
  Findings findings;
  for (const PrivateFile& file : private_files(site)) {
    if (is_beneath(file.path, site.docroot)) {
      findings.push_back(
          {file.key.empty() ? file.path : site.draft.place_of(file.key),
           file.key,
           why_exposed(file.path, site.docroot) +
               (file.path == site.draft.config.found_file
                    ? "; until then every answer is 500"
                    : "")});
    }
  }
  const std::vector<Download>& downloads = site.draft.config.downloads;
  for (std::size_t i = 0; i < downloads.size(); ++i) {
    const Download& download = downloads[i];
    const std::string path =
        download.is_command() ? download.command.front() : folder_of(download);
    if (is_beneath(path, site.docroot)) {
      const char* const key = key_of(download);
      findings.push_back({site.draft.download_places[i].of(key), key,
                          why_exposed(path, site.docroot)});
    }
  }
  return findings;
}

}  // namespace claimcheck
