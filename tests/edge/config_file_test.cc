#include "edge/config_file.h"

#include "edge/duration.h"
#include "edge/setting.h"
#include "redis_server.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kTree =
    "[[download]]\npath = \"/downloads/\"\nroot = \"/srv\"\n";

// Files belong to nobody, and so does the process that reads them.
struct Files : Sandbox {
  std::string loaded(const ConfigSources& sources) const {
    return as_nobody([&] {
      const auto config = load_config(sources);
      return config ? describe(*config) : detail_of(config);
    });
  }

  // file returns what a configuration of this text comes to.
  std::string file(const std::string& text) const {
    return loaded({write("claimcheck.toml", text, 0644), "", {}});
  }

  std::string environment(Environment variables) const {
    return loaded({"", "", std::move(variables)});
  }

  static std::string describe(const Config& c) {
    std::string text = "ok";
    text += " lifetime " + std::to_string(c.token_lifetime.count());
    text += " access " + std::to_string(static_cast<int>(c.access));
    text += " reuse " + std::to_string(static_cast<int>(c.reuse));
    text += " home " + c.home + " audit " + c.audit;
    if (!c.bearer.keys.empty()) {
      text += " bearer " + c.bearer.keys + ' ' + c.bearer.issuer + ' ' +
              c.bearer.audience + ' ' + c.bearer.cookie;
    }
    if (c.threads != 0) {
      text += " threads " + std::to_string(c.threads);
    }
    if (c.shutdown_grace != std::chrono::seconds(30)) {
      text += " grace " + std::to_string(c.shutdown_grace.count());
    }
    for (const std::string& state : c.state) {
      text += " state " + state;
    }
    for (const std::string& origin : c.origins) {
      text += " origin " + origin;
    }
    for (const Download& d : c.downloads) {
      text += " download " + d.path + ' ' + d.root + d.file;
      text += d.is_command() ? " " : "";
      for (const std::string& argument : d.command) {
        text += '<' + argument + '>';
      }
      text +=
          d.is_command() ? ' ' + std::to_string(d.command_timeout.count()) : "";
    }
    return text;
  }
};

