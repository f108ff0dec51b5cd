#include "edge/cgi.h"

#include <algorithm>
#include <map>

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
  // A header by its own name, since several variables can spell it.
  std::map<std::pair<bool, std::string>, std::string_view> seen;
  for (const auto& [name, value] : variables) {
    const bool is_header = name.starts_with("HTTP_");
    const std::string key = is_header ? header_name(name) : std::string(name);
    const auto [first, is_new] = seen.emplace(std::pair(is_header, key), value);
    if (!is_new && first->second != value) {
      request.repeated.push_back(key);
    } else if (is_header) {
      request.headers.emplace(key, value);
    } else {
      take(request, name, value);
    }
  }
  return request;
}

std::string head_of(const Response& response) {
  std::string head = "Status: " + std::to_string(response.status) + "\r\n";
  for (const Header& header : response.headers) {
    head += header.name + ": " + header.value + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace claimcheck
