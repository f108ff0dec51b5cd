#include "edge/audit.h"

#include <rapidjson/document.h>
#include <signal.h>
#include <sys/resource.h>

#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

rapidjson::Document parsed(const std::string& line) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(line.c_str());
  BOOST_REQUIRE_MESSAGE(!document.HasParseError(), line);
  return document;
}

// logged writes a record and returns what the web server's log then gets.
std::string logged(const Audit& audit, const AuditRecord& record,
                   int status = 200) {
  audit.keep(UnixTime(0), record, {});
  return audit.lines(UnixTime(0), status, record, {});
}

const AuditRecord kIssued = {"issued", "", "", "", "", "", ""};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit, Sandbox)

BOOST_AUTO_TEST_CASE(spells_time_numbers_and_end) {
  const std::string line = audit_line(
      UnixTime(1700000000007), {"redeemed", "ab", "alice", "/a", "", "", ""},
      {12, Delivery::End::kClientLeft, std::chrono::microseconds(1500)});
  BOOST_CHECK_EQUAL(
      line,
      R"({"time":"2023-11-14T22:13:20.007Z","event":"redeemed","handle":"ab",)"
      R"("user":"alice","resource":"/a","bytes":12,"end":"client_left",)"
      R"("ms":1.500})");
}

BOOST_AUTO_TEST_CASE(keeps_hostile_names_in_one_line_of_json) {
  const std::string hostile[] = {"a\nb\r\n{\"event\":\"forged\"}",
                                 "\"quoted\\",
                                 "\x1b[31mred",
                                 "\xc2\x9b\xe2\x80\xae right to left",
                                 "\xff\xfe not UTF-8",
                                 std::string("nul\0", 4)};
  for (const std::string& name : hostile) {
    const std::string line =
        audit_line(UnixTime(0), {"refused", "", name, name, "", name, ""}, {});
    for (unsigned char c : line) {
      BOOST_CHECK(c >= 0x20 && c != 0x7f);
    }
    BOOST_CHECK(!contains(line, "\xe2\x80\xae") && !contains(line, "\xc2\x9b"));
    BOOST_CHECK(parsed(line).HasMember("user"));
  }
}

BOOST_AUTO_TEST_CASE(appends_a_line_to_a_file_and_starts_it_anew_when_rotated) {
  const std::string file = *this / "audit.log";
  const Audit audit("test", file);
  BOOST_CHECK_EQUAL(logged(audit, kIssued), "");
  std::filesystem::rename(file, file + ".1");
  BOOST_CHECK_EQUAL(logged(audit, kIssued), "");
  for (const std::string& each : {file, file + ".1"}) {
    const std::string text = read_file(each);
    BOOST_CHECK_EQUAL(std::count(text.begin(), text.end(), '\n'), 1);
  }
}

// Where nginx's error log is silent there is no other place for it.
BOOST_AUTO_TEST_CASE(keeps_a_notice_in_the_line_of_a_file) {
  const Audit audit("download", *this / "audit.log");
  AuditRecord record = kIssued;
  record.notice = "command /x: no database\ncommand /x: second";
  logged(audit, record);
  BOOST_CHECK_EQUAL(
      parsed(read_file(*this / "audit.log"))["notice"].GetString(),
      record.notice);
}

BOOST_AUTO_TEST_CASE(says_in_the_servers_log_what_must_be_mended) {
  const Audit audit("test", *this / "audit.log");
  BOOST_CHECK_EQUAL(
      logged(audit, {"refused", "", "", "", "", "the reason", "a notice"}, 503),
      "claimcheck: a notice\nclaimcheck: the reason\n");
}

BOOST_AUTO_TEST_CASE(spells_each_line_and_escapes_what_could_mislead) {
  BOOST_CHECK_EQUAL(admin_lines("one\ntwo\xe2\x80\xae\x1b[0m"),
                    "claimcheck: one\nclaimcheck: two\\u202e\\u001b[0m\n");
}

BOOST_AUTO_TEST_CASE(goes_to_the_servers_log_alone_where_that_is_the_place) {
  const std::string said = logged(Audit("test", "stderr"), kIssued);
  BOOST_CHECK(contains(said, "\"event\":\"issued\""));
  BOOST_CHECK_EQUAL(std::count(said.begin(), said.end(), '\n'), 1);
}

