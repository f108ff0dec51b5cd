#include "edge/temporary.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "edge/spool.h"
#include "leases.h"
#include "refuse.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

Fd folder_of(const std::string& path) {
  return Fd(open(path.c_str(), O_RDONLY | O_DIRECTORY));
}

std::string linked(const std::string& folder, const std::string& name,
                   const std::string& content) {
  const auto once =
      link_once(folder_of(folder).get(), name, content, Durability::kSynced);
  return once ? (*once ? "first" : "second") : code_of(once);
}

int entries(const std::string& folder) {
  const std::filesystem::recursive_directory_iterator all(folder);
  return static_cast<int>(std::distance(begin(all), end(all)));
}

bool mount_small(const char* folder, const char* options) {
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("none", folder, "tmpfs", 0, options) == 0;
}

boost::test_tools::assertion_result can_mount(boost::unit_test::test_unit_id) {
  const std::string said = in_child(
      [] {}, [] { return mount_small("/tmp", "size=16k") ? "y" : "n"; });
  boost::test_tools::assertion_result can(said == "y");
  can.message() << "a full disk needs a tmpfs, and nothing may be mounted here";
  return can;
}

struct Small : Sandbox {
  // on_disk runs `work` with a small disk of its own in `disk`.
  std::string on_disk(const char* options,
                      const std::function<std::string()>& work) const {
    mkdir(disk.c_str(), 0700);
    return in_child(
        [&] {
          if (!mount_small(disk.c_str(), options)) {
            _exit(114);
          }
        },
        work);
  }

  // fill takes all that is free, blocks and, by empty files, inodes.
  void fill_blocks() const {
    const Fd fd(open((disk + "/filler").c_str(), O_CREAT | O_WRONLY, 0600));
    const std::string block(4096, 'x');
    while (::write(fd.get(), block.data(), block.size()) > 0) {
    }
  }
  void fill_inodes() const {
    for (int i = 0;; ++i) {
      const std::string name = disk + "/inode" + std::to_string(i);
      if (!Fd(open(name.c_str(), O_CREAT | O_WRONLY, 0600)).is_open()) {
        return;
      }
    }
  }

  std::string disk = *this / "disk";
};

