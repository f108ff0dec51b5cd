#include "edge/preflight.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "edge/config_file.h"
#include "edge/program_user.h"
#include "edge/system_world.h"
#include "redis_server.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kSecret = "a secret of the tests, forty characters.";
constexpr const char* kOther = "another secret, which is not in the keys";

// A site of nobody's where nothing is wrong. Cases break one thing.
struct HealthySite : Sandbox {
  HealthySite() {
    folder("state");
    folder("files", 0755);
    folder("htdocs", 0755);
    write("secret", std::string(kSecret) + '\n');
  }

  // Without a value the line is left out.
  void set(const std::string& key, const std::string& value) {
    lines_[key] = value;
  }
  void set_path(const std::string& key, const std::string& name) {
    set(key, '"' + (*this / name) + '"');
  }

  std::string text() const {
    std::string text;
    for (const auto& [key, value] : lines_) {
      text += value.empty() ? "" : key + " = " + value + '\n';
    }
    return text + downloads_;
  }

  std::string found() const {
    write("claimcheck.toml", text(), 0644);
    return as_nobody([&] {
      const Draft draft =
          load_draft({*this / "claimcheck.toml", "", environment_});
      std::string said = draft.mistakes;
      for (const Finding& finding :
           said.empty() ? preflight({draft, docroot_, system_now()})
                        : Findings()) {
        said += text_of(finding) + '\n';
      }
      return said;
    });
  }

  std::string noted() const {
    write("claimcheck.toml", text(), 0644);
    return as_nobody([&] {
      const Draft draft =
          load_draft({*this / "claimcheck.toml", "", environment_});
      std::string said;
      for (const std::string& note :
           preflight_notes({draft, docroot_, system_now()})) {
        said += note + '\n';
      }
      return said;
    });
  }

  // place is "FILE:LINE: KEY: " of a flat key.
  std::string place(const std::string& key) const {
    const std::string before = '\n' + text();
    const auto end = before.begin() + static_cast<std::ptrdiff_t>(
                                          before.find('\n' + key + " = "));
    return *this / "claimcheck.toml:" +
           std::to_string(1 + std::count(before.begin(), end, '\n')) + ": " +
           key + ": ";
  }

  std::string downloads_ = "[[download]]\npath = \"/downloads/\"\nroot = \"" +
                           (*this / "files") + "\"\n";
  std::string docroot_ = *this / "htdocs";
  Environment environment_;
  std::map<std::string, std::string> lines_ = {
      {"audit", '"' + (*this / "audit.log") + '"'},
      {"keys", '"' + (*this / "secret") + '"'},
      {"state", '"' + (*this / "state") + '"'}};
};

void check_one(const std::string& said, const std::string& begin,
               const std::string& advice) {
  BOOST_CHECK_MESSAGE(
      said.starts_with(begin) && contains(said, advice) &&
          std::count(said.begin(), said.end(), '\n') == 1,
      "expected " << begin << " … " << advice << "\nand not " << said);
}

std::string uid() {
  return std::to_string(geteuid() == 0 ? kNobody : geteuid());
}

void give_to_root(const std::string& file) {
  BOOST_REQUIRE(chown(file.c_str(), 0, 0) == 0);
}

struct IsRoot {
  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id) const {
    return unless(geteuid() == 0 ? nullptr : "only root can give files away");
  }
};

