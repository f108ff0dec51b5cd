#include "doctor/fetch.h"

#include <algorithm>

#include "claimcheck/ascii.h"

namespace claimcheck::doctor {
namespace {

constexpr std::size_t kMaxHeaders = 200;

std::string_view trim(std::string_view text) {
  const std::size_t begin =
      std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

// take_line cuts the first line off, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// "HTTP/1.1 200 OK", "HTTP/2 200".
int status_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) {
    return 0;
  }
  const std::string_view digits = line.substr(space + 1, 3);
  const bool is_number = digits.size() == 3 &&
                         std::all_of(digits.begin(), digits.end(), [](char c) {
                           return c >= '0' && c <= '9';
                         });
  return is_number ? std::stoi(std::string(digits)) : 0;
}

// take_head reads one head off the front of `text`; false if it does not end.
bool take_head(std::string_view& text, Answer& answer) {
  answer.headers.clear();
  answer.status = status_of(take_line(text));
  while (answer.status != 0 && !text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) {
      return true;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos &&
        answer.headers.size() < kMaxHeaders) {
      answer.headers.push_back({std::string(line.substr(0, colon)),
                                std::string(trim(line.substr(colon + 1)))});
    }
  }
  return false;
}

}  // namespace

std::vector<std::string_view> Answer::values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) {
      values.push_back(header.value);
    }
  }
  return values;
}

std::string_view Answer::header(std::string_view name) const {
  const auto all = values(name);
  return all.empty() ? std::string_view() : all.front();
}

Answer parse_answer(std::string_view text) {
  Answer answer;
  do {
    if (!take_head(text, answer)) {
      Answer none;
      none.failure = "what came is no HTTP answer, or its head has no end";
      return none;
    }
  } while (answer.status < 200);
  answer.body = text;
  return answer;
}

}  // namespace claimcheck::doctor
