#include "policy/pattern.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

using namespace claimcheck;
using claimcheck::testing::code_of;

namespace {

bool matches(const std::string& expression, const std::string& value) {
  const Result<Pattern> pattern = Pattern::compile(expression);
  BOOST_REQUIRE_MESSAGE(pattern.has_value(), expression);
  return pattern->matches(value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pattern)

BOOST_AUTO_TEST_CASE(matches_the_whole_value) {
  BOOST_CHECK(matches("[a-z]{1,32}", "alex"));
  BOOST_CHECK(matches("[a-z]{1,32}", std::string(32, 'a')));
  for (const std::string& value :
       {std::string(), std::string("alex!"), std::string("!alex"),
        std::string("al ex"), std::string("alex\n"), std::string("\nalex"),
        std::string("Alex"), std::string(33, 'a')}) {
    BOOST_CHECK_MESSAGE(!matches("[a-z]{1,32}", value), value);
  }
}

BOOST_AUTO_TEST_CASE(an_alternative_does_not_escape_the_whole) {
  for (const char* expression : {"a|bc", "a|ab|abc", "(a|ab)(c|bcd)?"}) {
    BOOST_CHECK(!matches(expression, "xbc"));
    BOOST_CHECK(!matches(expression, "ax"));
    BOOST_CHECK(!matches(expression, "bca"));
  }
  BOOST_CHECK(matches("a|ab|abc", "abc"));
  BOOST_CHECK(matches("a|ab|abc", "ab"));
  BOOST_CHECK(matches("(a|ab)(c|bcd)", "abcd"));
  BOOST_CHECK(matches("(a|ab)(c|bcd)(d*)", "abcd"));
  BOOST_CHECK(matches("x*|y", "y"));
}

BOOST_AUTO_TEST_CASE(an_own_anchor_changes_nothing) {
  BOOST_CHECK(matches("^a+$", "aa"));
  BOOST_CHECK(!matches("^a+$", "aab"));
  BOOST_CHECK(!matches("^a|b$", "ax"));
  BOOST_CHECK(!matches("^a+$", "b\naa"));
}

BOOST_AUTO_TEST_CASE(an_empty_expression_matches_nothing_but_the_empty_value) {
  BOOST_CHECK(matches("", ""));
  BOOST_CHECK(!matches("", "a"));
}

BOOST_AUTO_TEST_CASE(does_not_know_what_posix_does_not_have) {
  for (const char* expression : {"\\d+", "\\w", "a\\b", "(a)\\1", "[\\d]"}) {
    BOOST_CHECK_EQUAL(code_of(Pattern::compile(expression)), "config");
  }
  BOOST_CHECK(matches("a\\.b", "a.b"));
  BOOST_CHECK(!matches("a\\.b", "axb"));
  BOOST_CHECK(matches("\\\\d", "\\d"));
}

BOOST_AUTO_TEST_CASE(says_in_words_what_is_no_expression) {
  for (const char* expression : {"(", "[a", "a{2,1}", "*(", "a{99999}"}) {
    const auto pattern = Pattern::compile(expression);
    if (!pattern) {
      BOOST_CHECK_EQUAL(code_of(pattern), "config");
      BOOST_CHECK_GT(pattern.error().detail.size(), 20u);
    }
  }
  BOOST_CHECK_EQUAL(code_of(Pattern::compile("(")), "config");
  BOOST_CHECK_EQUAL(code_of(Pattern::compile("[a")), "config");
}

// "[a-z]\u0000{3}" of a TOML file: what follows the NUL must not be dropped
// without a word.
BOOST_AUTO_TEST_CASE(refuses_an_expression_with_a_nul) {
  BOOST_CHECK_EQUAL(code_of(Pattern::compile(std::string("[a-z]\0{3}", 9))),
                    "config");
}

// A backtracking matcher takes 2^40 steps for it.
BOOST_AUTO_TEST_CASE(nested_repetition_ends) {
  BOOST_CHECK(!matches("(a*)*b", std::string(255, 'a')));
  BOOST_CHECK(!matches("(a|aa)+b", std::string(255, 'a')));
}

BOOST_AUTO_TEST_CASE(copies_share_the_expression) {
  const Pattern first = *Pattern::compile("a+");
  const Pattern second = first;
  BOOST_CHECK(first.matches("aa") && second.matches("a"));
}

BOOST_AUTO_TEST_SUITE_END()