// Our own error output may lead nowhere, so that the next answer tells it.
BOOST_AUTO_TEST_CASE(loses_no_line_when_the_file_cannot_be_written) {
  const Audit audit("test", *this / "no such folder/audit.log");
  const std::string said = logged(audit, kIssued);
  BOOST_CHECK(contains(said, "no such folder/audit.log: No such file"));
  BOOST_CHECK(contains(said, "\"event\":\"issued\""));
  BOOST_CHECK_EQUAL(audit.lines(UnixTime(0), 200, kIssued, {}), "");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_does_not_fill_memory) {
  const Audit audit("test", *this / "no such folder/audit.log");
  const std::string name(20'000, 'n');
  for (int i = 0; i < 5; ++i) {
    audit.keep(UnixTime(0), {"issued", "", name, "", "", "", ""}, {});
  }
  BOOST_CHECK_LE(audit.lines(UnixTime(0), 200, kIssued, {}).size(), 65536u);
}

// The last free block of a disk takes the beginning of a line.
BOOST_AUTO_TEST_CASE(a_line_that_was_cut_is_told_and_the_next_begins_anew) {
  const std::string file = *this / "audit.log";
  const std::string whole = audit_line(UnixTime(0), kIssued, {}) + '\n';
  const std::string said = in_child(
      [] { signal(SIGXFSZ, SIG_IGN); },
      [&] {
        const Audit audit("test", file);
        rlimit limit{};
        getrlimit(RLIMIT_FSIZE, &limit);
        const rlimit small = {whole.size() + 5, limit.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        std::string all = logged(audit, kIssued) + logged(audit, kIssued);
        setrlimit(RLIMIT_FSIZE, &limit);
        return all + logged(audit, kIssued) + logged(audit, kIssued);
      });
  BOOST_CHECK(contains(said, "audit.log: File too large"));
  BOOST_CHECK(contains(said, whole));
  BOOST_CHECK_EQUAL(read_file(file),
                    whole + whole.substr(0, 5) + '\n' + whole + whole);
}

BOOST_AUTO_TEST_CASE(lines_of_many_processes_do_not_mix) {
  const std::string file = *this / "audit.log";
  const std::string name(3000, 'n');
  const int wrote = race(10, [&] {
    const Audit audit("test", file);
    bool silent = true;
    for (int i = 0; i < 50; ++i) {
      silent = logged(audit, {"issued", "", name, name, "", "", ""}).empty() &&
               silent;
    }
    return silent;
  });
  BOOST_CHECK_EQUAL(wrote, 10);
  std::istringstream text(read_file(file));
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines) {
    BOOST_REQUIRE(parsed(line)["user"].GetString() == name);
  }
  BOOST_CHECK_EQUAL(lines, 500);
}

BOOST_AUTO_TEST_CASE(follows_no_link_to_another_file) {
  write("precious", "");
  symlink("precious", (*this / "audit.log").c_str());
  const std::string said = logged(Audit("test", *this / "audit.log"), kIssued);
  BOOST_CHECK_EQUAL(read_file(*this / "precious"), "");
  BOOST_CHECK(contains(said, "\"event\":\"issued\""));
}

// A web server that stopped reading the log must not stop the downloads.
BOOST_AUTO_TEST_CASE(does_not_wait_for_an_error_output_that_nobody_reads) {
  const std::string said = as_nobody([] {
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0) {
      return std::string("no pipe");
    }
    const std::string line = std::string(999, 'x') + '\n';
    for (int i = 0; i < 1000; ++i) {
      write_error(line);
    }
    std::string got(65536, '\0');
    if (read(ends[0], got.data(), got.size()) < 4096) {
      return std::string("nothing was written");
    }
    write_error("here again\n");
    const ssize_t size = read(ends[0], got.data(), got.size());
    if (size > 0 &&
        contains(got.substr(0, static_cast<std::size_t>(size)), "here again")) {
      return std::string("ok");
    }
    return std::string("the output did not recover");
  });
  BOOST_CHECK_EQUAL(said, "ok");
}

BOOST_AUTO_TEST_SUITE_END()
