#include "policy/query.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

using namespace claimcheck;
using claimcheck::testing::code_of;

namespace {

using Values = std::vector<std::string_view>;

}  // namespace

BOOST_AUTO_TEST_SUITE(query)

BOOST_AUTO_TEST_CASE(decodes_once) {
  BOOST_CHECK_EQUAL(*percent_decode("a%20b%41%c3%A9"), "a bA\xc3\xa9");
  BOOST_CHECK_EQUAL(*percent_decode("%2541"), "%41");
  BOOST_CHECK_EQUAL(*percent_decode("a+b"), "a+b");
  BOOST_CHECK_EQUAL(*percent_decode(""), "");
  BOOST_CHECK_EQUAL(*percent_decode("%00"), std::string(1, '\0'));
}

BOOST_AUTO_TEST_CASE(refuses_half_escapes) {
  for (const char* text :
       {"%", "%4", "a%", "a%4", "%zz", "%4g", "%g4", "%%41", "%-1", "% 1"}) {
    BOOST_CHECK_EQUAL(code_of(percent_decode(text)), "bad_url");
  }
}

BOOST_AUTO_TEST_CASE(text_has_no_controls_and_is_utf8) {
  BOOST_CHECK_EQUAL(*decode_text("%C3%A9 ~%F0%9F%98%80"),
                    "\xc3\xa9 ~\xf0\x9f\x98\x80");
  for (const char* text :
       {"%00", "%1f", "%0a", "%0D", "%7f", "%c2%80", "%C2%9F", "%ff", "%c3",
        "%c0%af", "%ed%a0%80", "%f4%90%80%80", "\x01", "\xff"}) {
    BOOST_CHECK_MESSAGE(code_of(decode_text(text)) == "bad_url", text);
  }
}

BOOST_AUTO_TEST_CASE(a_plus_is_a_space_in_a_query_and_an_escaped_one_not) {
  BOOST_CHECK_EQUAL(*decode_query_value("a+b%2Bc"), "a b+c");
  BOOST_CHECK_EQUAL(code_of(decode_query_value("a%0a")), "bad_url");
}

BOOST_AUTO_TEST_CASE(the_query_begins_at_the_first_question_mark) {
  BOOST_CHECK_EQUAL(query_of("/a?b?c=d"), "b?c=d");
  BOOST_CHECK_EQUAL(query_of("/a"), "");
  BOOST_CHECK_EQUAL(query_of("/a?"), "");
}

BOOST_AUTO_TEST_CASE(finds_all_values_of_a_name_in_order) {
  BOOST_CHECK((query_values("a=1&b=2&a=3", "a") == Values{"1", "3"}));
  BOOST_CHECK((query_values("a", "a") == Values{""}));
  BOOST_CHECK((query_values("a=", "a") == Values{""}));
  BOOST_CHECK((query_values("a=b=c", "a") == Values{"b=c"}));
  BOOST_CHECK((query_values("&&a=1&", "a") == Values{"1"}));
  BOOST_CHECK(query_values("", "a").empty());
  BOOST_CHECK(query_values("A=1&aa=2&=3", "a").empty());
}

// Else the duplicate of a parameter could hide behind an escape.
BOOST_AUTO_TEST_CASE(finds_a_name_that_is_spelled_with_escapes) {
  BOOST_CHECK((query_values("%61=1&a=2", "a") == Values{"1", "2"}));
  BOOST_CHECK((query_values("my+name=1", "my name") == Values{"1"}));
}

BOOST_AUTO_TEST_CASE(other_parameters_are_never_decoded) {
  BOOST_CHECK((query_values("x=%zz&%zz=1&%ff&a=1", "a") == Values{"1"}));
}

BOOST_AUTO_TEST_CASE(a_semicolon_separates_nothing) {
  BOOST_CHECK((query_values("a=1;a=2", "a") == Values{"1;a=2"}));
}

BOOST_AUTO_TEST_SUITE_END()
