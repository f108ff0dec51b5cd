// What get-token says to whom.
#include "doctor/doctor.h"
#include "policy/validators.h"

namespace claimcheck::doctor {
namespace {

constexpr const char* kWho = "get-token";
constexpr const char* kCookieLost =
    "get-token sets the client cookie again, though it was sent";

std::string sent_cookie_name(const Answer& answer) {
  for (std::string_view value : answer.values("set-cookie")) {
    const std::string_view name = value.substr(0, value.find('='));
    if (name == "claimcheck" || name == "__Host-claimcheck") {
      return std::string(name);
    }
  }
  return {};
}

bool is_refused_for(const Answer& answer, std::string_view code) {
  return code_of(answer.body) == code;
}

bool is_given(const Answer& answer) {
  return answer.status == 200 && parse_given(answer.body).has_value();
}

// ask_anyhow asks once more with what the first answer wants: the XSRF pair, or
// a client cookie.
Answer ask_anyhow(Visit& visit, bool signs_in) {
  Answer answer = visit.ask_token(Who::kNewBrowser, signs_in);
  if (is_refused_for(answer, "xsrf")) {
    visit.sends_pair = true;
    answer = visit.ask_token(Who::kNewBrowser, signs_in);
  }
  if (is_refused_for(answer, "not_allowed")) {
    const std::string name = sent_cookie_name(answer);
    visit.cookie_name = name.empty() ? visit.cookie_name : name;
    answer = visit.ask_token(Who::kBrowser, signs_in);
    visit.wants_cookie = is_given(answer);
  }
  return answer;
}

void report_refused(Visit& visit, const Answer& answer) {
  const std::string_view challenge = answer.header("www-authenticate");
  visit.found("signed_in_refused",
              answer.status == 401 && challenge.empty()
                  ? "get-token: 401 and no challenge: the server asks nobody "
                    "for a password there"
                  : "get-token: " + status_in_words(answer) + " with --user");
}

// A bad Bearer is told from none by the challenge.
void examine_bearer(Visit& visit, const Answer& without) {
  if (!without.header("www-authenticate").starts_with("Bearer")) {
    return;
  }
  const Answer with = visit.ask_token(Who::kNewBrowser, false,
                                      {{"Authorization", "Bearer doctor"}});
  if (with.status == 401 &&
      with.header("www-authenticate").find("invalid_token") !=
          std::string_view::npos) {
    visit.ok("get-token sees Authorization");
  } else {
    visit.found("authorization_lost",
                "get-token does not see the Bearer that was sent");
  }
}

void check_cookie_name(Visit& visit, const std::string& name) {
  const bool is_of_https = name == "__Host-claimcheck";
  if (name.empty()) {
    return;
  }
  visit.is_https_unknown = is_of_https != visit.site().is_https();
  if (visit.is_https_unknown) {
    visit.found("https_unknown",
                is_of_https ? "get-token sets a cookie of HTTPS on plain HTTP"
                            : "get-token sets a cookie of plain HTTP on HTTPS");
  } else {
    visit.ok("get-token names the browser by " + name);
  }
}

// The cookie that is sent is doctor's own: get-token takes any that is well
// formed, and binds the token to it unless client = "off".
void examine_cookies(Visit& visit, bool signs_in, const Answer& first) {
  const std::string name = sent_cookie_name(first);
  check_cookie_name(visit, name);
  visit.cookie_name = name.empty() ? visit.cookie_name : name;
  const Answer second = visit.ask_token(Who::kBrowser, signs_in);
  const std::optional<Given> given = parse_given(second.body);
  if (!given) {
    visit.not_seen("cookies", "get-token: " + status_in_words(second));
    return;
  }
  visit.remember(*given);
  visit.is_cookie_lost = !sent_cookie_name(second).empty();
  if (visit.is_cookie_lost) {
    visit.found("cookie_lost", kCookieLost);
  } else if (given->is_bound_to_client && name.empty() &&
             !parse_given(first.body)->is_bound_to_client) {
    visit.found("set_cookie_lost",
                "get-token binds tokens to a client cookie, and its answer "
                "sets none");
  } else if (given->is_bound_to_client) {
    visit.ok("get-token sees the client cookie");
  } else {
    visit.not_seen("client cookie", "client = \"off\"");
  }
}

// is_fresh is false where nothing else that get-token says can be trusted.
bool is_fresh(Visit& visit, const Answer& answer, const Given& first) {
  const std::optional<Given> second = visit.get_token(visit.newcomer());
  const std::string_view control = answer.header("cache-control");
  if (second && second->token == first.token) {
    visit.found("cached", "get-token gives one token twice");
    return false;
  }
  if (control.find("no-store") == std::string_view::npos) {
    visit.found("cached", "get-token answers with Cache-Control: " +
                              shown(control) + " in place of no-store");
  } else {
    visit.ok("get-token's answers are kept by nobody");
  }
  return true;
}

// A whole second is lost by the spelling of Date, another is `leeway`.
void check_clocks(Visit& visit, const Answer& answer, const Given& given,
                  UnixTime now) {
  const auto date = parse_http_date(answer.header("date"), now);
  if (!date) {
    visit.not_seen("clocks", "get-token's answer has no Date");
    return;
  }
  const auto seconds = [](UnixTime time) {
    return std::to_string(
        std::chrono::round<std::chrono::seconds>(time).count());
  };
  const UnixTime apart = given.issued - date->time_since_epoch();
  if (given.issued != UnixTime() && std::chrono::abs(apart) > UnixTime(3000)) {
    visit.found("clock", "get-token's clock and the web server's are " +
                             seconds(std::chrono::abs(apart)) + " s apart");
    return;
  }
  visit.ok("get-token and the web server have the same time");
  const UnixTime ours = now - date->time_since_epoch();
  if (std::chrono::abs(ours) > UnixTime(5000)) {
    visit.note("this machine's clock and the site's are " +
               seconds(std::chrono::abs(ours)) + " s apart");
  }
}

void report_stranger(Visit& visit) {
  if (!visit.site().login.empty()) {
    visit.found("get_token_open",
                "get-token gives a token to a stranger without --user");
  } else {
    visit.note(
        "get-token gives tokens to everybody: right for access = "
        "\"anonymous\" alone");
  }
}

// first_answer is to a stranger or, where he gets nothing, to --user.
Answer first_answer(Visit& visit) {
  Answer answer = ask_anyhow(visit, false);
  visit.is_open = is_given(answer);
  examine_bearer(visit, answer);
  const bool is_refused = answer.status == 401 || answer.status == 403;
  return is_refused && !visit.site().login.empty() ? ask_anyhow(visit, true)
                                                   : answer;
}

// why_refused is what a refusal says that is nobody's fault; empty of others.
std::string why_refused(const Answer& answer) {
  if (is_refused_for(answer, "xsrf")) {
    return "get-token refuses for xsrf, though the pair was sent: xsrf_cookie "
           "and xsrf_header have other names, or the pair does not arrive";
  }
  return is_refused_for(answer, "not_allowed")
             ? "this caller may not have this download (users)"
             : "";
}

// report_none tells whether it was get-token that gave no token.
bool report_none(Visit& visit, const Answer& answer) {
  const std::string why = why_refused(answer);
  if (is_trouble(visit, answer, kWho)) {
    return false;
  }
  if (answer.header("www-authenticate").starts_with("Bearer")) {
    visit.not_seen("what wants a token",
                   "access = \"bearer\", and doctor has no Bearer");
  } else if (answer.status == 401 && visit.site().login.empty()) {
    visit.ok("get-token refuses strangers");
    visit.not_seen("what wants a token", "give --user");
  } else if (!why.empty() && !sent_cookie_name(answer).empty()) {
    visit.is_cookie_lost = true;
    visit.found("cookie_lost", kCookieLost);
  } else if (!why.empty()) {
    visit.not_seen("what wants a token", why);
  } else if (!visit.site().login.empty() &&
             (answer.status == 401 || answer.status == 403)) {
    report_refused(visit, answer);
  } else {
    visit.found("get_token_missing",
                visit.site().get_token + ": " + status_in_words(answer));
    return false;
  }
  return true;
}

// nginx tells the name that a client says, checked or not.
void check_password(Visit& visit) {
  const std::string& login = visit.site().login;
  const std::string wrong = login.substr(0, login.find(':') + 1) + "not-" +
                            base64url_encode(visit.site().seed);
  const Answer answer = visit.ask_token_as(visit.newcomer(), wrong);
  if (const std::optional<Given> given = parse_given(answer.body); given) {
    visit.remember(*given);
    visit.found("password_unchecked",
                "get-token gives a token to --user with a wrong password");
  } else if (answer.status == 401 || answer.status == 403) {
    visit.ok("get-token refuses a wrong password");
  } else {
    visit.not_seen("a wrong password", status_in_words(answer));
  }
}

}  // namespace

bool examine_get_token(Visit& visit) {
  const Answer answer = first_answer(visit);
  const UnixTime now = visit.fetch().now();
  const bool signs_in = !visit.is_open && !visit.site().login.empty();
  if (!is_given(answer)) {
    if (report_none(visit, answer)) {
      examine_other_sites(visit, signs_in, !code_of(answer.body).empty());
    }
    return false;
  }
  const Given given = *parse_given(answer.body);
  visit.remember(given);
  visit.ok("get-token gives a token");
  if (visit.is_open) {
    report_stranger(visit);
  } else {
    visit.ok("get-token refuses strangers");
    check_password(visit);
  }
  check_clocks(visit, answer, given, now);
  if (!is_fresh(visit, answer, given)) {
    return false;
  }
  examine_cookies(visit, signs_in, answer);
  examine_other_sites(visit, signs_in, true);
  return true;
}

}  // namespace claimcheck::doctor
