#include "edge/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace claimcheck {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits = {
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  // A year is 3e10 ms: more digits are a slip.
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 1'000'000'000) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, factor] : kUnits) {
    if (text == unit) {
      return std::chrono::milliseconds(number * factor);
    }
  }
  return std::nullopt;
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration.count() == 0) {
    return "0s";
  }
  std::size_t i = 0;
  while (duration.count() % kUnits[i].second != 0) {
    ++i;
  }
  return std::to_string(duration.count() / kUnits[i].second) +
         std::string(kUnits[i].first);
}

}  // namespace claimcheck