std::string reuse_of(const Result<Config>& config) {
  if (!config) {
    return config.error().detail;
  }
  std::string text = std::to_string(config->resume_window.count()) + ' ' +
                     std::to_string(config->state_max) + ' ' +
                     std::to_string(static_cast<int>(config->client_fallback));
  for (const std::string& agent : config->repeat_agents) {
    text += ' ' + agent;
  }
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(config_file, Files)

BOOST_AUTO_TEST_CASE(has_the_defaults_of_the_contract) {
  const std::string said = file(kTree);
  BOOST_CHECK_MESSAGE(
      said.starts_with("ok lifetime 2000 access 0 reuse 0 home / audit stderr"),
      said);
}

BOOST_AUTO_TEST_CASE(reads_every_flat_key) {
  const std::string said = file(
      "keys = \"/k\"\ntoken_lifetime = \"500ms\"\nmax_lifetime = \"1m\"\n"
      "leeway = \"0s\"\nissuer = \"i\"\naudience = \"a\"\n"
      "access = \"anonymous\"\nxsrf = \"required\"\nxsrf_cookie = \"c\"\n"
      "xsrf_header = \"X-C\"\norigins = [\"https://a.example\"]\n"
      "client = \"off\"\nhttps = \"always\"\nreuse = \"window\"\n"
      "state = \"/s\"\naudit = \"syslog\"\nhome = \"/start\"\n" +
      std::string(kTree));
  BOOST_CHECK_EQUAL(said,
                    "ok lifetime 500 access 1 reuse 2 home /start audit syslog "
                    "state /s origin https://a.example download /downloads/ "
                    "/srv");
}

constexpr const char* kBearer =
    "access = \"bearer\"\nbearer_keys = \"/b\"\nbearer_issuer = \"i\"\n"
    "bearer_audience = \"a\"\n";

BOOST_AUTO_TEST_CASE(takes_a_bearer_that_is_pinned_whole) {
  const std::string text = std::string(kBearer) + "bearer_cookie = \"c\"\n";
  BOOST_CHECK(contains(file(kBearer + std::string(kTree)),
                       " access 2 reuse 0 home / audit stderr bearer /b i a "));
  BOOST_CHECK(contains(file(text + kTree), " bearer /b i a c"));
  BOOST_CHECK(contains(environment({{"CLAIMCHECK_ROOT", "/srv"},
                                    {"CLAIMCHECK_ACCESS", "bearer"},
                                    {"CLAIMCHECK_BEARER_KEYS", "/b"},
                                    {"CLAIMCHECK_BEARER_ISSUER", "i"},
                                    {"CLAIMCHECK_BEARER_AUDIENCE", "a"}}),
                       " bearer /b i a "));
}

BOOST_AUTO_TEST_CASE(refuses_a_bearer_of_which_something_is_missing) {
  for (const char* key : {"bearer_keys", "bearer_issuer", "bearer_audience"}) {
    std::string text = kBearer;
    const std::size_t line = text.find(key);
    text.erase(line, text.find('\n', line) + 1 - line);
    BOOST_CHECK_EQUAL(file(text + kTree),
                      *this / "claimcheck.toml:1: " + key +
                          ": is missing, and access = \"bearer\" needs it");
  }
  const std::string said =
      file("access = \"bearer\"\nbearer_issuer = \"\"\n" + std::string(kTree));
  BOOST_CHECK(contains(said, ":2: bearer_issuer: expected a text"));
  BOOST_CHECK(!contains(said, "bearer_issuer: is missing"));
}

BOOST_AUTO_TEST_CASE(refuses_a_bearer_that_nobody_asks_for) {
  for (const char* line :
       {"bearer_keys = \"/b\"", "bearer_issuer = \"i\"",
        "bearer_audience = \"a\"", "bearer_cookie = \"c\""}) {
    const std::string said =
        file("access = \"anonymous\"\n" + std::string(line) + '\n' + kTree);
    const std::string key(line, std::string_view(line).find(' '));
    BOOST_CHECK_EQUAL(said, *this / "claimcheck.toml:2: " + key +
                                ": means nothing without access = \"bearer\"");
  }
}

BOOST_AUTO_TEST_CASE(refuses_one_file_for_both_kinds_of_keys) {
  BOOST_CHECK(contains(file("keys = \"/b\"\n" + std::string(kBearer) + kTree),
                       "claimcheck.toml:3: bearer_keys: is the file of keys"));
}

BOOST_AUTO_TEST_CASE(takes_threads_as_a_number_and_a_grace_with_a_unit) {
  BOOST_CHECK(contains(
      file("threads = 4\nshutdown_grace = \"1m\"\n" + std::string(kTree)),
      " threads 4 grace 60000"));
  BOOST_CHECK(contains(
      environment({{"CLAIMCHECK_THREADS", "4"}, {"CLAIMCHECK_ROOT", "/srv"}}),
      " threads 4"));
  for (const char* value :
       {"0", "257", "-1", "1.5", "\"4\"", "[4]", "true", "\"\""}) {
    BOOST_CHECK(contains(
        file("threads = " + std::string(value) + '\n' + std::string(kTree)),
        "claimcheck.toml:1: threads: expected a number from 1 to 256"));
  }
  BOOST_CHECK(contains(file("shutdown_grace = 30\n" + std::string(kTree)),
                       "shutdown_grace: expected a duration"));
}

BOOST_AUTO_TEST_CASE(names_the_place_and_what_was_expected) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"keys = \"\"", "keys: expected the name of a file, absolute or"},
      {"keys = \"redis:\"", "keys: expected the name of a file, absolute or"},
      {"keys = \"redis:a b\"", "keys: expected"},
      {"keys = \"redis:a\u00e9\"", "keys: expected"},
      {"keys = [\"redis:a\", \"/b\"]", "keys: expected"},
      {"keys = \"redis:a\"", "keys: redis:NAME means nothing without"},
      {"token_lifetime = \"2\"", "token_lifetime: expected a duration"},
      {"token_lifetime = 2", "token_lifetime: expected a duration"},
      {"leeway = \"-1s\"", "leeway: expected a duration"},
      {"leeway = \"1 s\"", "leeway: expected a duration"},
      {"leeway = \"99999999999999999999s\"", "leeway: expected a duration"},
      {"access = \"token\"",
       "access: expected \"server\", \"bearer\" or \"anonymous\""},
      {"bearer_keys = 1", "bearer_keys: expected the name of a file"},
      {"bearer_cookie = \"a b\"", "bearer_cookie: expected the name"},
      {"xsrf = \"off\"", "xsrf: expected \"auto\" or \"required\""},
      {"xsrf_header = \"a b\"", "xsrf_header: expected the name of a header"},
      {"origins = [\"a.example\"]", "origins: expected origins"},
      {"origins = [1]", "origins: expected origins"},
      {"client = \"\"", "client: expected \"auto\""},
      {"https = true", "https: expected \"auto\" or \"always\""},
      {"reuse = \"twice\"", "reuse: expected \"resume\", \"never\" or"},
      {"client_fallback = \"on\"", "client_fallback: expected \"off\" or"},
      {"resume_window = 3600", "resume_window: expected a duration"},
      {"repeat_agents = \"a||b\"", "repeat_agents: expected parts of"},
      {"repeat_agents = \"a|\"", "repeat_agents: expected parts of"},
      {"repeat_agents = \"|a\"", "repeat_agents: expected parts of"},
      {"repeat_agents = [\"a\", \"b\"]", "repeat_agents: expected parts of"},
      {"state_max = 0", "state_max: expected a number"},
      {"state_max = \"10\"", "state_max: expected a number"},
      {"state = \"\"",
       "state: expected the name of a folder, absolute in the environment, "
       "or a Redis"},
      {"state = [\"/a\", \"/b\"]", "state: expected the name of a folder"},
      {"audit = \"\"", "audit: expected \"stderr\", \"syslog\""},
      {"home = \"javascript:alert(1)\"", "home: expected a path"},
      {"home = \"//evil.example\"", "home: expected a path"},
      {"issuer = \"a\\nb\"", "issuer: expected a text"},
      {"colour = \"red\"", "colour: is not a known key"},
      // Neither is the name of a file that somebody meant.
      {"audit = \"std-err\"", "audit: expected"},
      {"state = \"redis:claimcheck\"", "state: expected"},
  };
  for (const auto& [line, expected] : mistakes) {
    const std::string said = file("\n\n" + std::string(line) + '\n' + kTree);
    const std::string place = *this / "claimcheck.toml:3: ";
    BOOST_CHECK_MESSAGE(said.starts_with(place + expected),
                        line << ": " << said);
  }
}

