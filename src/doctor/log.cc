#include "doctor/log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "claimcheck/sha256.h"
#include "doctor/doctor.h"

namespace claimcheck::doctor {
namespace {

constexpr std::size_t kMaxLines = 5;
// lighttpd keeps its lines for up to four seconds.
constexpr int kTries = 50;
constexpr std::chrono::milliseconds kPause{200};

// count_lines counts the ends of lines in the next `size` bytes.
std::size_t count_lines(std::istream& in, std::size_t size) {
  std::size_t lines = 0;
  std::vector<char> buffer(1 << 16);
  while (size > 0 && in) {
    in.read(buffer.data(),
            static_cast<std::streamsize>(std::min(size, buffer.size())));
    const std::streamsize got = in.gcount();
    lines += static_cast<std::size_t>(
        std::count(buffer.begin(), buffer.begin() + got, '\n'));
    size -= static_cast<std::size_t>(got);
  }
  return lines;
}

// read_end returns the end of a log, and how many lines stand before it.
Result<std::string> read_end(const std::string& file, std::size_t& lines) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const auto size =
      static_cast<std::size_t>(in ? in.tellg() : std::streampos());
  const std::size_t skipped = size - std::min(size, kMaxLog);
  in.seekg(0);
  lines = count_lines(in, skipped);
  std::string text(size - skipped, '\0');
  if (!in || !in.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return Error{Errc::kUnavailable,
                 std::string("it cannot be read: ") + std::strerror(errno)};
  }
  return text;
}

void search_line(std::string_view line, std::size_t number,
                 const std::vector<std::string>& tokens,
                 const std::vector<std::string>& marks, Logged& logged) {
  const auto is_there = [&](const std::string& text) {
    return line.find(text) != std::string_view::npos;
  };
  logged.has_mark |= std::any_of(marks.begin(), marks.end(), is_there);
  if (std::any_of(tokens.begin(), tokens.end(), is_there) &&
      logged.lines.size() < kMaxLines) {
    logged.lines.push_back(number);
  }
}

std::string numbers_of(const std::vector<std::size_t>& lines) {
  std::string numbers;
  for (std::size_t line : lines) {
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(line);
  }
  return numbers;
}

// wait_for_mark searches until the log has caught up.
Result<Logged> wait_for_mark(Visit& visit, const std::string& file,
                             const std::vector<std::string>& marks) {
  for (int i = 0;; ++i) {
    Result<Logged> logged = search_log(file, visit.tokens(), marks);
    if (!logged || logged->has_mark || !logged->lines.empty() || i == kTries) {
      return logged;
    }
    visit.fetch().wait_until(visit.fetch().now() + kPause);
  }
}

void examine_log(Visit& visit, const std::string& file,
                 const std::vector<std::string>& marks) {
  const Result<Logged> logged = wait_for_mark(visit, file, marks);
  if (!logged) {
    visit.not_seen("tokens in " + shown(file), logged.error().detail);
  } else if (!logged->lines.empty()) {
    visit.found("token_logged", shown(file) + " holds tokens, in line " +
                                    numbers_of(logged->lines));
  } else if (!logged->has_mark) {
    visit.not_seen("tokens in " + shown(file),
                   "it holds no token, and nothing else of these requests: is "
                   "it this site's log?");
  } else {
    visit.ok(shown(file) + " holds none of these tokens");
  }
}

}  // namespace

Result<Logged> search_log(const std::string& file,
                          const std::vector<std::string>& tokens,
                          const std::vector<std::string>& marks) {
  std::size_t number = 0;
  const Result<std::string> text = read_end(file, number);
  if (!text) {
    return text.error();
  }
  Logged logged;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    search_line(rest.substr(0, end), ++number, tokens, marks, logged);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return logged;
}

// The mark is where any format shows it: in the query, which ours leave out,
// and in the User-Agent. An error log shows no requests, but the audit line of
// the last token, where a server may have escaped the quotes.
void examine_logs(Visit& visit) {
  if (visit.site().logs.empty()) {
    visit.not_seen("tokens in the server's logs", "give --log FILE");
    return;
  }
  const std::string mark = "doctor-" + hex(visit.site().seed);
  const std::string target = visit.site().target();
  visit.ask(Who::kStranger,
            target + (target.find('?') == std::string::npos ? '?' : '&') + mark,
            {{"User-Agent", mark}});
  std::vector<std::string> marks = {mark};
  constexpr std::size_t kHandleDigits = 8;
  if (visit.last_handle().size() == kHandleDigits) {
    marks.push_back('"' + visit.last_handle());
  }
  for (const std::string& file : visit.site().logs) {
    examine_log(visit, file, marks);
  }
}

}  // namespace claimcheck::doctor
