// Words of the configuration that stand for the values of an enumeration.
#ifndef CLAIMCHECK_EDGE_WORD_H_
#define CLAIMCHECK_EDGE_WORD_H_

#include <array>
#include <optional>
#include <string_view>

namespace claimcheck {

template <typename Enum>
struct Word {
  std::string_view word;
  Enum meaning;
};

// meaning_of returns what a word of `words` stands for; nothing for others.
template <typename Enum, std::size_t kSize>
std::optional<Enum> meaning_of(const std::array<Word<Enum>, kSize>& words,
                               std::string_view word) {
  for (const Word<Enum>& each : words) {
    if (each.word == word) {
      return each.meaning;
    }
  }
  return std::nullopt;
}

// word_for returns the word that stands for `meaning`, which has one.
template <typename Enum, std::size_t kSize>
std::string_view word_for(const std::array<Word<Enum>, kSize>& words,
                          Enum meaning) {
  for (const Word<Enum>& each : words) {
    if (each.meaning == meaning) {
      return each.word;
    }
  }
  return {};
}

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_WORD_H_