BOOST_AUTO_TEST_CASE(names_the_place_in_a_download) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"root = \"/srv\"", ":1: path: is missing"},
      {"path = \"/a/\"", ":1: root: expected one of root"},
      {"path = \"/a/\"\nroot = \"/b\"\nfile = \"/c\"", ":3: root: expected"},
      {"path = \"/a\"\nroot = \"/b\"", ":3: root: path has to end in a slash"},
      {"path = \"/a/\"\nfile = \"/b\"", ":3: file: path ends in a slash"},
      {"path = \"/a/\"\nroot = \"\"", ":3: root: expected one text"},
      {"path = \"a/\"\nroot = \"/b\"", ":2: path: expected a URL path"},
      {"path = \"/a%20b/\"\nroot = \"/b\"", ":2: path: expected a URL path"},
      {"path = \"/../\"\nroot = \"/b\"", ":2: path: expected a URL path"},
      {"path = \"/a?b/\"\nroot = \"/b\"", ":2: path: expected a URL path"},
      {"path = \"/a\"\nfile = \"/{x}\"", ":3: file: {x} is not declared"},
      {"path = \"/a\"\nfile = \"/{\"", ":3: file: a brace"},
      {"path = \"/a\"\nfile = \"/b\"\nfilename = \"c/d\"", ":4: filename: "},
      {"path = \"/a\"\nfile = \"/b\"\nfilename = \"\\r\\n\"", ":4: filename: "},
      {"path = \"/a\"\nfile = \"/b\"\ntype = \"csv\"", ":4: type: expected"},
      {"path = \"/a\"\nfile = \"/b\"\ntype = \"a/b\\r\\nX: y\"", ":4: type: "},
      {"path = \"/a\"\nfile = \"/b\"\nbind = \"yes\"", ":4: bind: expected"},
      {"path = \"/a\"\nfile = \"/b\"\nusers = 1", ":4: users: expected"},
      {"path = \"/a\"\nfile = \"/b\"\ncolour = \"c\"",
       ":4: colour: is not a key of [[download]]: these are params, path"},
      {"path = \"/a\"\nfile = \"/b\"\nparams = { x = \"[\" }",
       ":4: params.x: not a POSIX extended"},
      {"path = \"/a\"\nfile = \"/b\"\nparams = { x = \"\\\\d\" }",
       ":4: params.x: a backslash"},
      {"path = \"/a\"\nfile = \"/b\"\nparams = { token = \"a\" }",
       ":4: params.token: expected"},
      {"path = \"/a\"\nfile = \"/b\"\nparams = \"x\"", ":4: params: expected"},
  };
  for (const auto& [text, expected] : mistakes) {
    const std::string said = file("[[download]]\n" + std::string(text) + '\n');
    BOOST_CHECK_MESSAGE(
        contains(said, "claimcheck.toml" + std::string(expected)),
        text << ": " << said);
  }
}

BOOST_AUTO_TEST_CASE(takes_a_program_with_its_arguments) {
  const std::string program = write("export", "#!/bin/sh\n", 0755);
  const std::string said =
      file("[[download]]\npath = \"/a\"\ncommand = [\"" + program +
           "\", \"--name={x}\", \"\"]\nparams = { x = \"[a-z]+\" }\n"
           "command_timeout = \"2m\"\n"
           "[[download]]\npath = \"/b\"\ncommand = \"" +
           program + "\"\n");
  const std::string expected = " download /a  <" + program +
                               "><--name={x}><> 120000 download /b  <" +
                               program + "> 30000";
  BOOST_CHECK_MESSAGE(said.ends_with(expected), said);
}

