#include "claimcheck/utf8.h"

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace claimcheck {

namespace {

// Tokens are ASCII nearly always: eight bytes at a time.
std::string_view without_leading_ascii(std::string_view text) {
  std::uint64_t eight;
  for (; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & 0x8080808080808080u) != 0) {
      return text;
    }
  }
  while (!text.empty() && static_cast<unsigned char>(text.front()) < 0x80) {
    text.remove_prefix(1);
  }
  return text;
}

}  // namespace

// At its end a MemoryStream gives NULs, which complete no sequence.
bool is_utf8(std::string_view text) {
  text = without_leading_ascii(text);
  rapidjson::MemoryStream stream(text.data(), text.size());
  while (stream.Tell() < text.size()) {
    unsigned code_point;
    if (!rapidjson::UTF8<>::Decode(stream, &code_point)) {
      return false;
    }
  }
  return true;
}

char32_t next_code_point(std::string_view& text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  unsigned code_point;
  if (!rapidjson::UTF8<>::Decode(stream, &code_point)) {
    text.remove_prefix(1);
    return 0xfffd;
  }
  text.remove_prefix(stream.Tell());
  return code_point;
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

bool has_control(std::string_view text) {
  const auto is_graphic = [](char c) { return c >= 0x20 && c < 0x7f; };
  text.remove_prefix(static_cast<std::size_t>(
      std::find_if_not(text.begin(), text.end(), is_graphic) - text.begin()));
  while (!text.empty()) {
    if (is_control(next_code_point(text))) {
      return true;
    }
  }
  return false;
}

bool is_bidi_control(char32_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool is_line_separator(char32_t c) { return c == 0x2028 || c == 0x2029; }

}  // namespace claimcheck
