#include "edge/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "edge/dial.h"
#include "edge/file.h"
#include "edge/key_file.h"
#include "edge/spool.h"
#include "leases.h"
#include "listener.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// The kernel's, for a skip in words.
boost::test_tools::assertion_result has_landlock(
    boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result there(
      syscall(SYS_landlock_create_ruleset, nullptr, 0,
              LANDLOCK_CREATE_RULESET_VERSION) > 0);
  there.message() << "this kernel has no Landlock";
  return there;
}

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
    return as_nobody(
        [&] { return confine(config) ? work() : std::string("not confined"); });
  }

  // confined_after is what `work` says in a process that confined itself, and
  // has waited for another one to do `deploy`.
  std::string confined_after(const std::function<void()>& deploy,
                             const std::function<std::string()>& work) const {
    return in_child(drop_privileges, [&] {
      int ends[2];
      if (pipe(ends) != 0) {
        return std::string("no pipe");
      }
      const pid_t deployer = fork();
      if (deployer == 0) {
        char byte = 0;
        if (read(ends[0], &byte, 1) == 1) {
          deploy();
        }
        _exit(0);
      }
      int status = 1;
      if (!confine(config) || ::write(ends[1], "x", 1) != 1 ||
          waitpid(deployer, &status, 0) < 0 || status != 0) {
        return std::string("not deployed");
      }
      return work();
    });
  }

  std::string served_after(const std::function<void()>& deploy,
                           const std::string& file) const {
    return confined_after(deploy, [&] { return read_file(file); });
  }

  std::string opened(const std::string& name, int flags = O_RDONLY) const {
    const Fd fd(open((*this / name).c_str(), flags | O_CLOEXEC, 0600));
    return fd.is_open() ? "ok" : std::strerror(errno);
  }

  Config config;
};

const std::string kDenied = std::strerror(EACCES);

}  // namespace