BOOST_AUTO_TEST_CASE(refuses_a_program_that_cannot_be_run_safely) {
  const std::string program = write("export", "#!/bin/sh\n", 0755);
  const std::string text = write("text", "", 0644);
  const std::string shared = write("shared", "", 0777);
  const std::string run = "command = [\"" + program + "\"]";
  const std::pair<std::string, std::string> mistakes[] = {
      {"command = [\"/no/such\", \"a\"]",
       ":3: command: /no/such: No such file or directory: expected a program "
       "and its arguments, each in quotes"},
      {"command = \"" + program + " --name x\"",
       ":3: command: " + program + " --name x: No such file"},
      {"command = [\"" + text + "\"]",
       ":3: command: " + text + ": expected a program that uid "},
      {"command = [\"" + path() + "\"]",
       ":3: command: " + path() + ": expected a program that uid "},
      {"command = [\"" + shared + "\"]",
       ":3: command: " + shared + ": others may write it"},
      {"command = [\"export\"]",
       ":3: command: expected the name of a program, "
       "with a slash in it"},
      {"command = []", ":3: command: expected the name of a program"},
      {"command = [\"/bin/{x}\"]\nparams = { x = \"a\" }",
       ":3: command: expected the name of a program, with a slash in it, "
       "which no"},
      {"command = [\"" + program + "\", \"{x}\"]",
       ":3: command: {x} is not declared in params"},
      {"command = [\"" + program + "\", \"{\"]", ":3: command: a brace"},
      {"command = [\"" + program + "\", \"a\\u0000b\"]",
       ":3: command: expected texts without control"},
      {"command = [\"" + program + "\", 1]", ":3: command: expected a text"},
      {run + "\nfile = \"/b\"", "root: expected one of root"},
      {run + "\nroot = \"/b\"", "root: expected one of root"},
      {run + "\ndeliver = \"x-sendfile\"",
       ":4: deliver: what a command writes is streamed"},
      {run + "\ncommand_timeout = \"1h\"",
       ":4: command_timeout: expected a duration from \"100ms\" to \"10m\""},
      {run + "\ncommand_timeout = \"2\"", ":4: command_timeout: expected a"},
      {"file = \"/b\"\ncommand_timeout = \"2s\"",
       ":4: command_timeout: means nothing without command"},
  };
  for (const auto& [keys, expected] : mistakes) {
    const std::string said =
        file("[[download]]\npath = \"/a\"\n" + keys + '\n');
    BOOST_CHECK_MESSAGE(contains(said, expected), keys << ": " << said);
  }
  const std::string said = file("[[download]]\npath = \"/a/\"\n" + run + '\n');
  BOOST_CHECK_MESSAGE(contains(said, ":3: command: path ends in a slash"),
                      said);
}

BOOST_AUTO_TEST_CASE(takes_names_relative_to_the_file) {
  folder("site");
  write("export", "#!/bin/sh\n", 0755);
  const std::string text =
      "access = \"bearer\"\nbearer_issuer = \"i\"\nbearer_audience = \"a\"\n"
      "bearer_keys = \"./bearer.secret\"\nstate = \"./state\"\n"
      "audit = \"../log/audit\"\n[[download]]\npath = \"/a/\"\n"
      "root = \"../files\"\n[[download]]\npath = \"/b\"\nfile = \"{n}.csv\"\n"
      "params = { n = \"[a-z]\" }\n[[download]]\npath = \"/c\"\n"
      "command = [\"../export\", \"../x\"]\n";
  const std::string file = write("site/claimcheck.toml", text, 0644);
  const std::string said = loaded({file, "", {}});
  for (const std::string& part :
       {" audit " + *this / "log/audit",
        " bearer " + *this / "site/bearer.secret",
        " state " + *this / "site/state", " download /a/ " + *this / "files",
        " download /b " + *this / "site/{n}.csv",
        " download /c  <" + *this / "export><../x>"}) {
    BOOST_CHECK_MESSAGE(contains(said, part), part + " is not in " + said);
  }
  const std::string keys = as_nobody([&] {
    std::filesystem::current_path(path());
    const auto config = load_config(
        {write("claimcheck.toml", "keys = \"./k\"\n" + std::string(kTree), 0644)
             .substr(path().size() + 1),
         "",
         {}});
    return config ? config->keys + ' ' + config->state.back() : "";
  });
  BOOST_CHECK_EQUAL(keys, *this / "k " + *this / "state");
}

BOOST_AUTO_TEST_CASE(leaves_absolute_names_and_words_as_they_are) {
  const std::string said =
      file("state = \"/s/../t/\"\naudit = \"syslog\"\n" + std::string(kTree));
  BOOST_CHECK_MESSAGE(contains(said, " audit syslog state /s/../t/ "), said);
}

BOOST_AUTO_TEST_CASE(takes_no_relative_names_from_the_environment) {
  const std::string said = environment({{"CLAIMCHECK_ROOT", "srv"},
                                        {"CLAIMCHECK_KEYS", "k"},
                                        {"CLAIMCHECK_STATE", "s"},
                                        {"CLAIMCHECK_AUDIT", "a"}});
  for (const char* mistake :
       {"CLAIMCHECK_ROOT: expected an absolute name",
        "CLAIMCHECK_KEYS: keys: expected the name of a file, absolute or",
        "CLAIMCHECK_STATE: state: expected the name of a folder, absolute in "
        "the environment",
        "CLAIMCHECK_AUDIT: audit: expected"}) {
    BOOST_CHECK_MESSAGE(contains(said, mistake), said);
  }
}

