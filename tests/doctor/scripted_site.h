// A site for the doctor without server, sockets or clocks: get-token and
// download are policy's own, and what stands before them is a switch each.
#ifndef CLAIMCHECK_TESTS_DOCTOR_SCRIPTED_SITE_H_
#define CLAIMCHECK_TESTS_DOCTOR_SCRIPTED_SITE_H_

#include <functional>
#include <string>
#include <vector>

#include "../policy/fake_world.h"
#include "claimcheck/ascii.h"
#include "doctor/doctor.h"
#include "policy/issue.h"
#include "policy/redeem.h"
#include "policy/validators.h"

namespace claimcheck::testing {

// file_byte is what the file has at `offset`.
inline char file_byte(std::uint64_t offset) {
  return static_cast<char>('a' + offset * 7 % 26);
}

class ScriptedSite : public doctor::Fetch {
 public:
  ScriptedSite() { config.origins = {"https://www.example.org"}; }

  FakeWorld world = site_world();
  Config config = site_config();
  // Who signs in with this at get-token is alice.
  std::string login = "alice:demo";
  // If not, so does everybody who says that he is.
  bool checks_password = true;
  // What happens to a request on its way, and to an answer.
  std::function<void(Request&)> arriving = [](Request&) {};
  std::function<void(const doctor::Question&, doctor::Answer&)> leaving =
      [](const doctor::Question&, doctor::Answer&) {};
  std::vector<doctor::Question> asked;

  doctor::Answer ask(const doctor::Question& question) override {
    asked.push_back(question);
    world.time += UnixTime(10);
    doctor::Answer answer = answer_to(question);
    answer.headers.push_back({"Server", "Apache/2.4.71 (Debian)"});
    answer.headers.push_back(
        {"Date", http_date(std::chrono::floor<std::chrono::seconds>(
                     std::chrono::sys_time<UnixTime>(world.time)))});
    leaving(question, answer);
    return answer;
  }

  UnixTime now() override { return world.time; }
  void wait_until(UnixTime time) override {
    world.time = std::max(world.time, time);
  }

 private:
  static constexpr std::string_view kOrigin = "https://www.example.org";

  Request request_of(const doctor::Question& question) {
    Request asked =
        method(request(question.url.substr(kOrigin.size())), question.method);
    for (const Header& header : question.headers) {
      asked.headers[lower_case(header.name)] = header.value;
    }
    const bool is_let_in =
        checks_password ? question.login == login : !question.login.empty();
    asked.remote_user = is_let_in ? "alice" : "";
    arriving(asked);
    return asked;
  }

  doctor::Answer answer_to(const doctor::Question& question) {
    const Request asked = request_of(question);
    const bool is_get_token = asked.uri.starts_with("/v1/api/get-token");
    if (is_get_token && config.access == Access::kServer &&
        asked.remote_user.empty()) {
      return {"", false, 401, {{"WWW-Authenticate", "Basic"}}, "no", true};
    }
    if (is_get_token) {
      return answer_of(issue(config, asked, world), asked);
    }
    return asked.uri.starts_with("/downloads/")
               ? answer_of(redeem(config, asked, world), asked)
               : doctor::Answer{"", false, 404, {}, "<html>", true};
  }

  static doctor::Answer answer_of(Response response, const Request& asked) {
    doctor::Answer answer;
    answer.status = response.status;
    answer.headers = std::move(response.headers);
    answer.is_whole = true;
    if (const auto* text = std::get_if<std::string>(&response.body)) {
      answer.body = asked.method == "HEAD" ? "" : *text;
    } else if (const auto* slice = std::get_if<FileSlice>(&response.body)) {
      for (std::uint64_t i = 0; i < slice->length; ++i) {
        answer.body += file_byte(slice->offset + i);
      }
    }
    return answer;
  }
};

inline doctor::Site report_site() {
  doctor::Site site =
      *doctor::parse_site("https://www.example.org/downloads/report.csv");
  site.login = "alice:demo";
  return site;
}

// Seen is what doctor told: all of it, and the codes of what it found.
struct Seen {
  std::vector<std::string> codes;
  std::string all;
};

inline Seen examined(ScriptedSite& scripted,
                     const doctor::Site& site = report_site()) {
  Seen seen;
  doctor::examine(scripted, site, [&](const doctor::Observation& each) {
    if (each.kind == doctor::Kind::kFound) {
      seen.codes.emplace_back(each.code);
    }
    seen.all += std::string(each.code) + ' ' + each.what + '\n';
  });
  return seen;
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_DOCTOR_SCRIPTED_SITE_H_
