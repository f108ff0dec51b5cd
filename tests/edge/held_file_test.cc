#include "edge/held_file.h"

#include <fcntl.h>
#include <sched.h>

#include "edge/recent.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

struct Held : Sandbox {
  Held() {
    write("log", "");
    BOOST_REQUIRE(held.hold(Fd(open(path.c_str(), O_RDONLY))) != nullptr);
  }

  // later is use() in another tick.
  HeldFile::Use later() const {
    for (const auto tick = this_tick(); this_tick() == tick; sched_yield()) {
    }
    return held.use(path);
  }

  const std::string path = *this / "log";
  HeldFile held;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(held_file, Held)

BOOST_AUTO_TEST_CASE(is_used_while_its_name_means_it) {
  const HeldFile::Use first = held.use(path);
  BOOST_REQUIRE(first != nullptr);
  BOOST_CHECK(held.use(path) == first);
  BOOST_CHECK(later() == first);
}

BOOST_AUTO_TEST_CASE(is_not_used_for_another_file_of_that_name) {
  BOOST_REQUIRE(later() != nullptr);
  std::filesystem::rename(path, path + ".1");
  BOOST_CHECK(later() == nullptr);
  write("log", "");
  BOOST_CHECK(later() == nullptr);
  std::filesystem::rename(path + ".1", path);
  BOOST_CHECK(later() != nullptr);
}

BOOST_AUTO_TEST_CASE(is_not_used_once_its_mode_is_another) {
  BOOST_REQUIRE(later() != nullptr);
  BOOST_REQUIRE(chmod(path.c_str(), 0666) == 0);
  BOOST_CHECK(later() == nullptr);
}

BOOST_AUTO_TEST_CASE(stays_open_for_who_uses_it) {
  const HeldFile::Use before = later();
  held.hold(Fd(open("/dev/null", O_RDONLY)));
  BOOST_CHECK(fcntl(before->get(), F_GETFD) >= 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_open_is_not_held) {
  BOOST_CHECK(held.hold(Fd()) == nullptr);
  BOOST_CHECK(later() != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
