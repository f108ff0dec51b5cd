// check prints the configuration that counts, and what is wrong with it and
// with the host. It is run as the user that the programs run as; root, who may
// do nearly everything, becomes that user if the files tell who he is.
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>

#include "cli/verb.h"
#include "edge/config_file.h"
#include "edge/config_report.h"
#include "edge/preflight.h"
#include "edge/program_user.h"
#include "edge/state_directory.h"
#include "edge/system_world.h"

namespace claimcheck::cli {
namespace {

// Names of files and keys may have been chosen to look like something else.
void print(std::string line) {
  std::replace_if(
      line.begin(), line.end(),
      [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  std::puts(line.c_str());
}

void note(const std::string& text) { print("note: " + text); }

void print_user(const ConfigSources& sources) {
  const bool is_root = geteuid() == 0;
  const Owned owned = is_root ? program_user(sources) : Owned{};
  const bool became = become(owned);
  print("as " + user_name(geteuid()) +
        (became ? ", to whom " + owned.path + " belongs" : ""));
}

void print_user_notes(const Draft& draft) {
  const std::string state = first_there(draft.config.state);
  struct stat status;
  const bool is_there = !state.empty() && stat(state.c_str(), &status) == 0;
  if (geteuid() == 0) {
    note("root may do nearly everything" +
         (is_there && status.st_uid == 0 ? ", and owns " + state : "") +
         ": if the programs run as another user, run "
         "`sudo -u USER claimcheck check`");
  } else if (is_there && status.st_uid != geteuid()) {
    note(state + " belongs to " + user_name(status.st_uid) +
         ": if the programs run as that user, run this as that user, too "
         "(sudo -u)");
  }
}

int count(std::size_t findings) {
  if (findings == 0) {
    print(geteuid() == 0 ? "no findings, for root" : "no findings");
    return kOk;
  }
  print(std::to_string(findings) + (findings == 1 ? " finding" : " findings"));
  return kRefused;
}

int print_mistakes(const Draft& draft) {
  note("get-token and download answer 500 until this is mended");
  std::istringstream lines(draft.mistakes);
  std::size_t findings = 0;
  for (std::string line; std::getline(lines, line); ++findings) {
    print(line);
  }
  const int status = count(findings);
  const bool is_there = draft.is_read && (!draft.file.name.empty() ||
                                          !draft.config.downloads.empty());
  return is_there ? status : kUsage;
}

int check_site(const Draft& draft, const std::string& docroot) {
  const Site site{draft, docroot, system_now()};
  for (const std::string& line : report_config(draft)) {
    print(line);
  }
  print("");
  print_user_notes(draft);
  for (const std::string& text : preflight_notes(site)) {
    note(text);
  }
  const Findings findings = preflight(site);
  for (const Finding& finding : findings) {
    print(text_of(finding));
  }
  return count(findings.size());
}

int check_all(const ConfigSources& sources, const std::string& docroot) {
  print_user(sources);
  const Draft draft = load_draft(sources);
  print("configuration: " + describe_file(draft.file, sources.executable));
  print("");
  return draft.mistakes.empty() ? check_site(draft, docroot)
                                : print_mistakes(draft);
}

bool is_folder(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

int check(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"config", required_argument, nullptr, 'c'},
      {"docroot", required_argument, nullptr, 'd'},
      {}};
  std::string file;
  std::string docroot;
  for (int flag;
       (flag = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (flag == 'c') {
      file = optarg;
    } else if (flag == 'd' && is_folder(optarg)) {
      docroot = optarg;
    } else {
      return usage("check");
    }
  }
  return optind == argc ? check_all(process_sources(file), docroot)
                        : usage("check");
}

}  // namespace claimcheck::cli
