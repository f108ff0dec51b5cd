#include "edge/keyring.h"

#include <sys/resource.h>

#include <thread>

#include "claimcheck/sha256.h"
#include "keyrings.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kSecret = "0123456789012345678901234567890123456789";

constexpr const char* kPublic =
    R"({"kty":"OKP","crv":"Ed25519",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

std::string kid_in_force(Keyring& keyring) {
  const auto keys = keyring.keys();
  return keys ? (*keys)->front().kid() : detail_of(keys);
}

// Watched is a keyring on a file that tests replace. Its files are ours.
struct Watched : Sandbox {
  Watched() { replace(named("first", 'a')); }

  void replace(const std::string& text, unsigned mode = 0600) {
    const std::string next = *this / "next";
    std::ofstream(next) << text;
    chmod(next.c_str(), mode);
    BOOST_REQUIRE(rename(next.c_str(), config.keys.c_str()) == 0);
  }

  Config config = [this] {
    Config made;
    made.keys = *this / "keys";
    return made;
  }();
  StateDirectory none{{}, true};
  Keyring keyring{config, none};
};

std::string keyed(const Config& config) {
  return as_nobody([&] {
    StateDirectory state(config.state, false);
    Keyring keyring(config, state);
    const auto keys = keyring.keys();
    return code_of(keys) + ' ' + detail_of(keys);
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keyring, Sandbox)

BOOST_AUTO_TEST_CASE(takes_a_secret_of_the_environment) {
  Config config;
  config.jwt_secret = kSecret;
  BOOST_CHECK_EQUAL(keyed(config), "ok ");
}

BOOST_AUTO_TEST_CASE(refuses_a_short_secret_and_does_not_show_it) {
  Config config;
  config.jwt_secret = "hunter2";
  const std::string said = keyed(config);
  BOOST_CHECK_MESSAGE(said.starts_with("config") && contains(said, "7 bytes") &&
                          contains(said, "claimcheck keygen") &&
                          !contains(said, "hunter2"),
                      said);
}

BOOST_AUTO_TEST_CASE(takes_a_file_with_or_without_a_line_end) {
  const std::string expected(bytes_of(Key::hs256(kSecret)->thumbprint()));
  for (const char* end : {"", "\n", "\r\n"}) {
    Config config;
    config.keys = write("secret", std::string(kSecret) + end);
    const std::string thumbprint = as_nobody([&] {
      StateDirectory none({}, false);
      const auto keys = Keyring(config, none).keys();
      return keys ? std::string(bytes_of((*keys)->front().thumbprint()))
                  : detail_of(keys);
    });
    BOOST_CHECK(thumbprint == expected);
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_others_may_read_or_write) {
  for (unsigned mode : {0604u, 0602u, 0620u, 0644u}) {
    Config config;
    config.keys = write("secret", kSecret, mode);
    const std::string said = keyed(config);
    BOOST_CHECK_MESSAGE(said.starts_with("config") && contains(said, "chmod"),
                        said);
  }
  Config config;
  config.keys = write("secret", kSecret, 0640);
  BOOST_CHECK_EQUAL(keyed(config), "ok ");
}

BOOST_AUTO_TEST_CASE(refuses_what_holds_no_key_and_does_not_show_it) {
  for (const std::string& text :
       {std::string("{\"kty\":\"RSA\",\"k\":\"") + kSecret + "\"}",
        std::string("-----BEGIN PRIVATE KEY-----\n") + kSecret,
        std::string(kSecret) + '\n' + kSecret, std::string("short"),
        std::string(70000, 'a')}) {
    Config config;
    config.keys = write("secret", text);
    const std::string said = keyed(config);
    BOOST_CHECK_MESSAGE(said.starts_with("config ") && !contains(said, kSecret),
                        said);
  }
}

BOOST_AUTO_TEST_CASE(a_public_key_may_be_read_by_all_and_written_by_none) {
  Config config;
  config.keys = write("public", kPublic, 0644);
  BOOST_CHECK_EQUAL(keyed(config), "ok ");
  for (unsigned mode : {0664u, 0646u}) {
    config.keys = write("public", kPublic, mode);
    BOOST_CHECK(keyed(config).starts_with("config"));
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_file_of_another_user) {
  if (geteuid() == 0) {
    Config config;
    config.keys = write("public", kPublic, 0644);
    BOOST_REQUIRE(chown(config.keys.c_str(), 12345, 12345) == 0);
    BOOST_CHECK(contains(keyed(config), "another user"));
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_file_that_is_not_there_or_not_regular) {
  Config config;
  config.keys = *this / "none";
  BOOST_CHECK(keyed(config).starts_with("config"));
  config.keys = folder("folder");
  BOOST_CHECK(keyed(config).starts_with("config"));
  config.keys = *this / "fifo";
  mkfifo(config.keys.c_str(), 0600);
  BOOST_CHECK(keyed(config).starts_with("config"));
}

BOOST_AUTO_TEST_CASE(makes_one_secret_for_all_who_come_at_once) {
  Config config;
  config.state = {folder("state")};
  const int made = race(20, [&] {
    StateDirectory state(config.state, false);
    Keyring keyring(config, state);
    const auto mine = keyring.keys();
    Keyring second(config, state);
    const auto others = second.keys();
    return mine && others &&
           (*mine)->front().thumbprint() == (*others)->front().thumbprint();
  });
  BOOST_CHECK_EQUAL(made, 20);
  struct stat status;
  BOOST_REQUIRE(stat((*this / "state/secret").c_str(), &status) == 0);
  BOOST_CHECK_EQUAL(status.st_mode & 07777, 0600u);
  BOOST_CHECK_EQUAL(status.st_size, 44);
  const std::filesystem::directory_iterator left(config.state[0]);
  BOOST_CHECK_EQUAL(std::distance(begin(left), end(left)), 1);
}

BOOST_AUTO_TEST_CASE(tries_again_until_the_state_directory_is_there) {
  Config config;
  config.state = {*this / "state"};
  const std::string said = as_nobody([&] {
    StateDirectory state(config.state, false);
    Keyring keyring(config, state);
    std::string steps = code_of(keyring.keys());
    mkdir((*this / "state").c_str(), 0700);
    return steps + ' ' + code_of(keyring.keys());
  });
  BOOST_CHECK_EQUAL(said, "unavailable ok");
}

BOOST_AUTO_TEST_CASE(follows_no_link_to_a_secret_elsewhere) {
  Config config;
  config.state = {folder("state")};
  write("elsewhere", kSecret);
  symlink("../elsewhere", (*this / "state/secret").c_str());
  BOOST_CHECK(keyed(config).starts_with("unavailable "));
}

BOOST_AUTO_TEST_CASE(makes_a_private_secret_whatever_the_umask) {
  Config config;
  config.state = {folder("state")};
  in_child(
      [] {
        drop_privileges();
        umask(0);
      },
      [&] {
        StateDirectory state(config.state, false);
        return code_of(Keyring(config, state).keys());
      });
  struct stat status;
  BOOST_REQUIRE(stat((*this / "state/secret").c_str(), &status) == 0);
  BOOST_CHECK_EQUAL(status.st_mode & 07777, 0600u);
}

BOOST_AUTO_TEST_CASE(one_of_a_file_alone_names_its_setting_and_makes_nothing) {
  const std::string missing = *this / "none";
  for (const auto& [file, expected] :
       {std::pair(missing, "bearer_keys: " + missing + ": No such file"),
        {write("short", "hunter2"), "bearer_keys: " + *this / "short" + ": "},
        {std::string(), std::string("bearer_keys: : No such file")}}) {
    const std::string said = as_nobody([&, name = file] {
      Keyring keyring("bearer_keys", name);
      return detail_of(keyring.keys());
    });
    BOOST_CHECK_MESSAGE(said.starts_with(expected), said);
  }
  const std::string jwk = write("jwk", named("vouches", 'a'));
  BOOST_CHECK_EQUAL(as_nobody([&] {
                      Keyring keyring("bearer_keys", jwk);
                      return kid_in_force(keyring);
                    }),
                    "vouches");
}

BOOST_FIXTURE_TEST_CASE(takes_a_replaced_file_at_the_next_request, Watched) {
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  const auto before = *keyring.keys();
  replace(named("second", 'b'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "second");
  BOOST_CHECK_EQUAL(before->front().kid(), "first");
  BOOST_CHECK_EQUAL(keyring.take_notice(), "");
}

// Same inode, same size, and the same tick of the file system's clock.
BOOST_FIXTURE_TEST_CASE(takes_a_file_that_was_written_over, Watched) {
  for (const char letter : std::string("bcdefghij")) {
    BOOST_CHECK(!kid_in_force(keyring).empty());
    std::ofstream(config.keys) << named(std::string(5, letter).c_str(), letter);
    BOOST_CHECK_EQUAL(kid_in_force(keyring), std::string(5, letter));
  }
}

BOOST_FIXTURE_TEST_CASE(keeps_the_old_keys_when_the_new_are_none, Watched) {
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  for (const char* text : {"", "short", "{\"keys\":[]}", "{\"kty\":"}) {
    replace(text);
    BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
    const std::string said = keyring.take_notice();
    BOOST_CHECK_MESSAGE(contains(said, config.keys) &&
                            contains(said, "the keys of before stay in force"),
                        said);
    BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
    BOOST_CHECK_EQUAL(keyring.take_notice(), "");
  }
  replace(named("mended", 'c'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "mended");
}

BOOST_FIXTURE_TEST_CASE(keeps_the_old_keys_when_others_may_read_the_new,
                        Watched) {
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  replace(named("exposed", 'b'), 0644);
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  BOOST_CHECK(contains(keyring.take_notice(), "chmod"));
}

BOOST_FIXTURE_TEST_CASE(keeps_the_old_keys_while_the_file_is_gone, Watched) {
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  unlink(config.keys.c_str());
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  BOOST_CHECK(contains(keyring.take_notice(), "No such file"));
  replace(named("back", 'b'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "back");
}

BOOST_FIXTURE_TEST_CASE(mends_itself_when_it_began_without_keys, Watched) {
  replace("short");
  BOOST_CHECK(contains(kid_in_force(keyring), "5 bytes"));
  replace(named("late", 'b'));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "late");
}

BOOST_FIXTURE_TEST_CASE(follows_a_link_that_is_turned, Watched) {
  write("one", named("one", 'a'));
  write("two", named("two", 'b'));
  unlink(config.keys.c_str());
  BOOST_REQUIRE(symlink("one", config.keys.c_str()) == 0);
  const std::string said = as_nobody([&] {
    std::string kids = kid_in_force(keyring);
    symlink("two", (*this / "next").c_str());
    rename((*this / "next").c_str(), config.keys.c_str());
    return kids + ' ' + kid_in_force(keyring);
  });
  BOOST_CHECK_EQUAL(said, "one two");
}

// Under the thread sanitizer this tells whether readers and the one who
// replaces the keys get along.
BOOST_FIXTURE_TEST_CASE(replaces_keys_under_threads_that_verify, Watched) {
  // The first text that replaces the keys is none: those of before must be in
  // force by then.
  BOOST_REQUIRE_EQUAL(kid_in_force(keyring), "first");
  const auto turns = [&] {
    for (int i = 0; i < 200; ++i) {
      replace(i % 5 == 0 ? "short"
                         : named("turn", static_cast<char>('a' + i % 26)));
      std::this_thread::yield();
    }
  };
  const auto accepted = [&](int) {
    const auto keys = *keyring.keys();
    const bool is_one = is_verified_by(*keys, signed_by(keys->front()));
    keyring.take_notice();
    return is_one;
  };
  BOOST_CHECK_EQUAL(refused_while(turns, 4, accepted), 0);
}

// No descriptors is no fault of the file, which does not change when there are
// some.
BOOST_FIXTURE_TEST_CASE(keys_that_could_not_be_read_are_tried_again, Watched) {
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "first");
  replace(named("second", 'b'));
  rlimit limit;
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none_left = {0, limit.rlim_max};
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  const std::string meanwhile = kid_in_force(keyring);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::string settled = kid_in_force(keyring);
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  BOOST_CHECK_EQUAL(meanwhile, "first");
  BOOST_CHECK_EQUAL(settled, "first");
  BOOST_CHECK(contains(keyring.take_notice(), "stay in force"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  BOOST_CHECK_EQUAL(kid_in_force(keyring), "second");
  BOOST_CHECK_EQUAL(keyring.take_notice(), "");
}

BOOST_AUTO_TEST_SUITE_END()
