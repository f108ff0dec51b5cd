#include "policy/name_template.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_world.h"

using namespace claimcheck;
using claimcheck::testing::code_of;

BOOST_AUTO_TEST_SUITE(name_template)

BOOST_AUTO_TEST_CASE(finds_variables_in_order) {
  const auto names = template_variables("/srv/{year}/{name}-{year}.csv");
  BOOST_REQUIRE(names.has_value());
  BOOST_CHECK((*names == std::vector<std::string>{"year", "name", "year"}));
  BOOST_CHECK(template_variables("")->empty());
  BOOST_CHECK(template_variables("/srv/plain")->empty());
}

BOOST_AUTO_TEST_CASE(refuses_braces_that_are_no_variable) {
  for (const char* text :
       {"{", "}", "{}", "a}b", "a{b", "{a}}", "{{a}}", "{a b}", "{a/b}", "{a}{",
        "}{", "{a.b}", "{\xc3\xa9}"}) {
    BOOST_CHECK_MESSAGE(code_of(template_variables(text)) == "config", text);
  }
}

BOOST_AUTO_TEST_CASE(fills_every_variable) {
  BOOST_CHECK_EQUAL(*fill("{a}.csv", {{"a", "x"}}), "x.csv");
  BOOST_CHECK_EQUAL(*fill("{a}{b}{a}", {{"a", "1"}, {"b", "2"}}), "121");
  BOOST_CHECK_EQUAL(*fill("plain", {{"a", "1"}}), "plain");
  BOOST_CHECK_EQUAL(*fill("", {}), "");
}

BOOST_AUTO_TEST_CASE(a_value_is_not_filled_in_again) {
  BOOST_CHECK_EQUAL(*fill("{a}-{b}", {{"a", "{b}"}, {"b", "{a}"}}), "{b}-{a}");
}

BOOST_AUTO_TEST_CASE(a_missing_value_is_a_bad_url) {
  BOOST_CHECK_EQUAL(code_of(fill("{a}{b}", {{"a", "x"}})), "bad_url");
}

BOOST_AUTO_TEST_CASE(names_are_letters_digits_underscores_and_hyphens) {
  BOOST_CHECK(is_param_name("Name_1-x"));
  for (const char* name : {"", "a b", "a.b", "\xc3\xa9", "a=b", "a&b"}) {
    BOOST_CHECK(!is_param_name(name));
  }
}

BOOST_AUTO_TEST_SUITE_END()
