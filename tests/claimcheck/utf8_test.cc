#include "claimcheck/utf8.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace claimcheck;

namespace {

// RFC 3629 section 4, written as its grammar: the length of the sequence at the
// front of `text`, 0 where there is none.
std::size_t sequence(std::string_view text) {
  const auto in = [&](std::size_t i, unsigned low, unsigned high) {
    const unsigned byte = i < text.size() ? text[i] & 0xffu : 0x100u;
    return byte >= low && byte <= high;
  };
  const auto tail = [&](std::size_t i) { return in(i, 0x80, 0xbf); };
  if (in(0, 0x00, 0x7f)) {
    return 1;
  }
  if (in(0, 0xc2, 0xdf) && tail(1)) {
    return 2;
  }
  const bool three = (in(0, 0xe0, 0xe0) && in(1, 0xa0, 0xbf)) ||
                     (in(0, 0xe1, 0xec) && tail(1)) ||
                     (in(0, 0xed, 0xed) && in(1, 0x80, 0x9f)) ||
                     (in(0, 0xee, 0xef) && tail(1));
  if (three && tail(2)) {
    return 3;
  }
  const bool four = (in(0, 0xf0, 0xf0) && in(1, 0x90, 0xbf)) ||
                    (in(0, 0xf1, 0xf3) && tail(1)) ||
                    (in(0, 0xf4, 0xf4) && in(1, 0x80, 0x8f));
  return four && tail(2) && tail(3) ? 4 : 0;
}

bool is_well_formed(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    if (size == 0) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

// for_each_text calls `check` for all texts of up to four bytes that stand at a
// limit of the grammar.
template <typename Check>
void for_each_text(const Check& check) {
  constexpr std::string_view kBytes =
      "\x01\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef"
      "\xf0\xf1\xf3\xf4\xf5\xff";
  const std::size_t base = kBytes.size() + 1;
  for (std::size_t n = 0; n < base * base * base * base; ++n) {
    std::string text;
    for (std::size_t rest = n; rest > 0; rest /= base) {
      if (rest % base != 0) {
        text += kBytes[rest % base - 1];
      }
    }
    check(text);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(follows_the_grammar_of_rfc_3629) {
  int wrong = 0;
  for_each_text([&](const std::string& text) {
    wrong += is_utf8(text) == is_well_formed(text) ? 0 : 1;
  });
  BOOST_CHECK_EQUAL(wrong, 0);
}

BOOST_AUTO_TEST_CASE(takes_a_whole_sequence_or_one_byte) {
  int wrong = 0;
  for_each_text([&](const std::string& text) {
    if (text.empty()) {
      return;
    }
    std::string_view rest = text;
    const char32_t c = next_code_point(rest);
    const std::size_t size = sequence(text);
    wrong += rest.size() == text.size() - std::max<std::size_t>(size, 1) &&
                     (size != 0 || c == 0xfffd)
                 ? 0
                 : 1;
  });
  BOOST_CHECK_EQUAL(wrong, 0);
}

BOOST_AUTO_TEST_CASE(decodes_the_limits_of_each_length) {
  const std::pair<std::string_view, char32_t> limits[] = {
      {"\x7f", 0x7f},
      {"\xc2\x80", 0x80},
      {"\xdf\xbf", 0x7ff},
      {"\xe0\xa0\x80", 0x800},
      {"\xed\x9f\xbf", 0xd7ff},
      {"\xef\xbf\xbf", 0xffff},
      {"\xf0\x90\x80\x80", 0x10000},
      {"\xf4\x8f\xbf\xbf", 0x10ffff}};
  for (auto [text, expected] : limits) {
    BOOST_CHECK_EQUAL(static_cast<unsigned>(next_code_point(text)),
                      static_cast<unsigned>(expected));
    BOOST_CHECK(text.empty());
  }
}

BOOST_AUTO_TEST_CASE(knows_the_controls) {
  using namespace std::string_view_literals;
  for (std::string_view text :
       {"\0"sv, "a\x1f"sv, "\x7f"sv, "a\xc2\x80z"sv, "\xc2\x9f"sv}) {
    BOOST_CHECK(has_control(text));
  }
  BOOST_CHECK(!has_control(""));
  BOOST_CHECK(!has_control(" ~\xc2\xa0\xe2\x80\xa8"));
}

BOOST_AUTO_TEST_CASE(knows_what_reorders_a_line) {
  int found = 0;
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    found += is_bidi_control(c) ? 1 : 0;
  }
  // Unicode's Bidi_Control property has twelve.
  BOOST_CHECK_EQUAL(found, 12);
  BOOST_CHECK(is_bidi_control(0x202e) && is_bidi_control(0x2069));
  BOOST_CHECK(is_line_separator(0x2028) && is_line_separator(0x2029));
}

BOOST_AUTO_TEST_SUITE_END()
