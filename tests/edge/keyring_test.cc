#include "edge/keyring.h"

#include "claimcheck/sha256.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kSecret = "0123456789012345678901234567890123456789";

std::string keyed(const Config& config) {
  return as_nobody([&] {
    StateDirectory state(config.state, true);
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
      StateDirectory none({}, true);
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

BOOST_AUTO_TEST_CASE(refuses_what_is_another_kind_of_key) {
  for (const std::string& text :
       {std::string("{\"kty\":\"oct\",\"k\":\"") + kSecret + "\"}",
        std::string("-----BEGIN PRIVATE KEY-----\n") + kSecret,
        std::string(kSecret) + '\n' + kSecret, std::string("short"),
        std::string(5000, 'a')}) {
    Config config;
    config.keys = write("secret", text);
    const std::string said = keyed(config);
    BOOST_CHECK_MESSAGE(said.starts_with("config ") && !contains(said, kSecret),
                        said);
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
    StateDirectory state(config.state, true);
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
    StateDirectory state(config.state, true);
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
        StateDirectory state(config.state, true);
        return code_of(Keyring(config, state).keys());
      });
  struct stat status;
  BOOST_REQUIRE(stat((*this / "state/secret").c_str(), &status) == 0);
  BOOST_CHECK_EQUAL(status.st_mode & 07777, 0600u);
}

BOOST_AUTO_TEST_SUITE_END()
