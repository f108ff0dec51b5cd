// The head of an answer that has the file.
#include "claimcheck/ascii.h"
#include "doctor/doctor.h"

namespace claimcheck::doctor {
namespace {

bool has_value(const Answer& answer, std::string_view name,
               std::string_view part) {
  for (std::string_view value : answer.values(name)) {
    if (lower_case(value).find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}

// What keeps a browser from taking the file for a page of the site.
constexpr struct {
  const char* name;
  std::string_view part;
} kGuards[] = {
    {"Content-Disposition", "attachment"},
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "sandbox"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

// is_shown tells what names the file for the web server alone.
bool is_shown(Visit& visit, const Answer& answer) {
  for (const char* name :
       {"X-Sendfile", "X-LIGHTTPD-send-file", "X-Accel-Redirect"}) {
    if (answer.has(name)) {
      visit.found("handover_shown",
                  std::string("the answer has ") + name + ", and " +
                      (answer.body.empty() ? "no file" : "a body"));
      return true;
    }
  }
  return false;
}

bool is_empty(Visit& visit, const Answer& answer, const Given& given) {
  if (given.size.value_or(0) == 0 || !answer.is_whole || !answer.body.empty()) {
    return false;
  }
  visit.found("handover_empty", "the answer is empty, and get-token told of " +
                                    std::to_string(*given.size) + " bytes");
  return true;
}

bool is_compressed(Visit& visit, const Answer& answer) {
  if (!answer.has("content-encoding")) {
    visit.ok("the file is not compressed on its way");
    return false;
  }
  visit.found("compressed", "the file comes with Content-Encoding: " +
                                shown(answer.header("content-encoding")));
  return true;
}

void check_length(Visit& visit, const Answer& answer, const Given& given) {
  const auto length = length_of(answer);
  if (!given.size) {
    visit.not_seen("length", "nobody knows it of what a command writes");
  } else if (!length) {
    visit.found("no_length", "the answer has no Content-Length");
  } else if (*length != *given.size) {
    visit.found("no_length", "Content-Length is " + std::to_string(*length) +
                                 ", and get-token told of " +
                                 std::to_string(*given.size));
  } else {
    visit.ok("the length is told");
  }
}

void check_etag(Visit& visit, const Answer& answer, const Given& given) {
  const std::string_view etag = answer.header("etag");
  if (!given.size) {
    visit.not_seen("ETag", "a command's output has none");
  } else if (etag.starts_with('"')) {
    visit.ok("the ETag is strong");
  } else {
    visit.found("weak_etag", etag.empty()
                                 ? "the answer has no ETag"
                                 : "the ETag became weak: " + shown(etag));
  }
}

void check_guards(Visit& visit, const Answer& answer) {
  std::string lost;
  for (const auto& [name, part] : kGuards) {
    if (!has_value(answer, name, part)) {
      lost += (lost.empty() ? "" : ", ") + std::string(name);
    }
  }
  if (lost.empty()) {
    visit.ok("the headers that keep the file from being a page are there");
  } else {
    visit.found("headers_lost", "lost or replaced: " + lost);
  }
}

void check_caches(Visit& visit, const Answer& answer) {
  if (!has_value(answer, "Cache-Control", "no-store")) {
    visit.found("cached", "the file comes with Cache-Control: " +
                              shown(answer.header("cache-control")) +
                              " in place of private, no-store");
  } else if (answer.has("Age") || has_value(answer, "X-Cache", "hit")) {
    visit.found("cached", "the file comes out of a cache (Age, X-Cache)");
  } else {
    visit.ok("the file comes out of no cache, and goes into none");
  }
}

void check_started(Visit& visit, const Answer& answer, const Given& given) {
  const std::string name = "claimcheck_started_";
  if (has_value(answer, "Set-Cookie", name + given.handle + "=1")) {
    visit.ok("the page's script sees that the download began");
  } else if (has_value(answer, "Set-Cookie", name)) {
    visit.found("cached", "the file comes with the cookie of another token");
  } else {
    visit.found("set_cookie_lost",
                "the file comes without the cookie claimcheck_started_…");
  }
}

}  // namespace

bool examine_head(Visit& visit, const Answer& answer, const Given& given) {
  if (is_shown(visit, answer) || is_empty(visit, answer, given)) {
    return false;
  }
  check_guards(visit, answer);
  check_caches(visit, answer);
  check_started(visit, answer, given);
  if (is_compressed(visit, answer)) {
    return false;
  }
  check_length(visit, answer, given);
  check_etag(visit, answer, given);
  return true;
}

}  // namespace claimcheck::doctor
