#include "policy/conditional.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fake_world.h"
#include "policy/validators.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

// The file is of "abc" and of a Sunday long before kNow.
constexpr const char* kModified = "Sun, 13 Sep 2020 12:26:40 GMT";
constexpr const char* kModified850 = "Sunday, 13-Sep-20 12:26:40 GMT";
constexpr const char* kModifiedAsctime = "Sun Sep 13 12:26:40 2020";
constexpr const char* kBefore = "Sun, 13 Sep 2020 12:26:39 GMT";
constexpr const char* kAfter = "Sun, 13 Sep 2020 12:26:41 GMT";
constexpr const char* kNever = "Sun, 13 Sep 2099 12:26:41 GMT";

Validators validators() {
  return {"\"abc\"",
          std::chrono::sys_seconds(std::chrono::seconds(1'600'000'000))};
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Request asking(const Headers& headers, const char* name = "GET") {
  Request asked = method(request("/downloads/report.csv"), name);
  for (const auto& [header, value] : headers) {
    asked.headers[header] = value;
  }
  return asked;
}

// told is what is answered, alike for GET and HEAD.
int told(const Headers& headers, UnixTime now = kNow) {
  const auto of = [&](const char* method) {
    switch (check_preconditions(asking(headers, method), validators(), now)) {
      case Precondition::kHolds:
        return 200;
      case Precondition::kNotModified:
        return 304;
      case Precondition::kFailed:
        return 412;
    }
    return 0;
  };
  BOOST_CHECK_EQUAL(of("GET"), of("HEAD"));
  return of("GET");
}

struct Row {
  std::string value;
  int expected;
};

void check(const char* header, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const int got = told({{header, row.value}});
    BOOST_CHECK_MESSAGE(got == row.expected, header << ": " << row.value << ": "
                                                    << got << ", not "
                                                    << row.expected);
  }
}

// Lists that have the tag, are well formed and name it strongly.
const std::vector<std::string> kWithTag = {
    R"("abc")",          R"("x","abc")",        R"("abc", "x")",
    R"(, "abc")",        R"("abc",,)",          R"( "abc" )",
    "\t\"abc\"\t,\"x\"", R"(W/"x", "abc")",     R"("a,b" , "abc")",
    R"("abc","abc")",    R"("W/", "abc")",      R"("*", "abc")",
    R"("\", "abc")",     "\"\x80\xff\",\"abc\""};

// Lists that are well formed and have another.
const std::vector<std::string> kWithoutTag = {
    R"("x")",     R"("ab")",   R"("abcd")",   R"("ABC")", R"("")",
    R"("x,abc")", R"("abc,")", R"("x", "y")", R"(W/"x")", R"("W/abc")",
    R"("*")",     "",          " ",           ",",        ", ,"};

// Lists that are none, with the tag among them.
const std::vector<std::string> kMalformed = {"abc",
                                             R"('abc')",
                                             R"("abc)",
                                             R"(abc")",
                                             R"("abc" "x")",
                                             R"("abc""x")",
                                             R"("abc";"x")",
                                             R"("abc", x)",
                                             R"(x, "abc")",
                                             R"("abc", ")",
                                             R"("abc", *)",
                                             R"(*, "abc")",
                                             "**",
                                             R"(w/"abc")",
                                             R"(W/ "abc")",
                                             R"(W"abc")",
                                             R"(/"abc")",
                                             R"(W/)",
                                             R"(W/abc)",
                                             R"(W/W/"abc")",
                                             R"("a bc", "abc")",
                                             R"("a"bc", "abc")",
                                             R"(%22abc%22)",
                                             R"("abc"x)",
                                             "\"abc\",\"\x7f\"",
                                             "\"abc\",\"\t\"",
                                             std::string("\"abc\"\0", 6),
                                             std::string("\"abc\",\"\0\"", 9)};

}  // namespace

BOOST_AUTO_TEST_SUITE(conditional)

BOOST_AUTO_TEST_CASE(nothing_is_asked_nothing_fails) {
  BOOST_CHECK_EQUAL(told({}), 200);
  BOOST_CHECK_EQUAL(told({{"if-range", "\"x\""}}), 200);
}

