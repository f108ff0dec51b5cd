// The download as nobody may have it.
#include <array>

#include "doctor/doctor.h"

namespace claimcheck::doctor {
namespace {

constexpr const char* kWho = "the download without a token";

bool is_page(const Answer& answer) {
  return answer.header("content-type").starts_with("text/html");
}

// A page in the place of an answer is some other program's, and a file that is
// a page looks like one.
bool is_file(const Visit& visit, const Answer& answer) {
  return is_served(answer) &&
         (!is_page(answer) || visit.site().path.ends_with(".html") ||
          visit.site().path.ends_with(".htm") ||
          answer.has("content-disposition"));
}

Answer ask_bare(Visit& visit) {
  Answer answer = visit.ask_download(Who::kStranger, "");
  if (answer.status == 401 && code_of(answer.body).empty() &&
      !visit.site().login.empty()) {
    visit.download_signs_in = true;
    answer = visit.ask_download(Who::kStranger, "");
  }
  return answer;
}

// check_bare is whether the download is ours, and refuses.
bool check_bare(Visit& visit, const Answer& answer) {
  if (answer.status == 400 && code_of(answer.body) == "token_missing") {
    visit.ok("the download wants a token");
    return true;
  }
  if (is_trouble(visit, answer, kWho)) {
    return false;
  }
  if (is_file(visit, answer)) {
    visit.found("file_without_token", "GET of the download without a token: " +
                                          std::to_string(answer.status) +
                                          ", the file");
  } else if (answer.status == 401 && visit.site().login.empty()) {
    visit.not_seen("the download",
                   "the server asks for a password; give --user");
  } else {
    visit.found("not_ours", std::string(kWho) + ": " + status_in_words(answer));
  }
  return false;
}

void check_methods(Visit& visit) {
  for (const char* method : {"HEAD", "POST"}) {
    const Answer answer = visit.ask_download(Who::kStranger, "", {}, method);
    if (proves_nothing(answer)) {
      visit.not_seen(method, status_in_words(answer));
      return;
    }
    if (is_served(answer)) {
      visit.found("file_without_token",
                  std::string(method) + " of the download without a token: " +
                      std::to_string(answer.status));
      return;
    }
  }
  visit.ok("HEAD and POST want one, too");
}

void check_cached(Visit& visit, const Answer& answer) {
  if (answer.header("cache-control").find("no-store") ==
      std::string_view::npos) {
    visit.found("cached", "a refusal of the download has Cache-Control: " +
                              shown(answer.header("cache-control")) +
                              " in place of no-store");
  }
}

// A token that nobody signed, and one that somebody else did.
void check_foreign(Visit& visit) {
  const UnixTime now = visit.fetch().now();
  const std::array<std::pair<const char*, std::string>, 2> tokens = {{
      {"signed by another key", foreign_token(visit.site(), now)},
      {"with alg none", unsigned_token(now)},
  }};
  for (const auto& [what, token] : tokens) {
    const Answer answer = visit.ask_download(Who::kStranger, token);
    const std::string code = code_of(answer.body);
    if (is_served(answer)) {
      visit.found("foreign_taken",
                  "the download takes a token " + std::string(what));
      return;
    }
    if (code == "token_missing") {
      visit.found("query_lost",
                  "the download, with a token, says that it has none");
      return;
    }
    if (code != "token_invalid") {
      visit.not_seen("a token " + std::string(what), status_in_words(answer));
      return;
    }
  }
  visit.ok("the download refuses tokens of another key, and unsigned ones");
}

}  // namespace

bool examine_refusals(Visit& visit) {
  const Answer answer = ask_bare(visit);
  if (!check_bare(visit, answer)) {
    return false;
  }
  check_methods(visit);
  check_cached(visit, answer);
  check_foreign(visit);
  return true;
}

}  // namespace claimcheck::doctor
