// Tokens that are good, in the order of their lives: used by a browser, copied
// by a stranger, expired, and resumed.
#include <algorithm>

#include "doctor/doctor.h"

namespace claimcheck::doctor {
namespace {

// What a longer life would have doctor wait for.
constexpr std::chrono::seconds kMostPatience{30};
// Hosts' clocks may be apart by as much.
constexpr std::chrono::seconds kMargin{1};

// Bought is a token and what it bought.
struct Bought {
  Given given;
  Answer answer;
};

// Course is what the examinations of one pass learn from each other.
struct Course {
  // Never used while it lives.
  Given late;
  // Used by a browser that nobody knew, then by a stranger.
  Bought copied;
  // Used by a browser with a cookie, which may resume.
  Bought kept;
  bool is_whole = false;  // kept bought the file as it is
  bool is_copy_taken = false;
  UnixTime expires{};
};

// report_unbought says why a good token was refused at its first use.
void report_unbought(Visit& visit, const Answer& answer, const Given& given,
                     UnixTime took) {
  const std::string code = code_of(answer.body);
  const std::string what =
      "the download, with a fresh token: " + status_in_words(answer);
  if (code == "token_expired" && took >= given.lifetime) {
    visit.not_seen("the download", "asking takes longer than a token lives");
  } else if (code == "token_expired") {
    visit.found("clock", what);
  } else if (code == "token_invalid") {
    visit.found("keys_differ", what);
  } else if (code == "token_missing") {
    visit.found("query_lost", what);
  } else if (code == "token_not_for_this") {
    visit.found("path_rewritten", what);
  } else if (code == "token_other_client") {
    visit.found("cookie_lost", what);
  } else if (code.empty() && (answer.status == 403 || answer.status == 404)) {
    // It was ours without a token: now the server answers for a file.
    visit.found("handover_empty", what);
  } else if (code == "not_allowed") {
    visit.not_seen("the download", "this caller may not have it (users)");
  } else if (!is_trouble(visit, answer, "the download with a fresh token")) {
    visit.found("not_ours", what);
  }
}

// buy gets a token and uses it at once; nothing, and a report, where that
// fails.
std::optional<Bought> buy(Visit& visit, Who who, std::vector<Header> more) {
  const UnixTime begin = visit.fetch().now();
  std::optional<Given> given = visit.get_token(who);
  if (!given) {
    visit.not_seen("the download", "get-token gives no further token");
    return std::nullopt;
  }
  Answer answer = visit.ask_download(who, given->token, std::move(more));
  // A download may be an executable; ours says that it is one.
  const bool is_ours = answer.has("content-disposition");
  if (!is_served(answer) || (is_program(answer) && !is_ours)) {
    report_unbought(visit, answer, *given, visit.fetch().now() - begin);
    return std::nullopt;
  }
  return Bought{*std::move(given), std::move(answer)};
}

void keep_sample(Visit& visit, const Bought& bought) {
  const Answer& answer = bought.answer;
  if (answer.status != 200 || answer.body.empty() ||
      answer.has("content-encoding")) {
    return;
  }
  visit.sample = Sample{answer.body, bought.given.size, bought.given.filename};
}

void check_copy(Visit& visit, Course& course) {
  const Answer answer =
      visit.ask_download(Who::kStranger, course.copied.given.token);
  course.is_copy_taken = is_served(answer);
  if (proves_nothing(answer)) {
    visit.not_seen("a copied URL", status_in_words(answer));
  } else if (!course.is_copy_taken) {
    visit.ok("a copied URL is refused: " + status_in_words(answer));
  }
}

bool offers_ranges(const Answer& answer) {
  const auto values = answer.values("accept-ranges");
  return std::find(values.begin(), values.end(), "bytes") != values.end();
}

// is_same_part tells that the answer is a part of the sample from `first`.
bool is_same_part(const Visit& visit, const Answer& answer, std::size_t first) {
  return answer.status == 206 && visit.sample && !answer.body.empty() &&
         visit.sample->bytes.substr(std::min(first, visit.sample->bytes.size()),
                                    answer.body.size()) == answer.body;
}

// can_resume tells that there is something behind byte 0, of one file.
bool can_resume(const Course& course) {
  return course.is_whole && course.kept.given.size.value_or(0) > 1 &&
         course.kept.answer.header("etag").starts_with('"');
}

// check_range is for a token that lives.
void check_range(Visit& visit, const Course& course) {
  if (!can_resume(course)) {
    visit.not_seen("ranges", "the file did not come whole, or is too small");
    return;
  }
  const Answer& whole = course.kept.answer;
  if (!whole.has("accept-ranges")) {
    visit.found("no_range", "the file comes without Accept-Ranges");
    return;
  }
  if (!offers_ranges(whole)) {
    visit.not_seen("ranges",
                   "Accept-Ranges: none, as with reuse = \"never\" and "
                   "client = \"off\"");
    return;
  }
  const auto part = buy(visit, Who::kBrowser, {{"Range", "bytes=1-8"}});
  if (!part) {
    return;
  }
  if (is_same_part(visit, part->answer, 1)) {
    visit.ok("a Range gets that part of the file");
  } else {
    visit.found("no_range", "a Range is answered with " +
                                status_in_words(part->answer) +
                                ", and not with that part");
  }
}

// check_resume is for a token that was used and has expired.
void check_resume(Visit& visit, const Course& course) {
  if (!can_resume(course) || !offers_ranges(course.kept.answer)) {
    return;
  }
  const Answer answer = visit.ask_download(
      Who::kBrowser, course.kept.given.token,
      {{"Range", "bytes=1-8"},
       {"If-Range", std::string(course.kept.answer.header("etag"))}});
  if (is_same_part(visit, answer, 1)) {
    visit.ok("an interrupted download resumes when its token has expired");
  } else if (visit.is_cookie_lost) {
    visit.not_seen("resuming", "the client cookie is lost");
  } else if (code_of(answer.body) == "token_expired") {
    visit.not_seen("resuming", "reuse = \"window\" keeps no lease");
  } else {
    visit.found(
        answer.status == 200 ? "no_range" : "no_resume",
        "a download that resumes is answered with " + status_in_words(answer));
  }
}

// is_window tells that reuse = "window" may explain a token that was taken
// twice while it lived: with "resume" it is told later that it was used, and
// with "never" there are no ranges of a file.
bool is_window(Visit& visit, const Course& course) {
  const Answer answer =
      visit.ask_download(Who::kBrowser, course.kept.given.token);
  const bool is_never = course.kept.given.size.has_value() &&
                        course.kept.answer.header("accept-ranges") == "none";
  return code_of(answer.body) == "token_expired" && !is_never;
}

void judge_copy(Visit& visit, const Course& course) {
  if (!course.is_copy_taken) {
    return;
  }
  if (is_window(visit, course)) {
    visit.note(
        "a copied URL works for anybody until it expires: right for reuse = "
        "\"window\" alone");
  } else {
    visit.found("used_taken",
                "the download takes a token a second time, of a stranger");
  }
}

void check_expired(Visit& visit, const Course& course) {
  const Answer late = visit.ask_download(Who::kBrowser, course.late.token);
  const Answer copied =
      visit.ask_download(Who::kStranger, course.copied.given.token);
  if (is_served(late) || is_served(copied)) {
    visit.found("expired_taken",
                "the download takes a token that has expired" +
                    std::string(is_served(late) ? "" : ", and was used"));
  } else if (proves_nothing(late)) {
    visit.not_seen("an expired token", status_in_words(late));
  } else {
    visit.ok("an expired token is refused: " + status_in_words(late));
  }
}

// wait_for_the_end is false where the tokens live too long.
bool wait_for_the_end(Visit& visit, const Course& course) {
  const UnixTime until = course.expires + kMargin;
  if (until - visit.fetch().now() > kMostPatience) {
    visit.not_seen("expired tokens", "these live longer than 30 s");
    return false;
  }
  visit.fetch().wait_until(until);
  return true;
}

// use_fresh is what is asked while the tokens live.
bool use_fresh(Visit& visit, Course& course) {
  auto copied = buy(visit, visit.newcomer(), {});
  if (!copied) {
    return false;
  }
  course.copied = *std::move(copied);
  keep_sample(visit, course.copied);
  check_copy(visit, course);
  const char* encodings = "gzip, deflate, br";
  auto kept = buy(visit, Who::kBrowser, {{"Accept-Encoding", encodings}});
  if (!kept) {
    return false;
  }
  course.kept = *std::move(kept);
  visit.ok("the download takes a fresh token");
  course.is_whole = examine_head(visit, course.kept.answer, course.kept.given);
  check_range(visit, course);
  return true;
}

}  // namespace

void examine_use(Visit& visit) {
  Course course;
  const auto late = visit.get_token(Who::kBrowser);
  if (!late) {
    visit.not_seen("the download", "get-token gives no further token");
    return;
  }
  course.late = *late;
  if (!use_fresh(visit, course)) {
    return;
  }
  course.expires = visit.fetch().now() + course.kept.given.lifetime;
  if (!wait_for_the_end(visit, course)) {
    return;
  }
  check_expired(visit, course);
  judge_copy(visit, course);
  check_resume(visit, course);
}

}  // namespace claimcheck::doctor
