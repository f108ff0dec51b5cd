#include "policy/validators.h"

#include <algorithm>
#include <array>

#include "claimcheck/ascii.h"
#include "claimcheck/base64url.h"
#include "claimcheck/sha256.h"

namespace claimcheck {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::sys_time;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kDays = {
    "Sunday",   "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// In characters, of "Sun" and "Nov".
constexpr std::size_t kShort = 3;

constexpr std::size_t kDateSize = 29;

sys_seconds seconds_of(UnixTime time) {
  return floor<seconds>(sys_time<UnixTime>(time));
}

// Date is what the three forms spell, read off piece by piece. What does not
// fit makes it invalid, and leaves it so.
class Date {
 public:
  explicit Date(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    is_valid_ = is_valid_ && rest_.starts_with(expected);
    rest_.remove_prefix(is_valid_ ? expected.size() : 0);
  }

  // number reads `width` digits; the first may be a blank where `is_padded`.
  int number(std::size_t width, bool is_padded = false) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const char c = i < rest_.size() ? rest_[i] : '\0';
      const bool is_blank = is_padded && i == 0 && c == ' ';
      is_valid_ = is_valid_ && (is_blank || (c >= '0' && c <= '9'));
      value = value * 10 + (is_blank ? 0 : c - '0');
    }
    rest_.remove_prefix(is_valid_ ? width : 0);
    return is_valid_ ? value : 0;
  }

  void weekday_name(std::size_t most) {
    const auto found =
        std::find_if(kDays.begin(), kDays.end(), [&](std::string_view day) {
          return rest_.starts_with(day.substr(0, most));
        });
    is_valid_ = is_valid_ && found != kDays.end();
    if (is_valid_) {
      weekday_ = weekday(static_cast<unsigned>(found - kDays.begin()));
      rest_.remove_prefix(std::min(found->size(), most));
    }
  }

  void month_name() {
    const auto found =
        std::find(kMonths.begin(), kMonths.end(), rest_.substr(0, kShort));
    is_valid_ = is_valid_ && found != kMonths.end();
    if (is_valid_) {
      month_ = static_cast<unsigned>(found - kMonths.begin()) + 1;
      rest_.remove_prefix(kShort);
    }
  }

  void day(bool is_padded) {
    day_ = static_cast<unsigned>(number(2, is_padded));
  }

  void full_year() { year_ = number(4); }

  // More than 50 years ahead is the past (RFC 9110 section 5.6.7).
  void short_year(UnixTime now) {
    const year_month_day today(floor<days>(sys_time<UnixTime>(now)));
    const int this_year = static_cast<int>(today.year());
    year_ = this_year - this_year % 100 + number(2);
    year_ += year_ + 50 <= this_year ? 100 : year_ > this_year + 50 ? -100 : 0;
  }

  // A second may be the 61st of its minute, where one was let in.
  void clock() {
    const int hour = number(2);
    literal(":");
    const int minute = number(2);
    literal(":");
    const int second = number(2);
    is_valid_ = is_valid_ && hour < 24 && minute < 60 && second <= 60;
    clock_ = hours(hour) + minutes(minute) + seconds(second);
  }

  std::optional<sys_seconds> finish() const {
    const year_month_day date{year(year_), std::chrono::month(month_),
                              std::chrono::day(day_)};
    if (!is_valid_ || !rest_.empty() || !date.ok() ||
        weekday(sys_days(date)) != weekday_) {
      return std::nullopt;
    }
    return sys_days(date) + clock_;
  }

 private:
  std::string_view rest_;
  bool is_valid_ = true;
  weekday weekday_{0};
  int year_ = 0;
  unsigned month_ = 0;
  unsigned day_ = 0;
  seconds clock_{0};
};

std::optional<sys_seconds> parse_imf_fixdate(std::string_view text) {
  Date date(text);
  date.weekday_name(kShort);
  date.literal(", ");
  date.day(false);
  date.literal(" ");
  date.month_name();
  date.literal(" ");
  date.full_year();
  date.literal(" ");
  date.clock();
  date.literal(" GMT");
  return date.finish();
}

std::optional<sys_seconds> parse_rfc850(std::string_view text, UnixTime now) {
  Date date(text);
  date.weekday_name(std::string_view::npos);
  date.literal(", ");
  date.day(false);
  date.literal("-");
  date.month_name();
  date.literal("-");
  date.short_year(now);
  date.literal(" ");
  date.clock();
  date.literal(" GMT");
  return date.finish();
}

std::optional<sys_seconds> parse_asctime(std::string_view text) {
  Date date(text);
  date.weekday_name(kShort);
  date.literal(" ");
  date.month_name();
  date.literal(" ");
  date.day(true);
  date.literal(" ");
  date.clock();
  date.literal(" ");
  date.full_year();
  return date.finish();
}

}  // namespace

std::string etag_of(const OpenFile& file) {
  const std::string identity = std::to_string(file.size) + ' ' +
                               std::to_string(file.mtime_ns) + ' ' +
                               std::to_string(file.inode);
  const Sha256Digest digest = Sha256().update(identity).finish();
  return '"' + base64url_encode(bytes_of(digest).substr(0, 16)) + '"';
}

sys_seconds last_modified_of(const OpenFile& file, UnixTime now) {
  using std::chrono::nanoseconds;
  return std::min(
      floor<seconds>(sys_time<nanoseconds>(nanoseconds(file.mtime_ns))),
      seconds_of(now));
}

std::string http_date(sys_seconds time) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  text.reserve(kDateSize);
  text.append(kDays[weekday(day).c_encoding()].substr(0, kShort)).append(", ");
  add_digits(text, static_cast<unsigned>(date.day()), 2);
  text.append(" ")
      .append(kMonths[static_cast<unsigned>(date.month()) - 1])
      .append(" ");
  add_digits(text, static_cast<int>(date.year()), 4);
  text += ' ';
  add_clock(text, clock);
  return text += " GMT";
}

std::optional<sys_seconds> parse_http_date(std::string_view text,
                                           UnixTime now) {
  if (const auto date = parse_imf_fixdate(text)) {
    return date;
  }
  if (const auto date = parse_rfc850(text, now)) {
    return date;
  }
  return parse_asctime(text);
}

}  // namespace claimcheck
