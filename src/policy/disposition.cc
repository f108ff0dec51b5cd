#include "policy/disposition.h"

#include "claimcheck/utf8.h"
#include "policy/query.h"

namespace claimcheck {
namespace {

bool is_unsafe(char32_t c) {
  return is_control(c) || c == '/' || c == '\\' || c == 0xfffd ||
         is_line_separator(c) || is_bidi_control(c);
}

std::string safe_name(std::string_view name) {
  std::string safe;
  while (!name.empty()) {
    const std::string_view before = name;
    if (is_unsafe(next_code_point(name))) {
      safe += '_';
    } else {
      safe += before.substr(0, before.size() - name.size());
    }
  }
  return safe.empty() || safe == "." || safe == ".." ? "download" : safe;
}

std::string ascii_name(std::string_view name) {
  std::string ascii;
  while (!name.empty()) {
    const char32_t c = next_code_point(name);
    const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '%';
    // RFC 2047 section 5 forbids encoded words in quotes; some read them.
    const bool begins_word = c == '?' && ascii.ends_with('=');
    ascii += plain && !begins_word ? static_cast<char>(c) : '_';
  }
  return ascii;
}

// The attr-char of RFC 8187 section 3.2.1.
constexpr std::string_view kPlain = "!#$&+-.^_`|~";

}  // namespace

std::string attachment(std::string_view name) {
  const std::string safe = safe_name(name);
  return "attachment; filename=\"" + ascii_name(safe) +
         "\"; filename*=UTF-8''" + percent_encode(safe, kPlain);
}

}  // namespace claimcheck
