#include "edge/cgi.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "claimcheck/ascii.h"

namespace claimcheck {
namespace {

// HTTP_X_XSRF_TOKEN is the header x-xsrf-token.
std::string header_name(std::string_view variable) {
  std::string name = lower_case(variable.substr(5));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

bool is_on(std::string_view https) {
  const std::string value = lower_case(https);
  return value == "on" || value == "1";
}

void take(Request& request, std::string_view name, std::string_view value) {
  if (name == "REQUEST_METHOD") {
    request.method = value;
  } else if (name == "REQUEST_URI") {
    request.uri = value;
  } else if (name == "SERVER_PROTOCOL") {
    request.protocol = value;
  } else if (name == "REMOTE_USER") {
    request.remote_user = value;
  } else if (name == "REMOTE_ADDR") {
    request.remote_addr = value;
  } else if (name == "DOCUMENT_ROOT") {
    request.document_root = value;
  } else if (name == "HTTPS") {
    request.https = request.https || is_on(value);
  } else if (name == "REQUEST_SCHEME") {
    request.https = request.https || value == "https";
  }
}

// A header by its own name, since several variables can spell it.
void take_header(Request& request, std::string_view variable,
                 std::string_view value) {
  const auto [first, is_new] =
      request.headers.try_emplace(header_name(variable), value);
  if (!is_new && first->second != value) {
    request.repeated.push_back(first->first);
  }
}

// Of those that are given twice, the first.
void take_all(Request& request, Variables variables) {
  std::stable_sort(
      variables.begin(), variables.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::string_view* first = nullptr;
  for (auto each = variables.begin(); each != variables.end(); ++each) {
    const auto& [name, value] = *each;
    const bool is_new =
        each == variables.begin() || std::prev(each)->first != name;
    if (is_new) {
      take(request, name, value);
      first = &value;
    } else if (value != *first) {
      request.repeated.emplace_back(name);
    }
  }
}

}  // namespace

Variables variables_of(const char* const* environment) {
  Variables variables;
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const std::size_t equals = variable.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace_back(variable.substr(0, equals),
                             variable.substr(equals + 1));
    }
  }
  return variables;
}

Request request_of(const Variables& variables) {
  Request request;
  Variables others;
  others.reserve(variables.size());
  for (const auto& [name, value] : variables) {
    if (name.starts_with("HTTP_")) {
      take_header(request, name, value);
    } else {
      others.emplace_back(name, value);
    }
  }
  take_all(request, std::move(others));
  return request;
}

std::string head_of(const Response& response, std::size_t room) {
  constexpr std::string_view kStatus = "Status: ";
  constexpr std::string_view kColon = ": ";
  constexpr std::string_view kEnd = "\r\n";
  const std::string status = std::to_string(response.status);
  std::size_t size = kStatus.size() + status.size() + 2 * kEnd.size();
  for (const Header& header : response.headers) {
    size +=
        header.name.size() + kColon.size() + header.value.size() + kEnd.size();
  }
  std::string head;
  head.reserve(size + room);
  head.append(kStatus).append(status).append(kEnd);
  for (const Header& header : response.headers) {
    head.append(header.name).append(kColon).append(header.value).append(kEnd);
  }
  return head.append(kEnd);
}

}  // namespace claimcheck
