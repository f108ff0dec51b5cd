#include "edge/config_watch.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "edge/mistakes_file.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// A site as FTP makes it: programs below the document root, the configuration
// beside that.
struct FtpSite : Sandbox {
  FtpSite() { folder("claimcheck"); }
  ConfigSources sources{"", *this / "public_html/claimcheck/download.fcgi", {}};
  std::string file = *this / "claimcheck/claimcheck.toml";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(config_watch, FtpSite)

BOOST_AUTO_TEST_CASE(sees_an_edit_of_what_was_found_above_the_executable) {
  write("claimcheck/claimcheck.toml", "a");
  const ConfigWatch watch(sources);
  BOOST_CHECK(!watch.has_changed());
  write("claimcheck/claimcheck.toml", "ab");
  BOOST_CHECK(watch.has_changed());
}

BOOST_AUTO_TEST_CASE(sees_one_that_comes_and_one_that_goes) {
  const ConfigWatch before(sources);
  write("claimcheck/claimcheck.toml", "a");
  const ConfigWatch after(sources);
  BOOST_CHECK(before.has_changed());
  unlink(file.c_str());
  BOOST_CHECK(after.has_changed());
}

BOOST_AUTO_TEST_CASE(looks_at_none_that_somebody_named) {
  write("claimcheck/claimcheck.toml", "a");
  sources.flag = file;
  const ConfigWatch by_flag(sources);
  sources.flag.clear();
  sources.environment["CLAIMCHECK_CONFIG"] = file;
  const ConfigWatch by_variable(sources);
  write("claimcheck/claimcheck.toml", "ab");
  BOOST_CHECK(!by_flag.has_changed());
  BOOST_CHECK(!by_variable.has_changed());
}

BOOST_AUTO_TEST_CASE(
    mistakes_stand_beside_the_configuration_until_it_is_right) {
  const std::string told = *this / "claimcheck/mistakes.txt";
  write_mistakes(file, "claimcheck.toml:3: access");
  write_mistakes(file, "claimcheck.toml:4: home");
  std::ifstream in(told);
  std::stringstream text;
  text << in.rdbuf();
  BOOST_CHECK(text.str().ends_with("mended:\nclaimcheck.toml:4: home\n"));
  remove_mistakes(file);
  BOOST_CHECK(access(told.c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_CASE(mistakes_follow_no_link) {
  const std::string other = write("other", "of somebody");
  BOOST_REQUIRE(
      symlink(other.c_str(), (*this / "claimcheck/mistakes.txt").c_str()) == 0);
  write_mistakes(file, "claimcheck.toml:3: access");
  std::ifstream in(other);
  std::stringstream text;
  text << in.rdbuf();
  BOOST_CHECK_EQUAL(text.str(), "of somebody");
}

BOOST_AUTO_TEST_SUITE_END()
