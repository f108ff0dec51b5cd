#include "claimcheck/json.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "claimcheck/utf8.h"
#include "minted.h"

using namespace claimcheck;
using claimcheck::testing::outcome;

namespace {

std::string parsed(std::string_view text) {
  return outcome(JsonDocument::parse(text));
}

void check_refused(std::initializer_list<std::string_view> texts) {
  for (std::string_view text : texts) {
    BOOST_CHECK_MESSAGE(parsed(text) == "token_invalid", text);
  }
}

void check_accepted(std::initializer_list<std::string_view> texts) {
  for (std::string_view text : texts) {
    BOOST_CHECK_MESSAGE(parsed(text) == "ok", text);
  }
}

// {"a":{"a":…1}} with `depth` objects.
std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) {
    text += "{\"a\":";
  }
  return text + '1' + std::string(static_cast<std::size_t>(depth), '}');
}

int count_in(const JsonObject& object, const char* name) {
  int count = 0;
  const JsonValue* value = nullptr;
  while ((value = object.next_in(*object.find(name), value)) != nullptr) {
    ++count;
  }
  return count;
}

double number(std::string_view text) {
  const auto object = JsonDocument::parse("{\"n\":" + std::string(text) + "}");
  BOOST_REQUIRE_MESSAGE(object.has_value(), text);
  return object->object().find("n")->number;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(finds_members_of_every_type) {
  const auto object = JsonDocument::parse(
      R"( {"s":"x","n":-1.5,"t":true,"z":null,"a":["p",1,{}],"o":{"s":"y"}} )");
  BOOST_REQUIRE(object.has_value());
  BOOST_CHECK_EQUAL(object->object().find("s")->text(), "x");
  BOOST_CHECK_EQUAL(object->object().find("n")->number, -1.5);
  BOOST_CHECK(object->object().find("t")->type == JsonValue::Type::kBool);
  BOOST_CHECK(object->object().find("z")->type == JsonValue::Type::kNull);
  BOOST_CHECK_EQUAL(count_in(object->object(), "a"), 3);
  BOOST_CHECK_EQUAL(
      object->object().find_in(*object->object().find("o"), "s")->text(), "y");
  BOOST_CHECK(object->object().find("p") == nullptr);
  BOOST_CHECK(object->object().find("") == nullptr);
  BOOST_CHECK(object->object().find_in(*object->object().find("s"), "s") ==
              nullptr);
  BOOST_CHECK(object->object().find_in(*object->object().find("a"), "") ==
              nullptr);
  BOOST_CHECK_EQUAL(count_in(object->object(), "o"), 1);
  BOOST_CHECK_EQUAL(count_in(object->object(), "s"), 0);
}

BOOST_AUTO_TEST_CASE(finds_a_member_with_an_empty_name) {
  const auto object = JsonDocument::parse(R"({"a":[1],"":"x"})");
  BOOST_REQUIRE(object.has_value());
  BOOST_CHECK_EQUAL(object->object().find("")->text(), "x");
}

BOOST_AUTO_TEST_CASE(keeps_its_values_when_it_moves) {
  auto first = JsonDocument::parse(R"({"a":"b"})");
  JsonDocument second = *std::move(first);
  const JsonDocument third = std::move(second);
  BOOST_CHECK_EQUAL(third.object().find("a")->text(), "b");
}

BOOST_AUTO_TEST_CASE(takes_an_object_and_nothing_else) {
  check_accepted({"{}", " {} ", "\t\r\n{\"a\":1}\n"});
  check_refused({"",
                 " ",
                 "[]",
                 "[{}]",
                 "1",
                 "\"a\"",
                 "null",
                 "true",
                 "{",
                 "}",
                 "{}{}",
                 "{} {}",
                 "{}x",
                 "{},",
                 "{}]",
                 "{}/*c*/",
                 "//c\n{}",
                 "{a:1}",
                 "{'a':1}",
                 "{\"a\":1,}",
                 "{\"a\":[1,]}",
                 "{,}",
                 "{\"a\"}",
                 "{\"a\":}",
                 "{\"a\":1 \"b\":2}",
                 "{\"a\" 1}",
                 "{1:1}",
                 "{\"a\":[1}",
                 "{\"a\":1]"});
}

// JSONTestSuite calls y_object_duplicated_key* valid JSON; a token must not
// say two things.
BOOST_AUTO_TEST_CASE(refuses_duplicate_members) {
  check_refused({R"({"a":1,"a":2})", R"({"a":1,"a":1})",
                 R"({"a":1,"b":{"c":1,"c":2}})", R"({"a":[{"b":1,"b":1}]})",
                 R"({"":1,"":2})", R"({"a":[1,2],"a":1})",
                 R"({"a":{"x":1},"b":2,"a":{"x":1}})"});
  check_accepted({R"({"a":1,"A":2})", R"({"a":{"a":{"a":1}}})",
                  R"({"a":[{"b":1},{"b":1}],"b":1})", R"({"a":"a","b":"a"})"});
}

BOOST_AUTO_TEST_CASE(compares_members_after_unescaping) {
  check_refused({R"({"exp":1,"\u0065xp":2})", R"({"\u0061":1,"a":2})",
                 R"({"/":1,"\/":2})", R"({"é":1,"\u00e9":2})",
                 "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"});
  const auto object = JsonDocument::parse(R"({"\u0065xp":7})");
  BOOST_REQUIRE(object.has_value());
  BOOST_CHECK_EQUAL(object->object().find("exp")->number, 7);
}

BOOST_AUTO_TEST_CASE(takes_a_depth_of_16_and_not_of_17) {
  BOOST_CHECK_EQUAL(parsed(nested(16)), "ok");
  BOOST_CHECK_EQUAL(parsed(nested(17)), "token_invalid");
  const std::string arrays(15, '[');
  const std::string ends(15, ']');
  BOOST_CHECK_EQUAL(parsed("{\"a\":" + arrays + ends + "}"), "ok");
  BOOST_CHECK_EQUAL(parsed("{\"a\":[" + arrays + ends + "]}"), "token_invalid");
}

// RapidJSON's recursive parser dies of it.
BOOST_AUTO_TEST_CASE(survives_a_depth_of_a_million) {
  BOOST_CHECK_EQUAL(parsed("{\"a\":" + std::string(1'000'000, '[')),
                    "token_invalid");
  BOOST_CHECK_EQUAL(parsed(nested(100'000)), "token_invalid");
}

// RapidJSON's own check reads beyond the end of such a text.
BOOST_AUTO_TEST_CASE(refuses_a_sequence_that_the_end_cuts) {
  check_refused({"\"\xf1", "{\"\xe2\x82", "{\"a\":\"\xf0\x9f\x98"});
}

// RapidJSON's full precision makes 4.25e37 of the second.
BOOST_AUTO_TEST_CASE(reads_a_zero_with_an_exponent_as_zero) {
  for (const char* zero : {"0e44", "0e-270", "0.0e-300", "-0e10"}) {
    const auto object =
        JsonDocument::parse("{\"exp\":" + std::string(zero) + "}");
    BOOST_REQUIRE(object.has_value());
    BOOST_CHECK_EQUAL(object->object().find("exp")->number, 0);
  }
}

BOOST_AUTO_TEST_CASE(bounds_the_number_of_members_in_all_objects) {
  std::string text = "{\"a\":{}";
  for (std::size_t i = 1; i < kMaxJsonMembers; ++i) {
    text += ",\"" + std::to_string(i) + "\":1";
  }
  BOOST_CHECK_EQUAL(parsed(text + "}"), "ok");
  BOOST_CHECK_EQUAL(parsed(text + ",\"b\":1}"), "token_invalid");
}

BOOST_AUTO_TEST_CASE(refuses_a_nul_wherever_it_stands) {
  using namespace std::string_view_literals;
  check_refused({"\0{}"sv, "{}\0"sv, "{}\0{}"sv, "{\"a\":\"b\0c\"}"sv,
                 "{\"a\0\":1}"sv, "{\"a\":1\0}"sv});
}

BOOST_AUTO_TEST_CASE(an_escaped_nul_is_part_of_the_string) {
  const auto object = JsonDocument::parse(R"({"a":"b\u0000c","a\u0000":1})");
  BOOST_REQUIRE(object.has_value());
  BOOST_CHECK_EQUAL(object->object().find("a")->text(),
                    std::string_view("b\0c", 3));
}

BOOST_AUTO_TEST_CASE(refuses_byte_order_marks) {
  using namespace std::string_view_literals;
  check_refused({"\xef\xbb\xbf{}"sv, "\xfe\xff\0{\0}"sv, "\xff\xfe{\0}\0"sv,
                 " \xef\xbb\xbf{}"sv, "{}\xef\xbb\xbf"sv});
}

// RFC 3629: stray, overlong, surrogate, beyond U+10FFFF, cut short.
BOOST_AUTO_TEST_CASE(refuses_invalid_utf8_in_names_and_values) {
  for (const std::string bytes :
       {"\x80", "\xff", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3\x28"}) {
    BOOST_CHECK_EQUAL(parsed("{\"a\":\"" + bytes + "\"}"), "token_invalid");
    BOOST_CHECK_EQUAL(parsed("{\"" + bytes + "\":1}"), "token_invalid");
    BOOST_CHECK(!is_utf8(bytes));
    BOOST_CHECK(!is_utf8("good" + bytes));
  }
  check_accepted({"{\"\xc3\xa9\":\"\xe2\x82\xac \xf0\x9f\x98\x80\"}"});
  BOOST_CHECK(is_utf8(""));
  BOOST_CHECK(is_utf8(std::string_view("a\0b", 3)));
  BOOST_CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
}

BOOST_AUTO_TEST_CASE(refuses_lone_surrogates) {
  check_refused({R"({"a":"\udc00"})", R"({"a":"\ud800"})", R"({"a":"\ud800x"})",
                 R"({"a":"\ud800\ud800"})", R"({"a":"\udc00\ud800"})",
                 R"({"a":"\ud83d\u0041"})", R"({"\udfff":1})"});
  check_accepted({R"({"a":"\ud83d\ude00"})"});
}

BOOST_AUTO_TEST_CASE(refuses_raw_controls_and_bad_escapes) {
  check_refused({"{\"a\":\"\n\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\t\"}",
                 R"({"a":"\x41"})", R"({"a":"\u12"})", R"({"a":"\uzzzz"})",
                 R"({"a":"\"})", R"({"a":"b)"});
}

BOOST_AUTO_TEST_CASE(reads_numbers_to_the_nearest_double) {
  BOOST_CHECK_EQUAL(number("1700000000.123"), 1700000000.123);
  BOOST_CHECK_EQUAL(number("1.7e9"), 1.7e9);
  BOOST_CHECK_EQUAL(number("-0"), 0);
  BOOST_CHECK_EQUAL(number("-0.0"), 0);
  BOOST_CHECK_EQUAL(number("9007199254740993"), 9007199254740992.0);
  BOOST_CHECK_EQUAL(number("18446744073709551615"), 18446744073709551615.0);
  BOOST_CHECK_EQUAL(number("18446744073709551616"), 18446744073709551616.0);
  BOOST_CHECK_EQUAL(number("1e-400"), 0);
}

BOOST_AUTO_TEST_CASE(refuses_numbers_that_are_none_or_overflow) {
  check_refused({R"({"n":1e400})", R"({"n":-1e400})", R"({"n":NaN})",
                 R"({"n":Infinity})", R"({"n":-Infinity})", R"({"n":+1})",
                 R"({"n":01})", R"({"n":1.})", R"({"n":.5})", R"({"n":1e})",
                 R"({"n":0x10})", R"({"n":-})", R"({"n":1e99999999999})",
                 R"({"n":--1})"});
  BOOST_CHECK_EQUAL(parsed("{\"n\":1" + std::string(400, '0') + "}"),
                    "token_invalid");
}

BOOST_AUTO_TEST_CASE(quotes_so_that_parsing_gives_the_text_back) {
  std::string text;
  for (int c = 1; c < 128; ++c) {
    text.push_back(static_cast<char>(c));
  }
  text += "\xc2\x85\xe2\x80\xae\xf0\x9f\x98\x80";
  const auto object = JsonDocument::parse("{\"a\":" + json_quote(text) + "}");
  BOOST_REQUIRE(object.has_value());
  BOOST_CHECK_EQUAL(object->object().find("a")->text(), text);
}

BOOST_AUTO_TEST_CASE(escapes_what_changes_how_a_line_reads) {
  BOOST_CHECK_EQUAL(json_quote("a\nb\x7f"), R"("a\u000ab\u007f")");
  BOOST_CHECK_EQUAL(json_quote("\xc2\x9b\xe2\x80\xa8"), R"("\u009b\u2028")");
  BOOST_CHECK_EQUAL(json_quote("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c"),
                    R"("\u202e\u2066\u061c")");
  BOOST_CHECK_EQUAL(json_quote("\"\\/"), R"("\"\\/")");
  BOOST_CHECK_EQUAL(json_quote(std::string_view("\0", 1)), R"("\u0000")");
}

BOOST_AUTO_TEST_CASE(quotes_bytes_that_are_no_utf8_as_replacements) {
  BOOST_CHECK_EQUAL(json_quote("a\xff"
                               "b\xe2\x82"),
                    "\"a\xef\xbf\xbd"
                    "b\xef\xbf\xbd\xef\xbf\xbd\"");
}

// For the sanitizers: no cut or changed byte may be read beyond, and what is
// taken has an object at its top.
BOOST_AUTO_TEST_CASE(survives_every_cut_and_change_of_a_text) {
  const std::string text =
      "{\"a\":[1.5e3,-0,true,null,{\"b\":\"\\ud83d\\ude00\\n\"}],"
      "\"\xc3\xa9\":\"\xf0\x9f\x98\x80\",\"n\":17000000000.123}";
  int taken = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int byte = -1; byte < 256; ++byte) {
      std::string bad = text;
      if (byte < 0) {
        bad.resize(i);
      } else {
        bad[i] = static_cast<char>(byte);
      }
      const auto object = JsonDocument::parse(bad);
      taken += object && object->object().find("none") == nullptr ? 1 : 0;
    }
  }
  BOOST_CHECK_GT(taken, 1000);
}

BOOST_AUTO_TEST_SUITE_END()
