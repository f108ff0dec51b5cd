#include "doctor/site.h"

#include <algorithm>

#include "policy/http.h"
#include "policy/origin.h"

namespace claimcheck::doctor {
namespace {

Error bad_url(std::string why) { return Error{Errc::kBadUrl, std::move(why)}; }

// A token that was copied along is used or expired; doctor gets its own.
std::string without_token(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair != "token" && !pair.starts_with("token=")) {
      kept += (kept.empty() ? "" : "&") + std::string(pair);
    }
  }
  return kept;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c != 0x7f && c != '"' && c != '\\';
  });
}

}  // namespace

std::string Site::target() const {
  return path + (query.empty() ? "" : "?" + query);
}

std::string Site::url(std::string_view token) const {
  if (token.empty()) {
    return origin + target();
  }
  return origin + target() + (query.empty() ? "?token=" : "&token=") +
         std::string(token);
}

Result<Site> parse_site(std::string_view url) {
  url = url.substr(0, url.find('#'));
  if (url.size() > kMaxUri || !is_plain(url)) {
    return bad_url(
        "the URL is longer than 16384 bytes or holds a blank, a quote or a "
        "control character: write it as the page's link has it, encoded");
  }
  const std::size_t scheme = url.find("://");
  const std::size_t slash =
      scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3);
  if (slash == std::string_view::npos) {
    return bad_url(
        "expected the URL of a download, like "
        "https://www.example.org/downloads/report.pdf");
  }
  Site site;
  site.origin = normal_origin(url.substr(0, slash));
  if (site.origin.empty()) {
    return bad_url(
        "expected http:// or https://, and neither user nor password in the "
        "URL: --user is for them");
  }
  const std::size_t mark = std::min(url.find('?'), url.size());
  site.path = url.substr(slash, mark - slash);
  site.query = without_token(url.substr(std::min(mark + 1, url.size())));
  return site;
}

}  // namespace claimcheck::doctor