BOOST_AUTO_TEST_CASE(makes_a_state_that_is_named_relative_and_no_other) {
  const auto is_made = [&](const std::string& text, Environment variables) {
    return as_nobody([&] {
      const auto config =
          load_config({write("claimcheck.toml", text + kTree, 0644), "",
                       std::move(variables)});
      return std::string(config ? config->state_is_made ? "yes" : "no" : "-");
    });
  };
  BOOST_CHECK_EQUAL(is_made("", {}), "yes");
  BOOST_CHECK_EQUAL(is_made("state = \"s\"\n", {}), "yes");
  BOOST_CHECK_EQUAL(is_made("state = \"/s\"\n", {}), "no");
  BOOST_CHECK_EQUAL(is_made("", {{"STATE_DIRECTORY", "/s"}}), "no");
  BOOST_CHECK_EQUAL(is_made("state = \"s\"\n", {{"CLAIMCHECK_STATE", "/s"}}),
                    "no");
}

BOOST_AUTO_TEST_CASE(tells_all_mistakes_at_once) {
  const std::string said = file(
      "reuse = \"x\"\ncolour = \"y\"\nhttps = \"z\"\n" + std::string(kTree));
  BOOST_CHECK_EQUAL(std::count(said.begin(), said.end(), '\n'), 2);
}

BOOST_AUTO_TEST_CASE(tells_where_the_toml_is_broken) {
  const std::string said = file("reuse = \"never\"\nreuse = \"window\"\n");
  BOOST_CHECK_MESSAGE(contains(said, "claimcheck.toml:2: "), said);
}

BOOST_AUTO_TEST_CASE(wants_something_to_download) {
  BOOST_CHECK(contains(file("reuse = \"never\"\n"), "add a [[download]]"));
  BOOST_CHECK(contains(file("download = \"x\"\n"), "[[download]], in two"));
}

BOOST_AUTO_TEST_CASE(wants_a_lifetime_between_its_bounds) {
  for (const char* lifetime : {"99ms", "11s"}) {
    const std::string said =
        file("token_lifetime = \"" + std::string(lifetime) + "\"\n" + kTree);
    BOOST_CHECK_MESSAGE(contains(said, "token_lifetime: expected \"100ms\""),
                        said);
  }
}

BOOST_AUTO_TEST_CASE(refuses_two_folders_by_one_name_of_nginx) {
  folder("a", 0755);
  folder("b", 0755);
  const auto accel = [&](const std::string& source) {
    return source +
           "\ndeliver = \"x-accel-redirect\"\n"
           "internal = \"/protected/\"\n";
  };
  const std::string first =
      "[[download]]\npath = \"/a/\"\n" + accel("root = \"" + (*this / "a/\""));
  const std::string said = file(first + "[[download]]\npath = \"/b/\"\n" +
                                accel("root = \"" + (*this / "b\"")));
  BOOST_CHECK_MESSAGE(
      contains(said, "internal: \"/protected/\" stands for " + (*this / "a")),
      said);
  BOOST_CHECK(file(first + "[[download]]\npath = \"/b\"\n" +
                   accel("file = \"" + (*this / "a/b.csv\"")))
                  .starts_with("ok"));
}

// Its users would be forgotten without a word.
BOOST_AUTO_TEST_CASE(refuses_a_download_that_is_never_reached) {
  const std::string said =
      file(std::string(kTree) +
           "[[download]]\npath = \"/downloads/private/\"\nroot = \"/p\"\n"
           "users = [\"alice\"]\n");
  BOOST_CHECK_MESSAGE(contains(said, "is never reached"), said);
}

