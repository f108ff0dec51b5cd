// Text as protocols have it, free of any locale.
#ifndef CLAIMCHECK_ASCII_H_
#define CLAIMCHECK_ASCII_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace claimcheck {

// lower_case folds A-Z.
inline char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = lower_case(c);
  }
  return lower;
}

// equal_ignoring_case compares with A-Z folded, and allocates nothing.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return lower_case(x) == lower_case(y);
  });
}

// add_digits adds `number`, which is not negative, to `text`: its last `width`
// digits, with zeros before it.
inline void add_digits(std::string& text, std::int64_t number, int width) {
  text.append(static_cast<std::size_t>(width), '0');
  for (auto digit = text.rbegin(); width > 0; ++digit, --width) {
    *digit = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

// add_clock adds a time of day as RFC 3339 (section 5.6) and RFC 9110 (section
// 5.6.7) spell it, 23:59:59.
template <typename Duration>
void add_clock(std::string& text, const std::chrono::hh_mm_ss<Duration>& time) {
  add_digits(text, time.hours().count(), 2);
  text += ':';
  add_digits(text, time.minutes().count(), 2);
  text += ':';
  add_digits(text, time.seconds().count(), 2);
}

}  // namespace claimcheck

#endif  // CLAIMCHECK_ASCII_H_