// What Spool does for a token, before and after there is room.
std::string redeem_around(const std::string& disk,
                          const std::function<void()>& make_room) {
  StateDirectory state({disk}, false);
  Spool spool(state, {});
  const Lease lease = lease_of("a1");
  const auto redeem = [&] {
    const auto kept = spool.redeem(lease, kNow);
    return kept ? (*kept ? "used" : "first") : code_of(kept);
  };
  std::string said = redeem();
  for (const auto& each : std::filesystem::recursive_directory_iterator(disk)) {
    said += each.path().filename().string().starts_with("tmp.") ? " left" : "";
  }
  said += " " + code_of(spool.find(lease.token));
  make_room();
  said += ' ' + redeem();
  return said += ' ' + redeem();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(temporary, Small)

BOOST_AUTO_TEST_CASE(the_first_gives_the_name_its_file) {
  const std::string place = folder("place");
  BOOST_CHECK_EQUAL(linked(place, "name", "one"), "first");
  BOOST_CHECK_EQUAL(linked(place, "name", "two"), "second");
  BOOST_CHECK_EQUAL(read_file(place + "/name"), "one");
  BOOST_CHECK_EQUAL(entries(place), 1);
  struct stat status;
  BOOST_REQUIRE(stat((place + "/name").c_str(), &status) == 0);
  BOOST_CHECK_EQUAL(status.st_mode & 07777, 0600u);
  BOOST_CHECK_EQUAL(status.st_nlink, 1u);
}

// A file system like NFS; and a kernel before 6.10.
BOOST_AUTO_TEST_CASE(the_first_is_told_whatever_way_there_is_to_link) {
  const std::pair<const char*, std::function<void()>> ways[] = {
      {"named",
       [] { refuse(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP); }},
      {"by proc", [] { refuse(SYS_linkat, 4, AT_EMPTY_PATH, ENOENT); }},
      {"neither", [] {
         refuse(SYS_linkat, 4, AT_EMPTY_PATH | AT_SYMLINK_FOLLOW, ENOENT);
       }}};
  for (const auto& [name, prepare] : ways) {
    const std::string place = folder(name);
    const std::string said = in_child(prepare, [&] {
      std::string all;
      for (const char* content : {"one", "two"}) {
        all += linked(place, "name", content) + ' ';
      }
      all += linked(place, "missing/name", "one");
      const Fd old = folder_of(folder(name + std::string(" old")));
      struct stat status;
      return link_once(old.get(), "name", "", Durability::kCached,
                       Mtime::kZero) &&
                     fstatat(old.get(), "name", &status, 0) == 0
                 ? all + ' ' + std::to_string(status.st_mtime)
                 : all;
    });
    BOOST_CHECK_MESSAGE(said == "first second unavailable 0",
                        name << ": " << said);
    BOOST_CHECK_EQUAL(read_file(place + "/name"), "one");
    BOOST_CHECK_EQUAL(entries(place), 1);
  }
}

// A folder that another process is about to make; no descriptors; a full disk.
BOOST_AUTO_TEST_CASE(what_passes_by_is_told_and_ends_no_way_to_link) {
  const std::string place = folder("place");
  for (const int error : {ENOENT, EMFILE, ENFILE, ENOMEM, ENOSPC, EDQUOT}) {
    const auto prepare = [=] {
      refuse(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, error);
    };
    const std::string said =
        in_child(prepare, [&] { return linked(place, "name", "one"); });
    BOOST_CHECK_MESSAGE(said == "unavailable", error << ": " << said);
  }
  BOOST_CHECK_EQUAL(entries(place), 0);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_a_link_is_taken) {
  const std::string place = folder("place");
  symlink("../nowhere", (place + "/name").c_str());
  BOOST_CHECK_EQUAL(linked(place, "name", "one"), "second");
  BOOST_CHECK(!std::filesystem::exists(*this / "nowhere"));
}

BOOST_AUTO_TEST_CASE(a_name_appears_whole_for_all_who_look) {
  const std::string place = folder("place");
  const std::string content(3000, 'c');
  const int good = race(20, [&] {
    linked(place, "name", content);
    return read_file(place + "/name") == content;
  });
  BOOST_CHECK_EQUAL(good, 20);
  BOOST_CHECK_EQUAL(entries(place), 1);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written_is_told) {
  const std::string closed = folder("closed", 0500);
  BOOST_CHECK_EQUAL(as_nobody([&] { return linked(closed, "name", "one"); }),
                    "unavailable");
  BOOST_CHECK_EQUAL(entries(closed), 0);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_is_told_and_leaves_nothing) {
  const std::string place = folder("place");
  BOOST_CHECK_EQUAL(linked(place, std::string(300, 'n'), "one"), "unavailable");
  BOOST_CHECK_EQUAL(entries(place), 0);
}

BOOST_AUTO_TEST_CASE(a_full_disk_lets_nobody_in_and_burns_no_token,
                     *boost::unit_test::precondition(can_mount)) {
  const std::string said = on_disk("size=64k,mode=0700", [&] {
    fill_blocks();
    return redeem_around(disk, [&] { unlink((disk + "/filler").c_str()); });
  });
  BOOST_CHECK_EQUAL(said, "unavailable ok first used");
}

BOOST_AUTO_TEST_CASE(a_disk_without_inodes_lets_nobody_in_either,
                     *boost::unit_test::precondition(can_mount)) {
  // Room for: nothing; the spool; its bucket.
  for (int room = 0; room <= 2; ++room) {
    const std::string said = on_disk("nr_inodes=32,mode=0700", [&] {
      fill_inodes();
      for (int i = 0; i < room; ++i) {
        unlink((disk + "/inode" + std::to_string(i)).c_str());
      }
      return redeem_around(disk, [&] {
        for (int i = room; i < 10; ++i) {
          unlink((disk + "/inode" + std::to_string(i)).c_str());
        }
      });
    });
    BOOST_CHECK_MESSAGE(said == "unavailable ok first used",
                        room << " inodes: " << said);
  }
}

// The last bytes take a part of the record: it must not be given its name.
BOOST_AUTO_TEST_CASE(a_record_that_is_cut_short_gets_no_name,
                     *boost::unit_test::precondition(can_mount)) {
  const std::string said = on_disk("size=16k,mode=0700", [&] {
    const std::string text = linked(disk, "name", std::string(64 * 1024, 'c')) +
                             ' ' + std::to_string(entries(disk)) + ' ';
    return text + linked(disk, "name", "small");
  });
  BOOST_CHECK_EQUAL(said, "unavailable 0 first");
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_read_only_is_told,
                     *boost::unit_test::precondition(can_mount)) {
  const std::string said = on_disk("size=64k,mode=0700", [&] {
    mount("none", disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
    StateDirectory state({disk}, false);
    return code_of(Spool(state, {}).check(kNow)) + ' ' +
           linked(disk, "name", "one");
  });
  BOOST_CHECK_EQUAL(said, "unavailable unavailable");
}

// Its bucket was let go between the link that found it and the look at it.
BOOST_AUTO_TEST_CASE(a_record_that_goes_while_it_is_read_is_no_first_use) {
  mkdir(disk.c_str(), 0700);
  const std::string said = in_child(
      [] {},
      [&] {
        StateDirectory state({disk}, false);
        Spool spool(state, {});
        std::string all;
        for (int tries = 0; tries < 2; ++tries) {
          const auto kept = spool.redeem(lease_of("a1"), kNow);
          all += kept ? (*kept ? "used " : "first ") : code_of(kept) + ' ';
          refuse(SYS_openat, 2, O_NOFOLLOW, ENOENT);
        }
        return all;
      });
  BOOST_CHECK_EQUAL(said, "first unavailable ");
}

BOOST_AUTO_TEST_CASE(a_replaced_file_keeps_its_mode_and_leaves_nothing_else) {
  const std::string place = folder("place");
  const std::string file = place + "/keys";
  std::ofstream(file) << "old";
  chmod(file.c_str(), 0640);
  BOOST_CHECK_EQUAL(code_of(replace_file(file, "new")), "ok");
  BOOST_CHECK_EQUAL(read_file(file), "new");
  struct stat status;
  BOOST_REQUIRE(stat(file.c_str(), &status) == 0);
  BOOST_CHECK_EQUAL(status.st_mode & 07777, 0640u);
  BOOST_CHECK_EQUAL(entries(place), 1);
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_whole_or_not_at_all,
                     *boost::unit_test::precondition(can_mount)) {
  const std::string said = on_disk("size=16k,mode=0700", [&] {
    const std::string file = disk + "/keys";
    std::ofstream(file) << "old";
    return code_of(replace_file(file, std::string(64 * 1024, 'n'))) + ' ' +
           read_file(file) + ' ' + std::to_string(entries(disk));
  });
  BOOST_CHECK_EQUAL(said, "unavailable old 1");
}

BOOST_AUTO_TEST_SUITE_END()
