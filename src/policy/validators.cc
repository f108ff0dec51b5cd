#include "policy/validators.h"

#include <chrono>
#include <cstdio>

#include "claimcheck/base64url.h"
#include "claimcheck/sha256.h"

namespace claimcheck {

std::string etag_of(const OpenFile& file) {
  const std::string identity = std::to_string(file.size) + ' ' +
                               std::to_string(file.mtime_ns) + ' ' +
                               std::to_string(file.inode);
  const Sha256Digest digest = Sha256().update(identity).finish();
  return '"' + base64url_encode(bytes_of(digest).substr(0, 16)) + '"';
}

std::string http_date(std::int64_t nanoseconds) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed",
                                          "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr",
                                            "May", "Jun", "Jul", "Aug",
                                            "Sep", "Oct", "Nov", "Dec"};
  const auto time = floor<seconds>(sys_time<std::chrono::nanoseconds>(
      std::chrono::nanoseconds(nanoseconds)));
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[40];
  std::snprintf(
      text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace claimcheck
