// Whose pages may ask get-token.
#include "doctor/doctor.h"

namespace claimcheck::doctor {
namespace {

bool is_refused_for_xsrf(const Answer& answer) {
  return code_of(answer.body) == "xsrf";
}

// Expected is what one request to get-token, which the site's own page could
// send or could not, must not be, or must be, refused for.
struct Expected {
  const char* what;
  std::vector<Header> headers;
  bool is_refused;
  std::string_view code;
};

std::vector<Expected> expectations(const Visit& visit) {
  const std::string& origin = visit.site().origin;
  return {
      {"takes the Origin of this site",
       {{"Origin", origin}},
       false,
       "origin_refused"},
      {"refuses the Origin of another site",
       {{"Origin", "https://another.invalid"}},
       true,
       "other_site_taken"},
      {"refuses what a browser calls cross-site",
       {{"Sec-Fetch-Site", "cross-site"}},
       true,
       "other_site_taken"},
  };
}

void check(Visit& visit, const Expected& expected, bool signs_in) {
  const Answer answer =
      visit.ask_token(Who::kBrowser, signs_in, expected.headers);
  const bool is_refused = is_refused_for_xsrf(answer);
  const bool is_of_get_token =
      !code_of(answer.body).empty() || parse_given(answer.body).has_value();
  if (proves_nothing(answer) || !is_of_get_token) {
    visit.not_seen(std::string("whether get-token ") + expected.what,
                   status_in_words(answer));
  } else if (is_refused == expected.is_refused) {
    visit.ok(std::string("get-token ") + expected.what);
  } else {
    visit.found(
        expected.code,
        "get-token " + std::string(is_refused ? "refuses" : "takes") + ' ' +
            shown(expected.headers[0].name + ": " + expected.headers[0].value));
  }
}

void check_pair(Visit& visit, bool signs_in) {
  const auto refused = [&](const char* header) {
    return is_refused_for_xsrf(visit.ask_token(
        Who::kBrowser, signs_in,
        {{"Cookie", "XSRF-TOKEN=doctor"}, {"X-XSRF-TOKEN", header}}));
  };
  const bool refuses_equal = refused("doctor");
  const bool refuses_other = refused("another");
  if (!refuses_equal && refuses_other) {
    visit.ok("get-token compares XSRF-TOKEN and X-XSRF-TOKEN");
  } else if (refuses_equal) {
    visit.found("xsrf_header_lost",
                "get-token refuses a header X-XSRF-TOKEN that repeats the "
                "cookie XSRF-TOKEN");
  } else {
    visit.not_seen("XSRF-TOKEN",
                   "get-token takes a header that differs: xsrf_cookie or "
                   "xsrf_header has another name, or the header does not "
                   "arrive");
  }
}

}  // namespace

void examine_other_sites(Visit& visit, bool signs_in, bool is_ours) {
  if (!is_ours) {
    visit.not_seen("requests of other sites",
                   "the server asks for a password first; give --user");
    return;
  }
  for (const Expected& expected : expectations(visit)) {
    if (visit.is_https_unknown && !expected.is_refused) {
      visit.not_seen("the Origin of this site", "its scheme is not known");
      continue;
    }
    check(visit, expected, signs_in);
  }
  if (visit.is_cookie_lost) {
    visit.not_seen("XSRF-TOKEN", "cookies do not arrive");
  } else if (!visit.sends_pair) {
    check_pair(visit, signs_in);
  } else {
    visit.ok("get-token demands XSRF-TOKEN and X-XSRF-TOKEN");
  }
}

}  // namespace claimcheck::doctor