BOOST_AUTO_TEST_CASE(reads_how_a_file_is_handed_over) {
  folder("own", 0755);
  folder("shared", 0777);
  const auto with = [&](const std::string& lines, const char* root = "own") {
    return file("[[download]]\npath = \"/d/\"\nroot = \"" + (*this / root) +
                "\"\n" + lines + "\n");
  };
  for (const char* good :
       {"deliver = \"stream\"", "deliver = \"x-sendfile\"",
        "deliver = \"x-lighttpd-send-file\"",
        "deliver = \"x-accel-redirect\"\ninternal = \"/protected/\""}) {
    BOOST_CHECK_MESSAGE(with(good).starts_with("ok"), with(good));
  }
  const std::pair<const char*, const char*> mistakes[] = {
      {"deliver = \"sendfile\"", "deliver: expected \"stream\","},
      {"deliver = \"x-accel-redirect\"", "internal: expected the path"},
      {"deliver = \"x-accel-redirect\"\ninternal = \"protected/\"",
       "internal: expected the path"},
      {"deliver = \"x-accel-redirect\"\ninternal = \"/protected\"",
       "internal: expected the path"},
      {"deliver = \"x-sendfile\"\ninternal = \"/protected/\"",
       "internal: means nothing"},
      {"internal = \"/protected/\"", "internal: means nothing"}};
  for (const auto& [lines, expected] : mistakes) {
    BOOST_CHECK_MESSAGE(contains(with(lines), expected), with(lines));
  }
  BOOST_CHECK(with("deliver = \"stream\"", "shared").starts_with("ok"));
  BOOST_CHECK(contains(with("deliver = \"x-sendfile\"", "shared"),
                       "deliver: others may write to"));
  if (geteuid() == 0) {
    folder("foreign", 0755);
    BOOST_REQUIRE_EQUAL(chown((*this / "foreign").c_str(), 12345, 0), 0);
    BOOST_CHECK(contains(with("deliver = \"x-sendfile\"", "foreign"),
                         "deliver: others may write to"));
  }
  // A file's folder is what stands before its first parameter.
  BOOST_CHECK(contains(file("[[download]]\npath = \"/e\"\nfile = \"" +
                            (*this / "shared/{n}/{n}.csv") +
                            "\"\nparams = { n = \"[a-z]\" }\n"
                            "deliver = \"x-sendfile\"\n"),
                       "others may write to " + (*this / "shared")));
}

// ---- a state in Redis

BOOST_FIXTURE_TEST_CASE(takes_a_redis_with_keys_that_all_hosts_have, Files,
                        *boost::unit_test::precondition(HasHiredis())) {
  const std::string tree = kTree;
  const std::string redis = "state = \"redis://10.0.0.5/1\"\n";
  for (const char* keys : {"/k", "redis:claimcheck:keys"}) {
    BOOST_CHECK(
        file(redis + "keys = \"" + keys + "\"\n" + tree).starts_with("ok"));
  }
  BOOST_CHECK(environment({{"CLAIMCHECK_ROOT", "/srv"},
                           {"CLAIMCHECK_STATE", "unix:///run/redis.sock"},
                           {"JWT_SECRET", std::string(32, 'a')}})
                  .starts_with("ok"));
  const std::string said = file('\n' + redis + tree);
  BOOST_CHECK_MESSAGE(
      contains(said, "claimcheck.toml:2: keys: is missing, and the hosts"),
      said);
}

BOOST_FIXTURE_TEST_CASE(names_what_is_wrong_with_a_redis, Files,
                        *boost::unit_test::precondition(HasHiredis())) {
  const std::string tree = kTree;
  for (const auto& [url, expected] :
       {std::pair("redis://:hunter2@a:x", "expected a port from 1 to 65535"),
        {"rediss://:hunter2@a", "there is no TLS here"},
        {"http://hunter2", "expected redis://"}}) {
    const std::string said =
        file("\nstate = \"" + std::string(url) + "\"\nkeys = \"/k\"\n" + tree);
    BOOST_CHECK_MESSAGE(contains(said, "claimcheck.toml:2: state: ") &&
                            contains(said, expected),
                        said);
    BOOST_CHECK(!contains(said, "hunter2"));
  }
  BOOST_CHECK(
      contains(environment({{"CLAIMCHECK_ROOT", "/srv"},
                            {"CLAIMCHECK_STATE", "redis://a:0"},
                            {"CLAIMCHECK_KEYS", "/k"}}),
               "environment: CLAIMCHECK_STATE: state: expected a port"));
}

BOOST_FIXTURE_TEST_CASE(keeps_a_password_from_others, Files,
                        *boost::unit_test::precondition(HasHiredis())) {
  const std::string text =
      "\nstate = \"redis://:hunter2@a\"\nkeys = \"/k\"\n" + std::string(kTree);
  const auto with_mode = [&](unsigned mode) {
    return loaded({write("claimcheck.toml", text, mode), "", {}});
  };
  BOOST_CHECK(with_mode(0600).starts_with("ok"));
  BOOST_CHECK(with_mode(0640).starts_with("ok"));
  const std::string said = with_mode(0644);
  BOOST_CHECK_MESSAGE(
      contains(said, "claimcheck.toml:2: state: holds a password") &&
          contains(said, "chmod 0640") && !contains(said, "hunter2"),
      said);
  const std::string path =
      write("claimcheck.toml", "keys = \"/k\"\n" + std::string(kTree), 0644);
  BOOST_CHECK(loaded({path, "", {{"CLAIMCHECK_STATE", "redis://:hunter2@a"}}})
                  .starts_with("ok"));
}

// A Redis in the file gives way to a folder in the environment, and so does its
// password.
BOOST_AUTO_TEST_CASE(takes_the_last_state_and_the_last_keys_alone) {
  const std::string path = write("claimcheck.toml",
                                 "state = \"redis://:hunter2@a\"\n"
                                 "keys = \"redis:a\"\n" +
                                     std::string(kTree),
                                 0644);
  const std::string said = loaded(
      {path, "", {{"CLAIMCHECK_STATE", "/s"}, {"CLAIMCHECK_KEYS", "/k"}}});
  BOOST_CHECK_MESSAGE(contains(said, " state /s download"), said);
}