BOOST_AUTO_TEST_CASE(if_match_holds_for_a_list_with_the_tag) {
  for (const std::string& list : kWithTag) {
    check("if-match", {{list, 200}});
  }
  check("if-match", {{"*", 200}, {" * ", 200}});
}

BOOST_AUTO_TEST_CASE(if_match_fails_for_all_else) {
  for (const auto* lists : {&kWithoutTag, &kMalformed}) {
    for (const std::string& list : *lists) {
      check("if-match", {{list, 412}});
    }
  }
}

BOOST_AUTO_TEST_CASE(if_match_compares_strongly) {
  check("if-match", {{R"(W/"abc")", 412},
                     {R"(W/"abc", "x")", 412},
                     {R"(W/"abc", "abc")", 200}});
}

BOOST_AUTO_TEST_CASE(if_none_match_is_304_for_a_list_with_the_tag) {
  for (const std::string& list : kWithTag) {
    check("if-none-match", {{list, 304}});
  }
  check("if-none-match", {{"*", 304}, {"\t*", 304}});
}

// Who sent what cannot be read gets the file.
BOOST_AUTO_TEST_CASE(if_none_match_is_the_file_for_all_else) {
  for (const auto* lists : {&kWithoutTag, &kMalformed}) {
    for (const std::string& list : *lists) {
      check("if-none-match", {{list, 200}});
    }
  }
}

BOOST_AUTO_TEST_CASE(if_none_match_compares_weakly) {
  check("if-none-match",
        {{R"(W/"abc")", 304}, {R"("x", W/"abc")", 304}, {R"(W/"x")", 200}});
}

BOOST_AUTO_TEST_CASE(if_modified_since_is_304_from_the_files_date_on) {
  check("if-modified-since", {{kModified, 304},
                              {kModified850, 304},
                              {kModifiedAsctime, 304},
                              {std::string(" ") + kModified + "\t", 304},
                              {kAfter, 304},
                              {kNever, 304},
                              {kBefore, 200},
                              {"Thu, 01 Jan 1970 00:00:00 GMT", 200}});
}

BOOST_AUTO_TEST_CASE(if_unmodified_since_fails_before_the_files_date) {
  check("if-unmodified-since", {{kModified, 200},
                                {kModified850, 200},
                                {kModifiedAsctime, 200},
                                {kAfter, 200},
                                {kNever, 200},
                                {kBefore, 412},
                                {"Thu, 01 Jan 1970 00:00:00 GMT", 412}});
}

BOOST_AUTO_TEST_CASE(a_date_that_is_none_is_ignored) {
  for (const std::string& date : std::vector<std::string>{
           "", "0", "-1", "never", "\"abc\"", "*", "Sun, 13 Sep 2020",
           "Mon, 14 Sep 2020 12:26:40", "Sat, 13 Sep 2020 12:26:40 GMT",
           "Sun, 13 Sep 2020 12:26:40 +0000", "1600000000",
           "2020-09-13T12:26:40Z", std::string(kModified) + ", " + kModified,
           std::string(kBefore) + ", " + kBefore}) {
    check("if-modified-since", {{date, 200}});
    check("if-unmodified-since", {{date, 200}});
  }
}

