#include "edge/config_report.h"

#include <algorithm>
#include <set>

#include "edge/config_file.h"
#include "edge/download_table.h"
#include "edge/setting.h"
#include "redis_server.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kTree =
    "[[download]]\npath = \"/downloads/\"\nroot = \"/srv\"\n";

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + '\n';
  }
  return text;
}

struct Files : Sandbox {
  std::string reported(const ConfigSources& sources) const {
    return as_nobody([&] {
      const Draft draft = load_draft(sources);
      return draft.mistakes.empty() ? join(report_config(draft))
                                    : draft.mistakes;
    });
  }

  std::string file(const std::string& text) const {
    return reported({write("claimcheck.toml", text, 0644), "", {}});
  }
};

// A line of a report without its place.
std::string value_in(const std::string& report, const std::string& key) {
  const std::string begin = '\n' + key + " = ";
  const std::size_t found = ('\n' + report).find(begin);
  if (found == std::string::npos) {
    return "";
  }
  std::string value = report.substr(found + begin.size() - 1);
  value.resize(value.find('\n'));
  value.resize(value.find("  # "));
  value.resize(value.find_last_not_of(' ') + 1);
  return value;
}

std::string without_places(const std::string& report) {
  std::string text;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.find("  # "), line.size()));
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

// Of each setting, values that it takes, none of them its default, and all the
// words of those that have some.
const std::map<std::string, std::vector<std::string>> kSamples = {
    {"keys", {"\"/k\"", "\"/a \\\"key\\\" \\\\\""}},
    {"token_lifetime", {"\"500ms\"", "\"1s\""}},
    {"max_lifetime", {"\"1m\"", "\"61s\"", "\"2500ms\""}},
    {"leeway", {"\"0s\"", "\"999ms\""}},
    {"issuer", {"\"https://www.example.org\"", "\"größe\""}},
    {"audience", {"\"a\""}},
    {"access", {"\"anonymous\"", "\"bearer\""}},
    {"bearer_keys", {"\"/b\""}},
    {"bearer_issuer", {"\"i\""}},
    {"bearer_audience", {"\"a\""}},
    {"bearer_cookie", {"\"__Host-bearer\""}},
    {"xsrf", {"\"required\""}},
    {"xsrf_cookie", {"\"csrftoken\""}},
    {"xsrf_header", {"\"X-CSRFToken\""}},
    {"origins",
     {"\"https://a.example\"",
      "[\"https://a.example\", \"http://b.example:8080\"]"}},
    {"client", {"\"required\"", "\"off\""}},
    {"https", {"\"always\""}},
    {"client_fallback", {"\"address\""}},
    {"reuse", {"\"never\"", "\"window\""}},
    {"resume_window", {"\"24h\"", "\"90m\""}},
    {"repeat_agents", {"\"\"", "\"OPiOS|EdgiOS\""}},
    {"state", {"\"/s\""}},
    {"state_max", {"1", "1000000000"}},
    {"audit", {"\"syslog\"", "\"/var/log/a.log\""}},
    {"threads", {"1", "256"}},
    {"shutdown_grace", {"\"2m\""}},
    {"home", {"\"/start\"", "\"https://www.example.org/\""}},
};

// What has to stand beside it.
std::string companions(const std::string& key, const std::string& value) {
  if (value != "\"bearer\"" && !key.starts_with("bearer_")) {
    return "";
  }
  std::string text = key == "access" ? "" : "access = \"bearer\"\n";
  for (const char* other :
       {"bearer_keys", "bearer_issuer", "bearer_audience"}) {
    text += key == other ? "" : std::string(other) + " = \"/x\"\n";
  }
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(config_report, Files)

BOOST_AUTO_TEST_CASE(shows_every_setting_with_the_value_that_was_read) {
  const std::string defaults = file(kTree);
  for (const Setting& setting : settings()) {
    const std::string key(setting.name);
    const auto samples = kSamples.find(key);
    BOOST_REQUIRE_MESSAGE(samples != kSamples.end(), key << " has no sample");
    for (const std::string& value : samples->second) {
      const std::string said =
          file(key + " = " + value + '\n' + companions(key, value) + kTree);
      BOOST_CHECK_EQUAL(value_in(said, key), value);
      BOOST_CHECK_NE(value_in(defaults, key), value);
      BOOST_CHECK_MESSAGE(
          contains(said, "  # " + (*this / "claimcheck.toml:1\n")), said);
    }
  }
  BOOST_CHECK_EQUAL(kSamples.size(), settings().size());
}

BOOST_AUTO_TEST_CASE(is_a_file_that_says_the_same_again) {
  for (const auto& [key, values] : kSamples) {
    for (const std::string& value : values) {
      const std::string said =
          file(key + " = " + value + '\n' + companions(key, value) + kTree);
      BOOST_CHECK_EQUAL(without_places(file(said)), without_places(said));
    }
  }
}

BOOST_AUTO_TEST_CASE(shows_every_key_of_a_download_and_reads_it_again) {
  const std::string program = write("export", "#!/bin/sh\n", 0755);
  const std::string folder = this->folder("files", 0755);
  const std::string text =
      "[[download]]\npath = \"/a/\"\nroot = \"" + folder +
      "\"\nusers = [\"alice\", \"bob\"]\nbind = \"required\"\n"
      "deliver = \"x-accel-redirect\"\ninternal = \"/protected/\"\n"
      "[[download]]\npath = \"/b\"\nfile = \"/srv/{n}.csv\"\n"
      "filename = \"{n}.csv\"\ntype = \"text/csv\"\n"
      "params = { n = \"[a-z\\\"]{1,32}\", part-2 = \"[0-9]\" }\n"
      "[[download]]\npath = \"/c\"\ncommand = [\"" +
      program +
      "\", \"--name\", \"\"]\ncommand_timeout = \"2m\"\nusers = [\"eve\"]\n";
  const std::string said = file(text);
  for (const std::string_view key : download_keys()) {
    BOOST_CHECK_MESSAGE(contains(said, '\n' + std::string(key) + " = "),
                        key << " is not shown");
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("users = [\"eve")) {
      BOOST_CHECK_MESSAGE(contains(without_places(said), line + '\n'),
                          line << " is not in " << said);
    }
  }
  BOOST_CHECK_EQUAL(without_places(file(said)), without_places(said));
}