namespace {

// redeem_and_sweep does all that the spool does to its folder.
std::string redeem_and_sweep(StateDirectory& state) {
  Spool spool(state, {});
  for (const UnixTime now : {kNow, kNow + std::chrono::hours(2)}) {
    const auto kept = spool.redeem(lease_of("0a", now), now);
    if (!kept || *kept) {
      return kept ? "used" : detail_of(kept);
    }
  }
  const auto swept = spool.find(lease_of("0a", kNow).token);
  return swept && !*swept ? "ok" : "not swept";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(confinement, Site,
                         *boost::unit_test::precondition(has_landlock))

BOOST_AUTO_TEST_CASE(leaves_what_the_configuration_names) {
  BOOST_CHECK_EQUAL(confined([&] { return opened("site/tree/a"); }), "ok");
  BOOST_CHECK_EQUAL(
      confined([&] { return detail_of(open_key_file(config.keys)); }), "");
  BOOST_CHECK_EQUAL(
      confined([&] { return opened("logs/audit", O_WRONLY | O_CREAT); }), "ok");
  BOOST_CHECK_EQUAL(confined([&] {
                      StateDirectory state(config.state, false);
                      return redeem_and_sweep(state);
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
  BOOST_CHECK_EQUAL(
      confined([] {
        const Fd fd(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
        return std::string(fd.is_open() ? "ok" : std::strerror(errno));
      }),
      kDenied);
  BOOST_CHECK_EQUAL(confined([] {
                      execl("/bin/true", "true", nullptr);
                      return std::string(std::strerror(errno));
                    }),
                    kDenied);
}

BOOST_AUTO_TEST_CASE(serves_a_tree_that_took_the_place_of_another) {
  folder("site/new");
  write("site/new/a", "new");
  folder("site/old");
  const std::string said = served_after(
      [&] {
        rename((*this / "site/tree").c_str(), (*this / "site/old").c_str());
        rename((*this / "site/new").c_str(), (*this / "site/tree").c_str());
      },
      *this / "site/tree/a");
  BOOST_CHECK_EQUAL(said, "new");
}

// A deploy that switches a link: current -> v1, then v2.
BOOST_AUTO_TEST_CASE(serves_what_a_link_was_switched_to) {
  for (const char* version : {"v1", "v2"}) {
    folder(std::string("site/") + version);
    folder(std::string("site/") + version + "/files");
    write(std::string("site/") + version + "/files/a", version);
  }
  BOOST_REQUIRE(symlink("v1", (*this / "site/current").c_str()) == 0);
  config.downloads[0].root = *this / "site/current/files";
  const std::string link = *this / "site/current";
  const std::string next = *this / "site/next";
  BOOST_REQUIRE(symlink("v2", next.c_str()) == 0);
  BOOST_CHECK_EQUAL(served_after([&] { rename(next.c_str(), link.c_str()); },
                                 link + "/files/a"),
                    "v2");
}

// What lies further up is out of reach, and the log says what to do.
BOOST_AUTO_TEST_CASE(says_that_a_tree_was_moved_out_of_reach) {
  folder("site/new");
  folder("site/new/tree");
  write("site/new/tree/a", "new");
  folder("site/old");
  config.downloads[0].root = *this / "site/tree/tree";
  folder("site/tree/tree");
  const std::string said = confined_after(
      [&] {
        rename((*this / "site/tree").c_str(), (*this / "site/old").c_str());
        rename((*this / "site/new").c_str(), (*this / "site/tree").c_str());
      },
      [&] {
        const Result<OpenFile> opened =
            open_beneath({config.downloads[0].root, "a"});
        return code_of(opened) + ' ' + detail_of(opened);
      });
  BOOST_CHECK_MESSAGE(said.starts_with("unavailable "), said);
  BOOST_CHECK(contains(said, "(Landlock): then restart us"));
}

BOOST_AUTO_TEST_CASE(takes_keys_that_were_put_in_the_place_of_others) {
  folder("keys/1");
  folder("keys/2");
  write("keys/1/key", "the first secret of the tests, 40 characters\n");
  write("keys/2/key", "the other secret of the tests, 40 characters\n");
  BOOST_REQUIRE(symlink("1", (*this / "keys/data").c_str()) == 0);
  BOOST_REQUIRE(symlink("data/key", (*this / "keys/key").c_str()) == 0);
  BOOST_REQUIRE(symlink("2", (*this / "keys/next").c_str()) == 0);
  config.keys = *this / "keys/key";
  const std::string link = *this / "keys/data";
  BOOST_CHECK_EQUAL(
      served_after([&] { rename((*this / "keys/next").c_str(), link.c_str()); },
                   config.keys),
      "the other secret of the tests, 40 characters\n");
}

BOOST_AUTO_TEST_CASE(a_folder_at_the_top_does_not_open_the_whole_machine) {
  config.downloads[0].root = "/usr";
  config.audit = "/claimcheck-audit";
  config.keys.clear();
  BOOST_CHECK_EQUAL(
      confined([] {
        const Fd fd(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
        return std::string(fd.is_open() ? "ok" : std::strerror(errno));
      }),
      kDenied);
}

// A Redis with a name is looked up again whenever it is connected to.
BOOST_AUTO_TEST_CASE(looks_up_the_name_of_a_redis_and_no_other) {
  const Listener listener;
  const auto dialled = [&](const std::string& url) {
    config.state_url = url;
    return confined([&] {
      NameLookup lookup("localhost", listener.port);
      return code_of(
          dial_host(lookup, SteadyClock::now() + std::chrono::seconds(30)));
    });
  };
  BOOST_CHECK_EQUAL(dialled("redis://localhost"), "ok");
  BOOST_CHECK_EQUAL(dialled("redis://127.0.0.1"), "unavailable");
  BOOST_CHECK_EQUAL(dialled("unix:///run/redis.sock"), "unavailable");
  config.state_url = "redis://localhost";
  BOOST_CHECK_EQUAL(
      confined([] {
        const Fd fd(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
        return std::string(fd.is_open() ? "ok" : std::strerror(errno));
      }),
      kDenied);
}

BOOST_AUTO_TEST_CASE(a_state_folder_may_be_made_later) {
  config.state = {*this / "later"};
  const std::string said = confined([&] {
    StateDirectory state(config.state, true);
    return redeem_and_sweep(state);
  });
  BOOST_CHECK_EQUAL(said, "ok");
}

BOOST_AUTO_TEST_SUITE_END()
