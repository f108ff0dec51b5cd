// Text as protocols have it, free of any locale.
#ifndef CLAIMCHECK_ASCII_H_
#define CLAIMCHECK_ASCII_H_

#include <string>
#include <string_view>

namespace claimcheck {

// lower_case folds A-Z.
inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return lower;
}

}  // namespace claimcheck

#endif  // CLAIMCHECK_ASCII_H_
