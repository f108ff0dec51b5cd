#include "claimcheck/base64url.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "minted.h"

using namespace claimcheck;
using claimcheck::testing::outcome;

BOOST_AUTO_TEST_SUITE(base64url)

// RFC 4648 section 10, without the padding.
BOOST_AUTO_TEST_CASE(spells_the_vectors_of_rfc_4648) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    BOOST_CHECK_EQUAL(base64url_encode(std::string_view(bytes)), text);
    BOOST_CHECK_EQUAL(*base64url_decode(text), bytes);
  }
}

BOOST_AUTO_TEST_CASE(uses_the_url_alphabet_for_62_and_63) {
  BOOST_CHECK_EQUAL(base64url_encode(std::string_view("\xfb\xff\xfe")), "-__-");
  BOOST_CHECK_EQUAL(*base64url_decode("-__-"), "\xfb\xff\xfe");
}

BOOST_AUTO_TEST_CASE(decodes_what_it_encodes_for_every_byte_and_length) {
  std::string bytes;
  for (int i = 0; i < 520; ++i) {
    bytes.push_back(static_cast<char>(i * 167));
    BOOST_REQUIRE_EQUAL(*base64url_decode(base64url_encode(bytes)), bytes);
  }
}

BOOST_AUTO_TEST_CASE(rejects_every_byte_outside_the_alphabet) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = {'A', 'A', 'A', static_cast<char>(byte)};
    const bool is_digit = alphabet.find(text[3]) != std::string::npos;
    BOOST_CHECK_EQUAL(outcome(base64url_decode(text)),
                      is_digit ? "ok" : "token_invalid");
  }
}

BOOST_AUTO_TEST_CASE(rejects_padding_white_space_and_impossible_lengths) {
  for (const char* text : {"Zg==", "Zm8=", "====", "=", "Zm9v=", "Zm9v\n",
                           " Zm9v", "Zm 9v", "Z", "Zm9vY", "Zm9vYmFyA"}) {
    BOOST_CHECK_EQUAL(outcome(base64url_decode(text)), "token_invalid");
  }
}

// Exactly one of the 16 (or 4) spellings of a tail is canonical.
BOOST_AUTO_TEST_CASE(rejects_spare_bits) {
  const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int good_pairs = 0;
  int good_triples = 0;
  for (char digit : digits) {
    good_pairs += base64url_decode(std::string("A") + digit) ? 1 : 0;
    good_triples += base64url_decode(std::string("AA") + digit) ? 1 : 0;
  }
  BOOST_CHECK_EQUAL(good_pairs, 4);
  BOOST_CHECK_EQUAL(good_triples, 16);
}

BOOST_AUTO_TEST_SUITE_END()
