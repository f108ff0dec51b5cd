#include "edge/audit.h"

#include <rapidjson/document.h>

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
  const auto none = [](std::string_view) { BOOST_ERROR("nothing to mend"); };
  audit.write(UnixTime(0), 200, {"issued", "", "", "", "", "", ""}, {}, none);
  std::filesystem::rename(file, file + ".1");
  audit.write(UnixTime(0), 200, {"issued", "", "", "", "", "", ""}, {}, none);
  for (const std::string& each : {file, file + ".1"}) {
    const std::string text = read_file(each);
    BOOST_CHECK_EQUAL(std::count(text.begin(), text.end(), '\n'), 1);
  }
}

BOOST_AUTO_TEST_CASE(says_in_the_servers_log_what_must_be_mended) {
  std::string said;
  const auto errors = [&](std::string_view line) {
    said += std::string(line) + '\n';
  };
  const Audit audit("test", *this / "audit.log");
  audit.write(UnixTime(0), 503, {"refused", "", "", "", "", "the reason", "a notice"}, {},
              errors);
  BOOST_CHECK_EQUAL(said, "claimcheck: a notice\nclaimcheck: the reason\n");
}

BOOST_AUTO_TEST_CASE(reports_each_line_and_escapes_what_could_mislead) {
  std::string said;
  report("one\ntwo\xe2\x80\xae\x1b[0m",
         [&](std::string_view line) { said += std::string(line) + '\n'; });
  BOOST_CHECK_EQUAL(said,
                    "claimcheck: one\nclaimcheck: two\\u202e\\u001b[0m\n");
}

BOOST_AUTO_TEST_CASE(loses_no_line_when_the_file_cannot_be_written) {
  std::string said;
  const Audit audit("test", *this / "no such folder/audit.log");
  audit.write(UnixTime(0), 200, {"issued", "", "", "", "", "", ""}, {},
              [&](std::string_view line) { said += std::string(line) + '\n'; });
  BOOST_CHECK(contains(said, "no such folder/audit.log: No such file"));
  BOOST_CHECK(contains(said, "\"event\":\"issued\""));
}

BOOST_AUTO_TEST_CASE(lines_of_many_processes_do_not_mix) {
  const std::string file = *this / "audit.log";
  const std::string name(3000, 'n');
  const int wrote = race(10, [&] {
    const Audit audit("test", file);
    bool silent = true;
    for (int i = 0; i < 50; ++i) {
      audit.write(UnixTime(0), 200, {"issued", "", name, name, "", "", ""}, {},
                  [&](std::string_view) { silent = false; });
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
  std::string said;
  Audit("test", *this / "audit.log")
      .write(UnixTime(0), 200, {"issued", "", "", "", "", "", ""}, {},
             [&](std::string_view line) { said += line; });
  BOOST_CHECK_EQUAL(read_file(*this / "precious"), "");
  BOOST_CHECK(contains(said, "\"event\":\"issued\""));
}

BOOST_AUTO_TEST_SUITE_END()
