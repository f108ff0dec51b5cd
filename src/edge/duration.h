// Durations as people write them: "200ms", "2s", "10m" or "1h".
#ifndef CLAIMCHECK_EDGE_DURATION_H_
#define CLAIMCHECK_EDGE_DURATION_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace claimcheck {

// parse_duration takes a whole number and its unit: ms, s, m or h.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// duration_text is what parse_duration() takes for it, in the largest unit
// that is exact.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_DURATION_H_