BOOST_AUTO_TEST_CASE(says_that_it_was_built_without_hiredis_if_it_was) {
  const std::string said =
      file("state = \"redis://a\"\nkeys = \"/k\"\n" + std::string(kTree));
  BOOST_CHECK_EQUAL(
      contains(said, "claimcheck.toml:1: state: this was built without"),
      !kHasHiredis);
  BOOST_CHECK_EQUAL(said.starts_with("ok"), kHasHiredis);
}

// ----

BOOST_AUTO_TEST_CASE(reads_how_a_token_may_be_used_again) {
  const auto reuse = [&](const std::string& lines) {
    const std::string path = write("claimcheck.toml", lines + kTree, 0644);
    return as_nobody([&] { return reuse_of(load_config({path, "", {}})); });
  };
  BOOST_CHECK_EQUAL(reuse(""), "3600000 1000000 0 CriOS FxiOS");
  BOOST_CHECK_EQUAL(reuse("resume_window = \"90s\"\nstate_max = 5\n"
                          "client_fallback = \"address\"\n"
                          "repeat_agents = \"a b|c|d\"\n"),
                    "90000 5 1 a b c d");
  BOOST_CHECK_EQUAL(reuse("repeat_agents = \"\"\n"), "3600000 1000000 0");
}

BOOST_AUTO_TEST_CASE(takes_every_key_from_the_environment_which_wins) {
  const std::string path = write(
      "claimcheck.toml", "reuse = \"never\"\n" + std::string(kTree), 0644);
  const std::string said =
      loaded({path,
              "",
              {{"CLAIMCHECK_REUSE", "window"},
               {"CLAIMCHECK_ORIGINS", "https://a.example  http://b.example:81"},
               {"CLAIMCHECK_STATE", "/s"}}});
  BOOST_CHECK_MESSAGE(
      contains(said, " reuse 2 ") &&
          contains(said, "origin https://a.example origin http://b.example:81"),
      said);
}

BOOST_AUTO_TEST_CASE(refuses_a_variable_that_it_does_not_know) {
  const std::string said = environment(
      {{"CLAIMCHECK_ROOT", "/srv"}, {"CLAIMCHECK_REUSSE", "window"}});
  BOOST_CHECK_MESSAGE(contains(said, "CLAIMCHECK_REUSSE"), said);
}

BOOST_AUTO_TEST_CASE(needs_no_file_where_the_environment_names_a_tree) {
  const std::string said = environment(
      {{"CLAIMCHECK_ROOT", "/srv"}, {"CLAIMCHECK_PATH", "/files/"}});
  BOOST_CHECK_MESSAGE(contains(said, "download /files/ /srv"), said);
  BOOST_CHECK(contains(environment({{"CLAIMCHECK_ROOT", "/srv"}}),
                       "download /downloads/ /srv"));
  BOOST_CHECK(contains(environment({{"CLAIMCHECK_PATH", "/files/"}}),
                       "means nothing without CLAIMCHECK_ROOT"));
  BOOST_CHECK(contains(environment({{"CLAIMCHECK_ROOT", "srv"}}),
                       "CLAIMCHECK_ROOT: expected an absolute name"));
}

BOOST_AUTO_TEST_CASE(keeps_its_state_where_systemd_says) {
  const std::string said = environment(
      {{"CLAIMCHECK_ROOT", "/srv"}, {"STATE_DIRECTORY", "/one:/two"}});
  BOOST_CHECK_MESSAGE(contains(said, "state /one download"), said);
  BOOST_CHECK(contains(file(kTree),
                       "state /var/lib/claimcheck state " + (*this / "state")));
}

BOOST_AUTO_TEST_CASE(looks_for_the_file_in_the_order_of_the_contract) {
  folder("www");
  folder("www/cgi-bin");
  folder("claimcheck");
  folder("www/claimcheck");
  const auto tree = [&](const char* name, const char* path) {
    return write(
        name,
        std::string("[[download]]\npath = \"") + path + "\"\nroot = \"/srv\"\n",
        0644);
  };
  tree("claimcheck/claimcheck.toml", "/above/");
  tree("www/claimcheck/claimcheck.toml", "/inside/");
  ConfigSources sources;
  sources.executable = *this / "www/cgi-bin/download.fcgi";
  sources.environment["DOCUMENT_ROOT"] = *this / "www";
  BOOST_CHECK(contains(loaded(sources), "/above/"));
  sources.environment["CLAIMCHECK_CONFIG"] = tree("named.toml", "/named/");
  BOOST_CHECK(contains(loaded(sources), "/named/"));
  sources.flag = tree("flag.toml", "/flag/");
  BOOST_CHECK(contains(loaded(sources), "/flag/"));
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_somebody_else_may_write) {
  for (unsigned mode : {0664u, 0646u}) {
    const std::string path = write("claimcheck.toml", kTree, mode);
    const std::string said = loaded({path, "", {}});
    BOOST_CHECK_MESSAGE(contains(said, "that nobody else may write"), said);
  }
  const std::string path = write("claimcheck.toml", kTree, 0644);
  if (geteuid() == 0) {
    BOOST_REQUIRE(chown(path.c_str(), 1, 1) == 0);
    BOOST_CHECK(contains(loaded({path, "", {}}), "nobody else may write"));
  }
  BOOST_CHECK(contains(loaded({*this / "none.toml", "", {}}), "No such file"));
}

