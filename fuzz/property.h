// What a fuzz target asserts.
#ifndef CLAIMCHECK_FUZZ_PROPERTY_H_
#define CLAIMCHECK_FUZZ_PROPERTY_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace claimcheck::fuzz {

// require stops the program where a property does not hold. `what` is fixed
// text: an input that breaks something does not belong in a build's log.
inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "fuzz: does not hold: %s\n", what);
    std::abort();
  }
}

// text_of views an input; without bytes it has no address either.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0
             ? std::string_view()
             : std::string_view(reinterpret_cast<const char*>(data), size);
}

// check_tells_nothing requires that `detail`, the reason for refusing `text`,
// was not made of it. An input may hold the library's own words, so runs of 8
// bytes that both have are no proof: each is spoilt in `text` by a letter that
// is in no reason, and that letter must not come back in `detail_of` the
// spoilt text.
template <typename DetailOf>
void check_tells_nothing(std::string_view detail, std::string text,
                         DetailOf detail_of) {
  constexpr std::size_t kRun = 8;
  constexpr char kSpoiler = 'Q';
  bool shares = false;
  for (std::size_t i = 0; i + kRun <= detail.size(); ++i) {
    const std::size_t at = text.find(detail.substr(i, kRun));
    if (at != std::string::npos) {
      text[at + kRun / 2] = kSpoiler;
      shares = true;
    }
  }
  require(!shares || detail_of(text).find(kSpoiler) == std::string::npos,
          "a detail holds nothing of the input");
}

}  // namespace claimcheck::fuzz

#endif  // CLAIMCHECK_FUZZ_PROPERTY_H_
