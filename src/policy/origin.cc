#include "policy/origin.h"

#include "claimcheck/ascii.h"

namespace claimcheck {
namespace {

void remove_suffix(std::string& text, std::string_view suffix) {
  if (text.ends_with(suffix)) {
    text.resize(text.size() - suffix.size());
  }
}

}  // namespace

std::string normal_origin(std::string_view origin) {
  std::string normal = lower_case(origin);
  const bool http = normal.starts_with("http://");
  const bool https = normal.starts_with("https://");
  const std::size_t host = http ? 7 : 8;
  if ((!http && !https) || normal.size() == host ||
      normal.find_first_of("/?#@\\ ,", host) != std::string::npos) {
    return {};
  }
  remove_suffix(normal, http ? ":80" : ":443");
  return normal;
}

bool is_https(const Config& config, const Request& request) {
  return config.https == Https::kAlways || request.https;
}

bool is_own_origin(const Config& config, const Request& request,
                   std::string_view origin) {
  const std::string normal = normal_origin(origin);
  if (normal.empty()) {
    return false;
  }
  const std::string* host = request.header("host");
  const std::string scheme = is_https(config, request) ? "https://" : "http://";
  if (host != nullptr && normal == normal_origin(scheme + *host)) {
    return true;
  }
  for (const std::string& own : config.origins) {
    if (normal == normal_origin(own)) {
      return true;
    }
  }
  return false;
}

}  // namespace claimcheck
