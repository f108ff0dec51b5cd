// doctor looks at a deployed site from outside, and says as it goes what it
// looked at.
#include "doctor/doctor.h"

#include <getopt.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/verb.h"
#include "doctor/advice.h"
#include "doctor/curl.h"
#include "edge/random.h"

namespace claimcheck::cli {
namespace {

using doctor::Kind;
using doctor::Observation;
using doctor::Site;

// What a server says has been escaped; nothing else of it reaches the terminal.
void print(std::string_view margin, std::string line) {
  std::replace_if(
      line.begin(), line.end(),
      [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  std::printf("%-10s%s\n", std::string(margin).c_str(), line.c_str());
}

void print_finding(const Observation& seen) {
  const doctor::Advice& advice = doctor::advice_for(seen.code);
  print("FOUND", std::string(seen.code) + ": " + seen.what);
  print("", std::string(advice.why));
  for (const std::string& remedy : doctor::remedies_of(advice, seen.server)) {
    print("", "-> " + remedy);
  }
}

void print_seen(const Observation& seen) {
  switch (seen.kind) {
    case Kind::kOk:
      print("ok", seen.what);
      break;
    case Kind::kFound:
      print_finding(seen);
      break;
    case Kind::kNotSeen:
      print("not seen", seen.what);
      break;
    case Kind::kNote:
      print("note", seen.what);
      break;
  }
  std::fflush(stdout);
}

// One line: a password in an argument could be read by everybody.
std::string read_line() {
  constexpr std::size_t kMost = 1024;
  std::string line;
  for (int c;
       (c = std::getchar()) != EOF && c != '\n' && line.size() < kMost;) {
    line.push_back(static_cast<char>(c));
  }
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

int examine(const Site& site) {
  const char* path = std::getenv("PATH");
  const auto program = doctor::find_curl(path != nullptr ? path : "");
  if (!program) {
    return complain(
        "doctor asks by the program curl, and there is none in PATH: install "
        "it (Debian: curl), or open /claimcheck/doctor.html of the site in a "
        "browser, which asks the same questions",
        kUsage);
  }
  // curl may end before it has read what it is told.
  std::signal(SIGPIPE, SIG_IGN);
  doctor::Curl curl(*program);
  std::size_t findings = 0;
  std::size_t unseen = 0;
  doctor::examine(curl, site, [&](const Observation& seen) {
    findings += seen.kind == Kind::kFound ? 1 : 0;
    unseen += seen.kind == Kind::kNotSeen ? 1 : 0;
    print_seen(seen);
  });
  std::string count = findings == 0   ? "no findings"
                      : findings == 1 ? "1 finding"
                                      : std::to_string(findings) + " findings";
  count += unseen == 0 ? "" : "; not seen: " + std::to_string(unseen);
  std::puts(count.c_str());
  return findings == 0 ? kOk : kRefused;
}

int examine_url(const char* url, const Site& options) {
  Result<Site> site = doctor::parse_site(url);
  if (!site) {
    return complain(site.error().detail.c_str(), kUsage);
  }
  site->get_token = options.get_token;
  site->login = options.login;
  site->logs = options.logs;
  site->seed = random_bytes<16>();
  return examine(*site);
}

}  // namespace

int doctor(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"user", required_argument, nullptr, 'u'},
      {"get-token", required_argument, nullptr, 'g'},
      {"log", required_argument, nullptr, 'l'},
      {}};
  Site options;
  bool is_login_wanted = false;
  for (int flag;
       (flag = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    const std::string value = optarg != nullptr ? optarg : "";
    if (flag == 'u') {
      is_login_wanted = true;
      options.login = value == "-" ? read_line() : value;
    } else if (flag == 'g' && value.starts_with('/')) {
      options.get_token = value;
    } else if (flag == 'l') {
      options.logs.push_back(value);
    } else {
      return usage("doctor");
    }
  }
  const bool has_login = options.login.find(':') != std::string::npos;
  return optind + 1 == argc && (!is_login_wanted || has_login)
             ? examine_url(argv[optind], options)
             : usage("doctor");
}

}  // namespace claimcheck::cli
