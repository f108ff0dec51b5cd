#include "edge/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "edge/file.h"
#include "edge/key_file.h"
#include "edge/spool.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// The kernel's, for a skip in words.
struct HasLandlock {
  boost::test_tools::assertion_result operator()(
      boost::unit_test::test_unit_id) const {
    boost::test_tools::assertion_result there(
        syscall(SYS_landlock_create_ruleset, nullptr, 0,
                LANDLOCK_CREATE_RULESET_VERSION) > 0);
    there.message() << "this kernel has no Landlock";
    return there;
  }
};

struct Site : Sandbox {
  Site() {
    folder("site");
    folder("site/tree");
    write("site/tree/a", "a");
    folder("keys");
    write("keys/secret", "a secret of the tests, forty characters.\n");
    folder("logs");
    folder("state");
    folder("elsewhere");
    write("elsewhere/b", "b");
    Download download;
    download.path = "/downloads/";
    download.root = *this / "site/tree";
    config.downloads = {download};
    config.keys = *this / "keys/secret";
    config.audit = *this / "logs/audit";
    config.state = {*this / "state"};
  }

  // confined is what `work` says in a process that confined itself.
  std::string confined(const std::function<std::string()>& work) const {
    return as_nobody([&] {
      return confine(config) ? work() : std::string("not confined");
    });
  }

  std::string opened(const std::string& name, int flags = O_RDONLY) const {
    const Fd fd(open((*this / name).c_str(), flags | O_CLOEXEC, 0600));
    return fd.is_open() ? "ok" : std::strerror(errno);
  }

  Config config;
};

const std::string kDenied = std::strerror(EACCES);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(confinement, Site,
                         *boost::unit_test::precondition(HasLandlock()))

BOOST_AUTO_TEST_CASE(leaves_what_the_configuration_names) {
  BOOST_CHECK_EQUAL(confined([&] { return opened("site/tree/a"); }), "ok");
  BOOST_CHECK_EQUAL(confined([&] {
                      return detail_of(open_key_file(config.keys));
                    }),
                    "");
  BOOST_CHECK_EQUAL(
      confined([&] { return opened("logs/audit", O_WRONLY | O_CREAT); }), "ok");
  BOOST_CHECK_EQUAL(confined([&] {
                      StateDirectory state(config.state, true);
                      const Result<bool> won =
                          Spool(state).redeem({"0a", UnixTime(0), "/"}, {});
                      return won && *won ? "ok" : detail_of(won);
                    }),
                    "ok");
}

BOOST_AUTO_TEST_CASE(takes_all_else_away) {
  BOOST_CHECK_EQUAL(as_nobody([&] { return opened("elsewhere/b"); }), "ok");
  BOOST_CHECK_EQUAL(confined([&] { return opened("elsewhere/b"); }), kDenied);
  BOOST_CHECK_EQUAL(
      confined([&] { return opened("elsewhere/c", O_WRONLY | O_CREAT); }),
      kDenied);
  BOOST_CHECK_EQUAL(confined([&] { return opened("site/tree/a", O_WRONLY); }),
                    kDenied);
  BOOST_CHECK_EQUAL(confined([&] { return opened("keys/secret", O_WRONLY); }),
                    kDenied);
  BOOST_CHECK_EQUAL(confined([] {
                      const Fd fd(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
                      return std::string(fd.is_open() ? "ok"
                                                      : std::strerror(errno));
                    }),
                    kDenied);
  BOOST_CHECK_EQUAL(confined([] {
                      execl("/bin/true", "true", nullptr);
                      return std::string(std::strerror(errno));
                    }),
                    kDenied);
}

BOOST_AUTO_TEST_CASE(serves_a_tree_that_took_the_place_of_another) {
  const std::string said = in_child(drop_privileges, [&] {
    int ends[2];
    if (pipe(ends) != 0) {
      return std::string("no pipe");
    }
    const pid_t deployer = fork();
    if (deployer == 0) {
      char byte = 0;
      const bool is_asked = read(ends[0], &byte, 1) == 1;
      const bool is_moved =
          rename((*this / "site/tree").c_str(), (*this / "site/old").c_str()) ==
              0 &&
          mkdir((*this / "site/tree").c_str(), 0700) == 0;
      std::ofstream(*this / "site/tree/a") << "new";
      _exit(is_asked && is_moved ? 0 : 1);
    }
    confine(config);
    int status = 1;
    if (::write(ends[1], "x", 1) != 1 || waitpid(deployer, &status, 0) < 0 ||
        status != 0) {
      return std::string("not deployed");
    }
    return read_file(*this / "site/tree/a");
  });
  BOOST_CHECK_EQUAL(said, "new");
}

BOOST_AUTO_TEST_CASE(a_state_folder_may_be_made_later) {
  config.state = {*this / "later"};
  const std::string said = confined([&] {
    StateDirectory state(config.state, false);
    const Result<bool> won =
        Spool(state).redeem({"0a", UnixTime(0), "/"}, {});
    return won && *won ? "ok" : detail_of(won);
  });
  BOOST_CHECK_EQUAL(said, "ok");
}

BOOST_AUTO_TEST_SUITE_END()
