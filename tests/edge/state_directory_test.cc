#include "edge/state_directory.h"

#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::string opened(std::vector<std::string> candidates, bool is_made) {
  return as_nobody([&] {
    StateDirectory state(candidates, is_made);
    const auto folder = state.open();
    return code_of(folder) + ' ' + detail_of(folder);
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state_directory, Sandbox)

BOOST_AUTO_TEST_CASE(takes_a_folder_of_its_own) {
  BOOST_CHECK_EQUAL(opened({folder("state")}, false), "ok ");
}

BOOST_AUTO_TEST_CASE(makes_no_folder_that_was_named) {
  const std::string said = opened({*this / "state"}, false);
  BOOST_CHECK_MESSAGE(
      said.starts_with("unavailable") && contains(said, "install -d -m 0700"),
      said);
  BOOST_CHECK(!std::filesystem::exists(*this / "state"));
}

BOOST_AUTO_TEST_CASE(makes_the_first_default_that_can_be_made) {
  BOOST_CHECK_EQUAL(opened({"/proc/claimcheck", *this / "state"}, true), "ok ");
  struct stat status;
  BOOST_REQUIRE(stat((*this / "state").c_str(), &status) == 0);
  BOOST_CHECK_EQUAL(status.st_mode & 07777, 0700u);
}

BOOST_AUTO_TEST_CASE(prefers_a_default_that_is_there) {
  const std::string second = folder("second");
  BOOST_CHECK_EQUAL(opened({*this / "first", second}, true), "ok ");
  BOOST_CHECK(!std::filesystem::exists(*this / "first"));
}

// Its used tokens would be forgotten in the other.
BOOST_AUTO_TEST_CASE(leaves_no_default_that_is_there_but_of_no_use) {
  const std::string first = folder("first", 0770);
  const std::string second = folder("second");
  BOOST_CHECK(opened({first, second}, true).starts_with("unavailable"));
  BOOST_CHECK(opened({"/etc", second}, true).starts_with("unavailable"));
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_that_others_may_write) {
  for (unsigned mode : {0720u, 0702u, 0777u}) {
    const std::string said = opened({folder("state", mode)}, false);
    BOOST_CHECK_MESSAGE(
        said.starts_with("unavailable") && contains(said, "chmod 0700"), said);
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_of_another_user) {
  const std::string said = opened({"/etc"}, false);
  BOOST_CHECK_MESSAGE(
      said.starts_with("unavailable") && contains(said, "belongs to uid 0"),
      said);
}

// A new, empty folder would let used tokens in.
BOOST_AUTO_TEST_CASE(does_not_make_again_what_was_removed) {
  const std::string said = as_nobody([&] {
    StateDirectory state({*this / "state"}, true);
    std::string steps = code_of(state.open());
    rmdir((*this / "state").c_str());
    steps += ' ' + code_of(state.open());
    mkdir((*this / "state").c_str(), 0700);
    return steps + ' ' + code_of(state.open());
  });
  BOOST_CHECK_EQUAL(said, "ok unavailable ok");
}

// get-token and download start together on a fresh host: if each settled on a
// folder of its own, no token would ever verify.
BOOST_AUTO_TEST_CASE(all_who_come_at_once_settle_on_one_default) {
  for (int round = 0; round < 60; ++round) {
    const std::string name = *this / ("state" + std::to_string(round));
    const std::string second = name + ".second";
    const int settled = race(20, [&] {
      StateDirectory state({name, second}, true);
      return state.open().has_value();
    });
    BOOST_REQUIRE_EQUAL(settled, 20);
    BOOST_REQUIRE_MESSAGE(!std::filesystem::exists(second),
                          "round " << round << ": two folders");
  }
}

BOOST_AUTO_TEST_CASE(the_second_to_make_the_only_default_finds_it) {
  for (int round = 0; round < 60; ++round) {
    const std::string name = *this / ("state" + std::to_string(round));
    const int settled = race(20, [&] {
      StateDirectory state({name}, true);
      return state.open().has_value();
    });
    BOOST_REQUIRE_EQUAL(settled, 20);
  }
}

BOOST_AUTO_TEST_SUITE_END()