BOOST_AUTO_TEST_CASE(tells_where_each_value_comes_from) {
  const std::string said = reported(
      {write("claimcheck.toml",
             "\nreuse = \"never\"\nhome = \"/a\"\n" + std::string(kTree), 0644),
       "",
       {{"CLAIMCHECK_HOME", "/b"},
        {"CLAIMCHECK_ROOT", "/srv/more"},
        {"CLAIMCHECK_PATH", "/more/"},
        {"STATE_DIRECTORY", "/run/s:/run/t"}}});
  for (const std::string& line :
       {"reuse = \"never\"   # " + (*this / "claimcheck.toml:2"),
        std::string("home = \"/b\"   # environment: CLAIMCHECK_HOME"),
        std::string("leeway = \"1s\"   # default"),
        std::string("state = \"/run/s\"   # environment: STATE_DIRECTORY"),
        "[[download]]   # " + (*this / "claimcheck.toml:4"),
        "root = \"/srv\"   # " + (*this / "claimcheck.toml:6"),
        std::string("root = \"/srv/more\"   # environment: CLAIMCHECK_ROOT"),
        std::string("path = \"/more/\"   # environment: CLAIMCHECK_PATH"),
        std::string("# issuer is not set")}) {
    const std::size_t mark = line.find("   # ");
    std::string padded = line.substr(0, mark);
    if (mark != std::string::npos) {
      padded.resize(std::max<std::size_t>(padded.size(), 48), ' ');
      padded += line.substr(mark + 1);
    }
    BOOST_CHECK_MESSAGE(contains(said, padded + '\n'), line << "\n" << said);
  }
}

BOOST_AUTO_TEST_CASE(says_what_counts_where_keys_and_state_are_not_set) {
  const std::string said = file(kTree);
  BOOST_CHECK(contains(said, "# keys is not set: a secret makes itself"));
  BOOST_CHECK(contains(said,
                       "# state is not set: the first that is there of "
                       "[\"/var/lib/claimcheck\", \"" +
                           (*this / "state") + "\"]"));
  const std::string secret = "a secret of more than thirty-two bytes";
  const std::string with_secret =
      reported({"", "", {{"CLAIMCHECK_ROOT", "/srv"}, {"JWT_SECRET", secret}}});
  BOOST_CHECK(contains(with_secret, "# keys is not set: JWT_SECRET counts"));
  BOOST_CHECK(contains(with_secret, "# JWT_SECRET is set, and not shown"));
  BOOST_CHECK(!contains(with_secret, secret));
}

BOOST_FIXTURE_TEST_CASE(shows_no_password, Files,
                        *boost::unit_test::precondition(HasHiredis())) {
  for (const auto& [url, shown] :
       {std::pair("redis://:hunter2@10.0.0.5", "redis://:***@10.0.0.5"),
        {"redis://a%3Ab:hunter2@[::1]:1/2", "redis://a%3Ab:***@[::1]:1/2"},
        {"unix://u:hunter2@/run/r@s?db=1", "unix://u:***@/run/r@s?db=1"},
        {"redis://10.0.0.5", "redis://10.0.0.5"}}) {
    const std::string said =
        reported({"",
                  "",
                  {{"CLAIMCHECK_ROOT", "/srv"},
                   {"CLAIMCHECK_STATE", url},
                   {"CLAIMCHECK_KEYS", "redis:claimcheck:keys"}}});
    BOOST_CHECK_EQUAL(value_in(said, "state"), '"' + std::string(shown) + '"');
    BOOST_CHECK_EQUAL(value_in(said, "keys"), "\"redis:claimcheck:keys\"");
    BOOST_CHECK(!contains(said, "hunter2"));
  }
}

BOOST_AUTO_TEST_CASE(tells_why_this_file_was_read) {
  const auto told = [](const ConfigSources& sources) {
    return describe_file(find_config_file(sources), sources.executable);
  };
  BOOST_CHECK_EQUAL(told({"/a.toml", "", {{"CLAIMCHECK_CONFIG", "/b"}}}),
                    "/a.toml, which --config names");
  BOOST_CHECK_EQUAL(told({"", "", {{"CLAIMCHECK_CONFIG", "/b.toml"}}}),
                    "/b.toml, which CLAIMCHECK_CONFIG names");
  folder("claimcheck");
  const std::string found = write("claimcheck/claimcheck.toml", "");
  BOOST_CHECK_EQUAL(
      told({"", *this / "htdocs/cgi/claimcheck", {}}),
      found + ", found above " + (*this / "htdocs/cgi/claimcheck"));
  if (access(kSystemConfigFile, F_OK) != 0) {
    BOOST_CHECK(
        told({"", "/usr/bin/claimcheck", {}}).starts_with("no file: none is"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