// "An error names file, line, key and what was expected."
BOOST_AUTO_TEST_CASE(names_the_line_of_a_lifetime_out_of_bounds) {
  const std::string said =
      file("\ntoken_lifetime = \"11s\"\n" + std::string(kTree));
  BOOST_CHECK_MESSAGE(
      contains(said, "claimcheck.toml:2: token_lifetime: expected"), said);
}

BOOST_AUTO_TEST_CASE(names_the_variable_of_a_lifetime_out_of_bounds) {
  const std::string said = environment(
      {{"CLAIMCHECK_ROOT", "/srv"}, {"CLAIMCHECK_TOKEN_LIFETIME", "11s"}});
  BOOST_CHECK_MESSAGE(contains(said, "CLAIMCHECK_TOKEN_LIFETIME"), said);
}

// Else an admin mends one mistake and meets the next.
BOOST_AUTO_TEST_CASE(tells_what_is_wrong_with_the_whole_at_once_too) {
  const std::string said = file("colour = \"red\"\ntoken_lifetime = \"11s\"\n" +
                                std::string(kTree) + kTree);
  BOOST_CHECK_MESSAGE(contains(said, "colour") &&
                          contains(said, "token_lifetime") &&
                          contains(said, "never reached"),
                      said);
}

// A token without sub compares as "": such a name would let in everybody.
BOOST_AUTO_TEST_CASE(refuses_a_user_without_a_name) {
  for (const char* users : {"\"\"", "[\"\"]", "[\"alice\", \"\"]"}) {
    const std::string said = file(std::string(kTree) + "users = " + users);
    BOOST_CHECK_MESSAGE(contains(said, "claimcheck.toml:4: users: expected"),
                        said);
  }
  BOOST_CHECK(file(std::string(kTree) + "users = []").starts_with("ok"));
}

BOOST_AUTO_TEST_CASE(shows_no_value_that_may_be_a_secret) {
  const std::string mistakes[] = {
      file("jwt_secret = \"XSECRETX\"\n" + std::string(kTree)),
      file("keys = \"XSECRETX\"\n" + std::string(kTree)),
      file("bearer_keys = \"XSECRETX/+=\"\n" + std::string(kTree)),
      file("keys = XSECRETX\n" + std::string(kTree)),
      environment(
          {{"CLAIMCHECK_ROOT", "/srv"}, {"CLAIMCHECK_JWT_SECRET", "XSECRETX"}}),
      environment(
          {{"CLAIMCHECK_ROOT", "/srv"}, {"CLAIMCHECK_KEYS", "XSECRETX"}})};
  for (const std::string& said : mistakes) {
    BOOST_CHECK_MESSAGE(!said.starts_with("ok"), said);
    BOOST_CHECK_MESSAGE(!contains(said, "XSECRETX"), said);
  }
}

BOOST_AUTO_TEST_CASE(a_document_root_may_end_in_a_slash_or_be_a_link) {
  folder("www");
  folder("www/claimcheck");
  folder("www/cgi-bin");
  symlink("www", (*this / "linked").c_str());
  write("www/claimcheck/claimcheck.toml", kTree, 0644);
  const std::string executable = *this / "www/cgi-bin/download.fcgi";
  for (const std::string& root :
       {*this / "www", *this / "www/", *this / "linked", *this / "linked/",
        *this / "www/../www", std::string("/")}) {
    const std::string said =
        loaded({"", executable, {{"DOCUMENT_ROOT", root}}});
    BOOST_CHECK_MESSAGE(!said.starts_with("ok"), root << ": " << said);
  }
  const std::string beside = *this / "ww";
  BOOST_CHECK(
      loaded({"", executable, {{"DOCUMENT_ROOT", beside}}}).starts_with("ok"));
}

BOOST_AUTO_TEST_CASE(parses_durations_with_units_alone) {
  using std::chrono::milliseconds;
  BOOST_CHECK(parse_duration("200ms") == milliseconds(200));
  BOOST_CHECK(parse_duration("2s") == milliseconds(2000));
  BOOST_CHECK(parse_duration("10m") == milliseconds(600000));
  BOOST_CHECK(parse_duration("1h") == milliseconds(3600000));
  for (const char* text : {"", "s", "2", "2 s", "2S", "+2s", "-2s", "2s ",
                           "0x2s", "1e3s", "99999999999s"}) {
    BOOST_CHECK_MESSAGE(!parse_duration(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
