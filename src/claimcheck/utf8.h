// UTF-8 (RFC 3629), as far as names and log lines need it.
#ifndef CLAIMCHECK_UTF8_H_
#define CLAIMCHECK_UTF8_H_

#include <string_view>

namespace claimcheck {

// is_utf8 tells whether `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

// next_code_point takes one code point from the front of `text`, U+FFFD and
// one byte where it is not UTF-8. `text` must not be empty.
char32_t next_code_point(std::string_view& text);

// is_control tells whether a code point is one of C0, DEL or C1.
bool is_control(char32_t code_point);

// has_control tells whether `text` holds a control character.
bool has_control(std::string_view text);

// is_bidi_control tells whether a code point reorders the text around it
// (Unicode UAX #9 section 2: embeddings, overrides, isolates and marks).
bool is_bidi_control(char32_t code_point);

// is_line_separator tells U+2028 and U+2029, which some readers take for line
// ends.
bool is_line_separator(char32_t code_point);

}  // namespace claimcheck

#endif  // CLAIMCHECK_UTF8_H_
