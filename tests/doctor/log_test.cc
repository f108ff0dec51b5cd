#include "doctor/log.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>

using namespace claimcheck::doctor;

namespace {

// A log of these bytes, for as long as it is in scope.
class LogFile {
 public:
  explicit LogFile(const std::string& text) {
    char name[] = "/tmp/claimcheck-log-XXXXXX";
    close(mkstemp(name));
    name_ = name;
    std::ofstream(name_, std::ios::binary) << text;
  }
  ~LogFile() { unlink(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

Logged searched(const std::string& text) {
  const LogFile log(text);
  const auto logged =
      search_log(log.name(), {"TOKEN-ONE", "TOKEN-TWO"}, {"MARK", "\"1a2b"});
  BOOST_REQUIRE(logged.has_value());
  return *logged;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_log)

BOOST_AUTO_TEST_CASE(tells_the_lines_that_hold_a_token) {
  const Logged logged = searched("a\nGET /?token=TOKEN-TWO\nMARK\nTOKEN-ONE");
  BOOST_TEST(logged.lines == (std::vector<std::size_t>{2, 4}),
             boost::test_tools::per_element());
  BOOST_TEST(logged.has_mark);
}

BOOST_AUTO_TEST_CASE(a_log_of_another_site_has_no_mark) {
  const Logged logged = searched("a\nb\n");
  BOOST_TEST(logged.lines.empty());
  BOOST_TEST(!logged.has_mark);
}

BOOST_AUTO_TEST_CASE(the_audit_line_of_the_last_token_is_a_mark) {
  BOOST_TEST(searched(R"({"event":"issued","handle":"1a2b3c"})").has_mark);
  BOOST_TEST(searched(R"([error] {\"event\":\"issued\",\"handle\":\"1a2b3c\"})")
                 .has_mark);
  // Another's, or of another day.
  BOOST_TEST(
      !searched(
           R"({"event":"refused","handle":"9f1a2b","code":"token_missing"})")
           .has_mark);
}

BOOST_AUTO_TEST_CASE(
    reads_the_end_of_a_long_one_and_counts_from_its_beginning) {
  const std::string line(63, 'x');
  std::string text;
  while (text.size() <= 2 * kMaxLog) {
    text += line + '\n';
  }
  const std::size_t lines = text.size() / 64;
  const Logged logged = searched("TOKEN-ONE\n" + text + "TOKEN-TWO\n");
  BOOST_TEST(logged.lines == (std::vector<std::size_t>{lines + 2}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(says_why_a_log_cannot_be_read) {
  BOOST_TEST(!search_log("/nowhere/log", {"T"}, {"M"}).has_value());
  BOOST_TEST(!search_log("/", {"T"}, {"M"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