struct HasNoState {
  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id) const {
    return unless(access("/var/lib/claimcheck", F_OK) == 0
                      ? "this host has /var/lib/claimcheck"
                      : nullptr);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(preflight, HealthySite)

BOOST_AUTO_TEST_CASE(finds_nothing_where_nothing_is_wrong) {
  BOOST_CHECK_EQUAL(found(), "");
  BOOST_CHECK(!std::filesystem::exists(*this / "audit.log"));
  BOOST_CHECK(std::filesystem::is_empty(*this / "state"));
}

// ---- keys

BOOST_AUTO_TEST_CASE(names_keys_that_cannot_be_read) {
  set_path("keys", "none");
  check_one(found(), place("keys") + (*this / "none") + ": No such file",
            "`claimcheck keygen`");
}

BOOST_AUTO_TEST_CASE(names_keys_that_are_none) {
  write("secret", "short\n");
  check_one(found(), place("keys") + (*this / "secret") + ": ",
            "make one with `claimcheck keygen");
}

BOOST_AUTO_TEST_CASE(names_keys_that_others_may_read_or_write) {
  for (unsigned mode : {0644u, 0660u}) {
    chmod((*this / "secret").c_str(), mode);
    check_one(found(), place("keys"), "chmod 0600 it, or 0640");
  }
  chmod((*this / "secret").c_str(), 0640);
  BOOST_CHECK_EQUAL(found(), "");
}

BOOST_AUTO_TEST_CASE(names_keys_that_are_all_retired) {
  write("secret",
        "{\"kty\":\"oct\",\"k\":\"" + std::string(43, 'A') + "\",\"exp\":1}");
  check_one(found(), place("keys"), "claimcheck rotate");
}

BOOST_AUTO_TEST_CASE(names_a_secret_in_the_environment_beside_keys) {
  environment_["JWT_SECRET"] = kOther;
  const std::string said = found();
  check_one(said,
            "environment: JWT_SECRET: counts for nothing beside keys (" +
                (*this / "claimcheck.toml:2"),
            "unset it");
  BOOST_CHECK(!contains(said, kOther));
}

BOOST_AUTO_TEST_CASE(names_a_secret_in_the_environment_that_is_short) {
  set("keys", "");
  environment_["JWT_SECRET"] = "hunter2";
  const std::string said = found();
  check_one(said, "environment: JWT_SECRET: ", "claimcheck keygen");
  BOOST_CHECK(!contains(said, "hunter2"));
}

BOOST_AUTO_TEST_CASE(names_a_secret_that_made_itself_and_cannot_be_used) {
  set("keys", "");
  BOOST_CHECK_EQUAL(found(), "");
  const std::string secret =
      write("state/secret", std::string(kSecret) + '\n', 0644);
  check_one(found(), "default: keys: " + secret, "chmod 0600");
}

BOOST_AUTO_TEST_CASE(names_bearer_keys_that_are_none_or_among_the_keys) {
  set("access", "\"bearer\"");
  set("bearer_issuer", "\"i\"");
  set("bearer_audience", "\"a\"");
  set_path("bearer_keys", "bearer");
  check_one(found(), place("bearer_keys") + (*this / "bearer"), "No such file");
  write("bearer", std::string(kSecret) + '\n');
  check_one(found(), place("bearer_keys") + "one of the keys is in keys too",
            "expected keys of their own");
  write("bearer", std::string(kOther) + '\n');
  BOOST_CHECK_EQUAL(found(), "");
}

// ---- the state

BOOST_AUTO_TEST_CASE(names_a_state_directory_that_is_missing) {
  set_path("state", "none");
  check_one(found(), place("state") + "the state directory ",
            "install -d -m 0700 -o " + uid());
  BOOST_CHECK(!std::filesystem::exists(*this / "none"));
}

BOOST_AUTO_TEST_CASE(names_a_state_directory_with_another_mode) {
  chmod((*this / "state").c_str(), 0770);
  check_one(found(), place("state"), "run `chmod 0700 " + (*this / "state"));
  chmod((*this / "state").c_str(), 0500);
  check_one(found(), place("state"), "run `chmod 0700 " + (*this / "state"));
  chmod((*this / "state").c_str(), 0700);
}

BOOST_FIXTURE_TEST_CASE(names_a_state_directory_of_another_user, HealthySite,
                        *boost::unit_test::precondition(IsRoot())) {
  give_to_root(*this / "state");
  for (const mode_t mode : {0700, 0755}) {
    chmod((*this / "state").c_str(), mode);
    check_one(found(), place("state"),
              "belongs to uid 0 and we run as uid " + uid() +
                  ": run `chown -R " + uid() + ' ' + (*this / "state") + '`');
  }
}

BOOST_FIXTURE_TEST_CASE(names_what_another_user_left_in_the_spool, HealthySite,
                        *boost::unit_test::precondition(IsRoot())) {
  folder("state/spool");
  const std::string bucket = folder("state/spool/1800000000");
  BOOST_CHECK_EQUAL(found(), "");
  give_to_root(bucket);
  check_one(found(), place("state") + bucket + " belongs to uid 0",
            "run `chown -R " + uid() + ' ' + (*this / "state") + '`');
  give_to_root(*this / "state/spool");
  check_one(found(), place("state") + (*this / "state/spool"), "chown -R");
}

BOOST_AUTO_TEST_CASE(wants_no_state_where_nothing_is_kept) {
  set("reuse", "\"window\"");
  set_path("state", "none");
  BOOST_CHECK_EQUAL(found(), "");
  set("keys", "");
  check_one(found(), place("state"), "install -d");
}

BOOST_FIXTURE_TEST_CASE(makes_no_state_directory_and_says_that_it_will_be_made,
                        HealthySite,
                        *boost::unit_test::precondition(HasNoState())) {
  set("state", "");
  set("keys", "");
  BOOST_CHECK_EQUAL(found(), "");
  BOOST_CHECK(noted().starts_with("the first token makes the secret " +
                                  (*this / "state/secret\n")));
  rmdir((*this / "state").c_str());
  BOOST_CHECK_EQUAL(found(), "");
  BOOST_CHECK(contains(noted(), "the first request makes the state directory " +
                                    (*this / "state") + '\n'));
  BOOST_CHECK(!std::filesystem::exists(*this / "state"));
}

BOOST_AUTO_TEST_CASE(tells_room_by_space_and_by_inodes) {
  struct statvfs fs {};
  fs.f_frsize = 4096;
  fs.f_bavail = 1000;
  fs.f_files = 100000;
  fs.f_favail = 1000;
  BOOST_CHECK_EQUAL(why_no_room(fs, "/s"), "");
  fs.f_favail = 999;
  BOOST_CHECK_EQUAL(why_no_room(fs, "/s"),
                    "the file system of /s has inodes for 999 more used "
                    "tokens: see `df -i /s` and make room");
  fs.f_bavail = 0;
  BOOST_CHECK_EQUAL(why_no_room(fs, "/s"),
                    "the file system of /s has space for 0 more used tokens: "
                    "see `df -h /s` and make room");
  // btrfs counts no inodes.
  fs.f_bavail = 1000;
  fs.f_files = fs.f_favail = 0;
  BOOST_CHECK_EQUAL(why_no_room(fs, "/s"), "");
}

BOOST_FIXTURE_TEST_CASE(names_a_redis_that_is_not_there, HealthySite,
                        *boost::unit_test::precondition(HasHiredis())) {
  environment_["CLAIMCHECK_STATE"] = "unix://:hunter2@" + (*this / "none");
  set("state", "");
  const std::string said = found();
  check_one(said,
            "environment: CLAIMCHECK_STATE: state: Redis at " +
                (*this / "none") + ": ",
            "see that it runs");
  BOOST_CHECK(!contains(said, "hunter2"));
  // Once, though keys want it too; and for keys alone.
  set("keys", "\"redis:k\"");
  check_one(found(), "environment: CLAIMCHECK_STATE: ", "see that it runs");
  set("reuse", "\"window\"");
  check_one(found(), place("keys") + "Redis at ", "see that it runs");
}

BOOST_FIXTURE_TEST_CASE(asks_a_redis_as_the_programs_do, HealthySite,
                        *boost::unit_test::precondition(HasRedis())) {
  const RedisServer redis({"--requirepass", "hunter2"});
  const std::string url = "unix://:hunter2@" + redis.socket();
  environment_["CLAIMCHECK_STATE"] = "unix://" + redis.socket();
  set("state", "");
  const std::string begin =
      "environment: CLAIMCHECK_STATE: state: Redis at " + redis.socket() + ": ";
  check_one(found(), begin, "it wants a password");
  environment_["CLAIMCHECK_STATE"] = "unix://:other@" + redis.socket();
  check_one(found(), begin, "does not take the user and the password");
  environment_["CLAIMCHECK_STATE"] = url;
  BOOST_CHECK_EQUAL(found(), "");
  set("keys", "\"redis:k\"");
  check_one(found(), place("keys") + "redis:k: holds nothing",
            "claimcheck keygen | redis-cli -x SET k");
}

BOOST_FIXTURE_TEST_CASE(names_a_redis_that_forgets_or_follows, HealthySite,
                        *boost::unit_test::precondition(HasRedis())) {
  set("state", "");
  const RedisServer forgetful({"--maxmemory-policy", "allkeys-lru"});
  environment_["CLAIMCHECK_STATE"] = "unix://" + forgetful.socket();
  check_one(found(), "environment: CLAIMCHECK_STATE: state: Redis at ",
            "maxmemory-policy noeviction");
  const RedisServer replica({"--replicaof", "127.0.0.1", "1"});
  environment_["CLAIMCHECK_STATE"] = "unix://" + replica.socket();
  const std::string said = found();
  BOOST_CHECK_MESSAGE(contains(said, "name the primary in state") ||
                          contains(said, "MASTERDOWN"),
                      said);
}

// ---- downloads

BOOST_AUTO_TEST_CASE(names_a_root_that_is_not_there) {
  rmdir((*this / "files").c_str());
  check_one(found(),
            *this / "claimcheck.toml:6: root: the folder " + (*this / "files") +
                ": No such file",
            "mount it, or correct root");
  write("files", "");
  check_one(found(), *this / "claimcheck.toml:6: root: ", "Not a directory");
}

BOOST_FIXTURE_TEST_CASE(names_the_folder_on_the_way_that_cannot_be_searched,
                        HealthySite,
                        *boost::unit_test::precondition(IsRoot())) {
  folder("home");
  folder("home/files", 0755);
  downloads_ = "[[download]]\npath = \"/d/\"\nroot = \"" +
               (*this / "home/files") + "\"\n";
  BOOST_CHECK_EQUAL(found(), "");
  give_to_root(*this / "home");
  check_one(found(),
            *this / "claimcheck.toml:6: root: uid " + uid() +
                " may not search the folder " + (*this / "home:"),
            "run `chmod o+x " + (*this / "home`"));
}

BOOST_FIXTURE_TEST_CASE(names_a_file_that_is_not_there_or_cannot_be_read,
                        HealthySite,
                        *boost::unit_test::precondition(IsRoot())) {
  downloads_ = "[[download]]\npath = \"/a\"\nfile = \"" +
               (*this / "files/a.csv") + "\"\n";
  check_one(found(), *this / "claimcheck.toml:6: file: ", "put it there");
  write("files/a.csv", "a");
  BOOST_CHECK_EQUAL(found(), "");
  give_to_root(*this / "files/a.csv");
  check_one(found(), *this / "claimcheck.toml:6: file: ",
            "Permission denied for uid " + uid());
  // Which one it is a parameter says.
  downloads_ = "[[download]]\npath = \"/a\"\nfile = \"" +
               (*this / "files/{n}.csv") + "\"\nparams = { n = \"[a-z]\" }\n";
  BOOST_CHECK_EQUAL(found(), "");
}

BOOST_AUTO_TEST_CASE(names_a_program_without_its_interpreter) {
  const std::string program =
      write("export", "#!/usr/bin/no-such-php -q\n", 0755);
  downloads_ = "[[download]]\npath = \"/a\"\ncommand = [\"" + program + "\"]\n";
  check_one(found(),
            *this / "claimcheck.toml:6: command: " + program +
                ": its interpreter /usr/bin/no-such-php: No such",
            "install that");
  write("export", "#! /bin/sh\n", 0755);
  BOOST_CHECK_EQUAL(found(), "");
}

BOOST_AUTO_TEST_CASE(names_a_root_that_holds_what_is_private) {
  downloads_ = "[[download]]\npath = \"/d/\"\nroot = \"" + path() + "\"\n";
  const std::string said = found();
  BOOST_CHECK_EQUAL(std::count(said.begin(), said.end(), '\n'), 4);
  for (const std::string& part :
       {"the configuration " + (*this / "claimcheck.toml"),
        "keys, " + (*this / "secret"), "state, " + (*this / "state"),
        "audit, " + (*this / "audit.log")}) {
    BOOST_CHECK_MESSAGE(
        contains(said, *this / "claimcheck.toml:6: root: " + path() +
                           " holds " + part + ", which could be downloaded"),
        said);
  }
}

BOOST_AUTO_TEST_CASE(names_a_root_in_the_state_directory) {
  folder("state/files");
  downloads_ = "[[download]]\npath = \"/d/\"\nroot = \"" +
               (*this / "state/files") + "\"\n";
  check_one(found(),
            *this / "claimcheck.toml:6: root: " + (*this / "state/files") +
                " lies in the state",
            "move it out of there");
}

BOOST_AUTO_TEST_CASE(names_what_lies_in_the_document_root) {
  docroot_ = path();
  const std::string said = found();
  for (const std::string& begin :
       {*this / "claimcheck.toml: ", place("keys"), place("state"),
        place("audit"), *this / "claimcheck.toml:6: root: "}) {
    BOOST_CHECK_MESSAGE(
        contains('\n' + said, '\n' + begin) &&
            contains(said, " lies in the document root " + path()),
        begin << said);
  }
  BOOST_CHECK_EQUAL(std::count(said.begin(), said.end(), '\n'), 5);
  docroot_ = "";
  BOOST_CHECK_EQUAL(found(), "");
}

// ---- the rest

BOOST_FIXTURE_TEST_CASE(names_an_audit_log_that_cannot_be_appended_to,
                        HealthySite,
                        *boost::unit_test::precondition(IsRoot())) {
  const std::string log = write("audit.log", "");
  BOOST_CHECK_EQUAL(found(), "");
  give_to_root(log);
  check_one(found(), place("audit") + log + ": Permission denied",
            "run `chown " + uid() + ' ' + log);
  unlink(log.c_str());
  symlink("elsewhere", log.c_str());
  check_one(found(), place("audit") + log + " is a link", "name what it leads");
  unlink(log.c_str());
  folder("audit.log");
  check_one(found(), place("audit") + log + " is a folder", "name a file");
  set_path("audit", "none/audit.log");
  check_one(found(), place("audit") + "the folder " + (*this / "none"),
            "run `install -d");
  folder("locked", 0500);
  set_path("audit", "locked/audit.log");
  check_one(found(), place("audit") + "the folder " + (*this / "locked"),
            "Permission denied");
  for (const char* word : {"\"stderr\"", "\"syslog\""}) {
    set("audit", word);
    BOOST_CHECK_EQUAL(found(), "");
  }
}

BOOST_AUTO_TEST_CASE(names_a_low_limit_of_open_files) {
  BOOST_CHECK(check_limit({512, 1024}).empty());
  BOOST_CHECK(check_limit({1024, RLIM_INFINITY}).empty());
  const Findings low = check_limit({512, 1023});
  BOOST_REQUIRE_EQUAL(low.size(), 1u);
  BOOST_CHECK(contains(text_of(low[0]), "a program may have 1023 open"));
  BOOST_CHECK(contains(text_of(low[0]), "LimitNOFILE="));
}

BOOST_AUTO_TEST_CASE(tells_that_public_keys_do_not_sign) {
  BOOST_CHECK(!contains(noted(), "public"));
  write("secret",
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        "-----END PUBLIC KEY-----\n",
        0644);
  BOOST_CHECK_EQUAL(found(), "");
  BOOST_CHECK(contains(noted(), "get-token cannot sign"));
}

// ---- as whom

BOOST_FIXTURE_TEST_CASE(root_becomes_the_owner_of_state_keys_or_configuration,
                        HealthySite,
                        *boost::unit_test::precondition(IsRoot())) {
  const std::string file = write("claimcheck.toml", text(), 0644);
  const ConfigSources sources{file, "", {}};
  BOOST_CHECK_EQUAL(program_user(sources).path, *this / "state");
  give_to_root(*this / "state");
  BOOST_CHECK_EQUAL(program_user(sources).path, *this / "secret");
  give_to_root(*this / "secret");
  BOOST_CHECK_EQUAL(program_user(sources).path, file);
  give_to_root(file);
  BOOST_CHECK_EQUAL(program_user(sources).path, "");
  BOOST_CHECK_EQUAL(geteuid(), 0u);

  const std::string ids = in_child(
      [] {},
      [&] {
        const bool became = become({file, kNobody, kNobody});
        return std::to_string(became) + ' ' + std::to_string(getuid()) + ' ' +
               std::to_string(geteuid()) + ' ' + std::to_string(getegid()) +
               (setuid(0) == 0 ? " and back" : "");
      });
  BOOST_CHECK_EQUAL(ids, "1 65534 65534 65534");
  BOOST_CHECK(!become({file, 0, 0}));
}

BOOST_AUTO_TEST_CASE(nobody_becomes_nobody_else) {
  BOOST_CHECK_EQUAL(as_nobody([] {
                      return std::string(become({"/", 1, 1}) ? "yes" : "no");
                    }),
                    "no");
}

BOOST_AUTO_TEST_SUITE_END()