// Section 13.2.2.
BOOST_AUTO_TEST_CASE(conditions_come_in_the_order_of_the_rfc) {
  const char* const kYes = "\"abc\"";
  const char* const kNo = "\"x\"";
  const struct {
    Headers headers;
    int expected;
  } rows[] = {
      // If-Match makes If-Unmodified-Since mute.
      {{{"if-match", kYes}, {"if-unmodified-since", kBefore}}, 200},
      {{{"if-match", kNo}, {"if-unmodified-since", kAfter}}, 412},
      // So does If-None-Match with If-Modified-Since.
      {{{"if-none-match", kNo}, {"if-modified-since", kAfter}}, 200},
      {{{"if-none-match", kYes}, {"if-modified-since", kBefore}}, 304},
      {{{"if-none-match", ""}, {"if-modified-since", kAfter}}, 200},
      // 412 before 304, and 304 after what holds.
      {{{"if-match", kNo}, {"if-none-match", kYes}}, 412},
      {{{"if-match", kYes}, {"if-none-match", kYes}}, 304},
      {{{"if-match", kYes}, {"if-none-match", kNo}}, 200},
      {{{"if-match", kYes}, {"if-modified-since", kAfter}}, 304},
      {{{"if-match", kNo}, {"if-modified-since", kAfter}}, 412},
      {{{"if-unmodified-since", kBefore}, {"if-none-match", kYes}}, 412},
      {{{"if-unmodified-since", kAfter}, {"if-none-match", kYes}}, 304},
      {{{"if-unmodified-since", kBefore}, {"if-modified-since", kAfter}}, 412},
      {{{"if-unmodified-since", kAfter}, {"if-modified-since", kAfter}}, 304},
      {{{"if-unmodified-since", "x"}, {"if-modified-since", kBefore}}, 200},
      {{{"if-match", kYes},
        {"if-unmodified-since", kBefore},
        {"if-none-match", kNo},
        {"if-modified-since", kAfter}},
       200},
  };
  for (const auto& row : rows) {
    BOOST_CHECK_EQUAL(told(row.headers), row.expected);
  }
}

BOOST_AUTO_TEST_CASE(a_range_needs_no_if_range) {
  BOOST_CHECK(range_applies(asking({}), validators(), kNow));
}

BOOST_AUTO_TEST_CASE(if_range_wants_exactly_the_tag) {
  const auto applies = [](const std::string& value) {
    return range_applies(asking({{"if-range", value}}), validators(), kNow);
  };
  BOOST_CHECK(applies("\"abc\""));
  BOOST_CHECK(applies(" \"abc\"\t"));
  for (const char* value : {"W/\"abc\"", "\"x\"", "\"ABC\"", "*", "", " ",
                            "abc", "\"abc", "\"abc\", \"abc\"", "\"abc\",",
                            ", \"abc\"", "\"abc\" x", "w/\"abc\"", "'abc'"}) {
    BOOST_CHECK_MESSAGE(!applies(value), value);
  }
}

BOOST_AUTO_TEST_CASE(if_range_wants_exactly_the_date) {
  const auto applies = [](const std::string& value) {
    return range_applies(asking({{"if-range", value}}), validators(), kNow);
  };
  for (const char* date : {kModified, kModified850, kModifiedAsctime}) {
    BOOST_CHECK_MESSAGE(applies(date), date);
  }
  for (const char* date : {kBefore, kAfter, kNever, "1600000000",
                           "Sat, 13 Sep 2020 12:26:40 GMT"}) {
    BOOST_CHECK_MESSAGE(!applies(date), date);
  }
}

// Section 8.8.2.2.
BOOST_AUTO_TEST_CASE(if_range_takes_no_date_of_the_running_second) {
  const auto applies = [](std::int64_t now) {
    return range_applies(asking({{"if-range", kModified}}), validators(),
                         UnixTime(now));
  };
  BOOST_CHECK(!applies(1'600'000'000'000));
  BOOST_CHECK(!applies(1'600'000'000'999));
  BOOST_CHECK(applies(1'600'000'001'000));
  BOOST_CHECK(!applies(1'599'999'999'000));
}

BOOST_AUTO_TEST_CASE(a_file_from_the_future_has_no_date_to_resume_by) {
  OpenFile file;
  file.mtime_ns = std::chrono::nanoseconds(kNow).count() + 5'000'000'000;
  const Validators made = validators_of(file, kNow);
  BOOST_CHECK_EQUAL(made.etag, etag_of(file));
  BOOST_CHECK(!range_applies(
      asking({{"if-range", http_date(*made.last_modified)}}), made, kNow));
  BOOST_CHECK(range_applies(asking({{"if-range", made.etag}}), made, kNow));
}

BOOST_AUTO_TEST_SUITE_END()
