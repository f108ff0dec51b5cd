#include "policy/accept.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "claimcheck/ascii.h"

namespace claimcheck {
namespace {

// cut removes and returns what stands before the first `separator`.
std::string cut(std::string& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  std::string first = rest.substr(0, end);
  rest.erase(0, std::min(end + 1, rest.size()));
  std::erase_if(first, [](char c) { return c == ' ' || c == '\t'; });
  return first;
}

double quality(std::string parameters) {
  while (!parameters.empty()) {
    const std::string parameter = cut(parameters, ';');
    if (parameter.starts_with("q=")) {
      return std::strtod(parameter.c_str() + 2, nullptr);
    }
  }
  return 1;
}

}  // namespace

bool prefers_html(std::string_view accept) {
  constexpr double kAbsent = -1;
  double html = kAbsent;
  double json = kAbsent;
  double all_applications = kAbsent;
  double all = kAbsent;
  std::string rest = lower_case(accept);
  while (!rest.empty()) {
    std::string range = cut(rest, ',');
    const std::string type = cut(range, ';');
    if (type == "text/html") {
      html = quality(range);
    } else if (type == "application/json") {
      json = quality(range);
    } else if (type == "application/*") {
      all_applications = quality(range);
    } else if (type == "*/*") {
      all = quality(range);
    }
  }
  // The most specific range counts.
  for (double wider : {all_applications, all}) {
    if (json == kAbsent) {
      json = wider;
    }
  }
  return html > 0 && html > json;
}

}  // namespace claimcheck
