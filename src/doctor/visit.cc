#include "doctor/visit.h"

#include <algorithm>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "policy/query.h"

#ifndef CLAIMCHECK_VERSION
#error "CLAIMCHECK_VERSION comes from configure.ac by way of the Makefile"
#endif

namespace claimcheck::doctor {
namespace {

constexpr const char* kAgent = "claimcheck-doctor/" CLAIMCHECK_VERSION;
// With client_fallback = "address" who has another name is somebody else.
constexpr const char* kStrangersAgent =
    "claimcheck-doctor/" CLAIMCHECK_VERSION " (stranger)";
constexpr const char* kPair = "doctor";

bool has_header(const Question& question, std::string_view name) {
  return std::any_of(question.headers.begin(), question.headers.end(),
                     [&](const Header& each) { return each.name == name; });
}

const char* agent_of(Who who) {
  return who == Who::kStranger ? kStrangersAgent : kAgent;
}

// A server may repeat what it was asked, in a header or a redirect: what looks
// like a token, or like the beginning of one, is left out.
std::string without_tokens(std::string text) {
  constexpr std::string_view kBegin = "eyJ";
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  for (std::size_t at = 0; (at = text.find(kBegin, at)) != std::string::npos;) {
    text.erase(at, text.find_first_not_of(kDigits, at) - at);
  }
  return text;
}

}  // namespace

Visit::Visit(Fetch& fetch, const Site& site, const Report& report)
    : cookie_name(site.is_https() ? "__Host-claimcheck" : "claimcheck"),
      fetch_(fetch),
      site_(site),
      report_(report),
      client_(base64url_encode(site.seed)) {}

std::string Visit::cookie_of(Who who, bool is_get_token) const {
  std::string cookie;
  if (who == Who::kBrowser) {
    cookie = cookie_name + '=' + client_;
  }
  if (is_get_token && sends_pair) {
    cookie += (cookie.empty() ? "" : "; ") + std::string("XSRF-TOKEN=") + kPair;
  }
  return cookie;
}

Answer Visit::send(Question question, const char* agent) {
  if (has_given_up()) {
    Answer none;
    none.failure = "not asked: the server stopped answering";
    return none;
  }
  if (!has_header(question, "User-Agent")) {
    question.headers.push_back({"User-Agent", agent});
  }
  Answer answer = fetch_.ask(question);
  unanswered_ = answer.failure.empty() ? 0 : unanswered_ + 1;
  return answer;
}

Answer Visit::ask(Who who, const std::string& target, std::vector<Header> more,
                  const std::string& method) {
  return send({method, site_.origin + target, std::move(more), {}},
              agent_of(who));
}

Answer Visit::ask_beside(const std::string& path) {
  return send(
      {"GET", site_.origin + path, {}, download_signs_in ? site_.login : ""},
      agent_of(Who::kStranger));
}

Answer Visit::ask_download(Who who, std::string_view token,
                           std::vector<Header> more,
                           const std::string& method) {
  const std::string cookie = cookie_of(who, false);
  if (!cookie.empty()) {
    more.push_back({"Cookie", cookie});
  }
  return send({method, site_.url(token), std::move(more),
               download_signs_in ? site_.login : ""},
              agent_of(who));
}

Answer Visit::ask_token_as(Who who, const std::string& login,
                           std::vector<Header> more) {
  const std::string what = percent_encode(site_.target(), "-._~/");
  Question question{"GET", site_.origin + site_.get_token + "?for=" + what,
                    std::move(more), login};
  // Who sends a pair of his own tests it.
  if (!has_header(question, "Cookie")) {
    const std::string cookie = cookie_of(who, true);
    if (!cookie.empty()) {
      question.headers.push_back({"Cookie", cookie});
    }
    if (sends_pair) {
      question.headers.push_back({"X-XSRF-TOKEN", kPair});
    }
  }
  return send(std::move(question), kAgent);
}

std::optional<Given> Visit::get_token(Who who) {
  const Answer answer = ask_token(who, !is_open);
  std::optional<Given> given =
      answer.status == 200 ? parse_given(answer.body) : std::nullopt;
  if (given) {
    remember(*given);
  }
  return given;
}

void Visit::tell(Kind kind, std::string_view code, std::string what) {
  report_({kind, code, without_tokens(std::move(what)), server});
}

void Visit::ok(std::string what) { tell(Kind::kOk, "", std::move(what)); }

void Visit::found(std::string_view code, std::string what) {
  tell(Kind::kFound, code, std::move(what));
}

void Visit::not_seen(const std::string& what, const std::string& why) {
  tell(Kind::kNotSeen, "", what + ": " + why);
}

void Visit::note(std::string what) { tell(Kind::kNote, "", std::move(what)); }

bool is_trouble(Visit& visit, const Answer& answer, const std::string& who) {
  const std::string code = code_of(answer.body);
  if (!answer.failure.empty()) {
    visit.found(answer.is_tls ? "tls" : "unreachable",
                who + ": " + shown(answer.failure));
  } else if (is_program(answer)) {
    visit.found("program_shown", who + " is answered with an executable");
  } else if (answer.status >= 300 && answer.status < 400) {
    visit.found("redirected", who + ": " + std::to_string(answer.status) +
                                  " leads to " +
                                  shown(answer.header("location")));
  } else if (code == "config") {
    visit.found("config_broken", who + ": 500 config");
  } else if (code == "unavailable") {
    visit.found("state_unavailable", who + ": 503 unavailable");
  } else if (code == "command_failed") {
    visit.found("command_failed", who + ": 502 command_failed");
  } else if (code == "not_found" || code == "bad_url") {
    visit.found("url_refused", who + ": " + status_in_words(answer));
  } else if (answer.status >= 500) {
    visit.found("program_down", who + ": " + status_in_words(answer));
  } else {
    return false;
  }
  return true;
}

bool proves_nothing(const Answer& answer) {
  constexpr int kTooManyRequests = 429;
  return !answer.failure.empty() || answer.status == kTooManyRequests ||
         answer.status >= 500;
}

bool is_served(const Answer& answer) {
  return answer.status == 200 || answer.status == 206;
}

bool is_program(const Answer& answer) {
  return is_served(answer) && answer.body.starts_with(
                                  "\x7f"
                                  "ELF");
}

std::optional<std::uint64_t> length_of(const Answer& answer) {
  const std::string_view text = answer.header("content-length");
  constexpr std::size_t kMostDigits = 18;
  if (text.empty() || text.size() > kMostDigits ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::stoull(std::string(text));
}

// Where a length is not known, many bytes have to be the same.
bool is_same_file(const Answer& answer, const Sample& sample) {
  constexpr std::size_t kMany = 256;
  const auto told = length_of(answer);
  const auto length = told || !answer.is_whole
                          ? told
                          : std::optional<std::uint64_t>(answer.body.size());
  const std::size_t both = std::min(answer.body.size(), sample.bytes.size());
  const bool is_as_long =
      length && sample.length ? *length == *sample.length : both >= kMany;
  return is_served(answer) && both > 0 && is_as_long &&
         answer.body.compare(0, both, sample.bytes, 0, both) == 0;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 160;
  return json_quote(text.substr(0, kMost)) + (text.size() > kMost ? "…" : "");
}

std::string status_in_words(const Answer& answer) {
  if (!answer.failure.empty()) {
    return shown(answer.failure);
  }
  const std::string code = code_of(answer.body);
  const std::string status = std::to_string(answer.status);
  return code.empty() ? status + " without a code of ours"
                      : status + ' ' + shown(code);
}

}  // namespace claimcheck::doctor
