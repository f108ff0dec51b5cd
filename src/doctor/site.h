// The download that doctor is asked about, as its page links to it.
#ifndef CLAIMCHECK_DOCTOR_SITE_H_
#define CLAIMCHECK_DOCTOR_SITE_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"

namespace claimcheck::doctor {

struct Site {
  std::string origin;  // "https://www.example.org:8443"
  std::string path;    // "/downloads/report.pdf", as it is spelled
  std::string query;   // "name=alex", without token
  std::string get_token = "/v1/api/get-token";
  // USER:PASSWORD for get-token; empty: none.
  std::string login = {};
  // Files that the tokens are looked for in.
  std::vector<std::string> logs = {};
  // What nobody else can know: a cookie, a key and a mark are made of it.
  std::array<unsigned char, 16> seed{};

  bool is_https() const { return origin.starts_with("https://"); }
  // target is path and query; url, with the origin in front and, if it is not
  // empty, the token behind.
  std::string target() const;
  std::string url(std::string_view token = {}) const;
};

// parse_site takes the URL apart. kBadUrl for what is none of HTTP, has a
// password or a control character in it, or no path.
Result<Site> parse_site(std::string_view url);

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_SITE_H_
