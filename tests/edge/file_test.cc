#include "edge/file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <thread>

#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// A tree with everything in it that must not be opened.
struct Tree : Sandbox {
  Tree() {
    folder("root");
    folder("root/folder");
    folder("outside");
    write("root/file", "inside");
    write("root/folder/nested", "nested");
    write("outside/secret", "outside");
    symlink("../outside/secret", (*this / "root/link").c_str());
    symlink("../outside", (*this / "root/linked").c_str());
    symlink("file", (*this / "root/inner").c_str());
    mkfifo((*this / "root/fifo").c_str(), 0600);
  }

  std::string opened(const std::string& path) const {
    const auto file = open_beneath({*this / "root", path});
    if (!file) {
      return code_of(file);
    }
    std::string text(file->size, '\0');
    BOOST_REQUIRE(pread(file->fd.get(), text.data(), text.size(), 0) ==
                  static_cast<ssize_t>(text.size()));
    return text;
  }

  bool opened_by_component(const std::string& path) const {
    const Fd root(open((*this / "root").c_str(), O_PATH | O_DIRECTORY));
    return open_by_component(root.get(), path,
                             O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        .is_open();
  }
};

const std::string kRefused[] = {"none",
                                "link",
                                "linked/secret",
                                "inner",
                                "..",
                                "../outside/secret",
                                ".",
                                "folder/../../outside/secret",
                                "/etc/passwd",
                                "file/beneath",
                                std::string(300, 'a')};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file, Tree)

BOOST_AUTO_TEST_CASE(opens_a_file_and_a_nested_one) {
  BOOST_CHECK_EQUAL(opened("file"), "inside");
  BOOST_CHECK_EQUAL(opened("folder/nested"), "nested");
}

BOOST_AUTO_TEST_CASE(tells_size_time_and_inode) {
  struct stat status;
  BOOST_REQUIRE(stat((*this / "root/file").c_str(), &status) == 0);
  const auto file = open_beneath({*this / "root", "file"});
  BOOST_REQUIRE(file.has_value());
  BOOST_CHECK_EQUAL(file->size, 6u);
  BOOST_CHECK_EQUAL(file->inode, status.st_ino);
  BOOST_CHECK_EQUAL(file->mtime_ns, status.st_mtim.tv_sec * 1000000000L +
                                        status.st_mtim.tv_nsec);
}

BOOST_AUTO_TEST_CASE(takes_a_file_that_is_dated_beyond_the_year_2262) {
  const timespec times[] = {{16725225600, 0}, {16725225600, 0}};
  BOOST_REQUIRE(utimensat(AT_FDCWD, (*this / "root/file").c_str(), times, 0) ==
                0);
  const auto file = open_beneath({*this / "root", "file"});
  BOOST_REQUIRE(file.has_value());
  BOOST_CHECK_EQUAL(file->mtime_ns, 9200000000000000000);
}

BOOST_AUTO_TEST_CASE(follows_no_link_and_leaves_no_root) {
  for (const std::string& path : kRefused) {
    BOOST_CHECK_MESSAGE(opened(path) == "not_found", path);
  }
}

BOOST_AUTO_TEST_CASE(does_the_same_where_the_kernel_has_no_openat2) {
  BOOST_CHECK(opened_by_component("file"));
  BOOST_CHECK(opened_by_component("folder/nested"));
  for (const std::string& path : kRefused) {
    BOOST_CHECK_MESSAGE(!opened_by_component(path), path);
  }
}

BOOST_AUTO_TEST_CASE(opens_regular_files_alone_and_waits_for_none) {
  sockaddr_un address{AF_UNIX, ""};
  const std::string name = *this / "root/socket";
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  const Fd socket_fd(socket(AF_UNIX, SOCK_STREAM, 0));
  BOOST_REQUIRE(bind(socket_fd.get(), reinterpret_cast<sockaddr*>(&address),
                     sizeof address) == 0);
  for (const char* path : {"fifo", "folder", "socket"}) {
    BOOST_CHECK_EQUAL(opened(path), "not_found");
  }
  BOOST_CHECK_EQUAL(code_of(open_beneath({"/dev", "null"})), "not_found");
}

BOOST_AUTO_TEST_CASE(says_who_may_not_read) {
  write("root/closed", "closed", 0);
  const std::string said = as_nobody([&] {
    const auto file = open_beneath({*this / "root", "closed"});
    return code_of(file) + ' ' + detail_of(file);
  });
  BOOST_CHECK_MESSAGE(said.starts_with("not_found ") &&
                          contains(said, "Permission denied for uid"),
                      said);
}

BOOST_AUTO_TEST_CASE(says_which_root_is_not_there) {
  const auto file = open_beneath({*this / "no such root", "file"});
  BOOST_CHECK_EQUAL(code_of(file), "unavailable");
  BOOST_CHECK(contains(detail_of(file), "no such root"));
}

BOOST_AUTO_TEST_CASE(takes_a_root_that_the_admin_reaches_by_a_link) {
  symlink("root", (*this / "current").c_str());
  BOOST_CHECK_EQUAL(code_of(open_beneath({*this / "current", "file"})), "ok");
}

// A folder and a link to the outside change places while the name is opened.
BOOST_AUTO_TEST_CASE(never_leaves_the_root_while_a_folder_becomes_a_link) {
  write("outside/nested", "outside");
  symlink("../outside", (*this / "root/evil").c_str());
  const std::string folder = *this / "root/folder";
  const std::string evil = *this / "root/evil";
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    while (!stop) {
      renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, evil.c_str(), 2);
    }
  });
  const Fd root(open((*this / "root").c_str(), O_PATH | O_DIRECTORY));
  int inside = 0;
  int outside = 0;
  for (int i = 0; i < 20000; ++i) {
    inside += opened("folder/nested") == "nested" ? 1 : 0;
    outside += opened("folder/nested") == "outside" ? 1 : 0;
    const Fd fd = open_by_component(root.get(), "folder/nested", O_RDONLY);
    char first = 'n';
    BOOST_REQUIRE(!fd.is_open() || read(fd.get(), &first, 1) == 1);
    outside += first == 'o' ? 1 : 0;
  }
  stop = true;
  swapper.join();
  BOOST_CHECK_GT(inside, 0);
  BOOST_CHECK_EQUAL(outside, 0);
}

BOOST_AUTO_TEST_SUITE_END()
