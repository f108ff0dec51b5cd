// One examination of a site: what is asked, what was learned so far, and what
// is told of it.
#ifndef CLAIMCHECK_DOCTOR_VISIT_H_
#define CLAIMCHECK_DOCTOR_VISIT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/advice.h"
#include "doctor/fetch.h"
#include "doctor/observation.h"
#include "doctor/site.h"
#include "doctor/token.h"

namespace claimcheck::doctor {

// Who asks: a browser with its cookies, one without any, or somebody else who
// got hold of its URL.
enum class Who { kBrowser, kNewBrowser, kStranger };

// Sample is the beginning of the file, as a token bought it.
struct Sample {
  std::string bytes;
  std::optional<std::uint64_t> length;
  std::string filename;
};

class Visit {
 public:
  Visit(Fetch& fetch, const Site& site, const Report& report);

  const Site& site() const { return site_; }
  Fetch& fetch() { return fetch_; }

  // ask sends one request; `origin` of the site is put in front of `target`.
  Answer ask(Who who, const std::string& target, std::vector<Header> more = {},
             const std::string& method = "GET");
  // ask_beside asks as a stranger for what may lie beside the download: with
  // USER:PASSWORD where the site wants it of everybody.
  Answer ask_beside(const std::string& path);
  // ask_download asks for the download, with a token unless it is empty.
  Answer ask_download(Who who, std::string_view token,
                      std::vector<Header> more = {},
                      const std::string& method = "GET");
  // ask_token asks get-token for this download, signed in where `signs_in`.
  Answer ask_token(Who who, bool signs_in, std::vector<Header> more = {}) {
    return ask_token_as(who, signs_in ? site_.login : "", std::move(more));
  }
  // ask_token_as does so with this USER:PASSWORD; empty: none.
  Answer ask_token_as(Who who, const std::string& login,
                      std::vector<Header> more = {});
  // get_token asks as ask_token, and remembers the token for the logs.
  std::optional<Given> get_token(Who who);
  // newcomer is who comes for the first time, as far as the site lets him.
  Who newcomer() const {
    return wants_cookie ? Who::kBrowser : Who::kNewBrowser;
  }
  void remember(const Given& given) {
    tokens_.push_back(given.token);
    handle_ = given.handle;
  }
  // last_handle is by what the audit log calls the token that came last.
  const std::string& last_handle() const { return handle_; }
  const std::vector<std::string>& tokens() const { return tokens_; }

  // has_given_up tells that the server stopped answering: nothing is asked any
  // more, or an examination would take an hour.
  bool has_given_up() const { return unanswered_ >= kMostUnanswered; }

  void ok(std::string what);
  void found(std::string_view code, std::string what);
  void not_seen(const std::string& what, const std::string& why);
  void note(std::string what);

  // What was learned:
  Server server = Server::kUnknown;
  // The cookie's name, as the site sets it or would.
  std::string cookie_name;
  // get-token wants the pair of xsrf = "required".
  bool sends_pair = false;
  // client = "required": who comes without the cookie gets no token.
  bool wants_cookie = false;
  // The token is given without USER:PASSWORD.
  bool is_open = false;
  // The downloads, too, want USER:PASSWORD.
  bool download_signs_in = false;
  bool is_cookie_lost = false;
  // The site does not know whether it is on HTTPS.
  bool is_https_unknown = false;
  std::optional<Sample> sample;

 private:
  static constexpr int kMostUnanswered = 5;

  Answer send(Question question, const char* agent);
  std::string cookie_of(Who who, bool is_get_token) const;
  void tell(Kind kind, std::string_view code, std::string what);

  Fetch& fetch_;
  const Site& site_;
  const Report& report_;
  const std::string client_;
  std::vector<std::string> tokens_;
  std::string handle_;
  // In a row.
  int unanswered_ = 0;
};

// is_trouble reports an answer that means trouble whatever was asked for; false
// where it is none. `who` is what answered so.
bool is_trouble(Visit& visit, const Answer& answer, const std::string& who);

// proves_nothing tells of an answer that is no refusal and no file: none at
// all, or that of a server which fails or has enough of the questions.
bool proves_nothing(const Answer& answer);

// is_served tells that a body was given.
bool is_served(const Answer& answer);

// is_program tells that the answer is an executable.
bool is_program(const Answer& answer);

// is_same_file tells that the answer has the sample's file in it.
bool is_same_file(const Answer& answer, const Sample& sample);

// shown is a text of the server's as it can be printed, cut where it is long.
std::string shown(std::string_view text);

// status_in_words is "403 token_used", or "404, which is not ours".
std::string status_in_words(const Answer& answer);

// length_of reads Content-Length.
std::optional<std::uint64_t> length_of(const Answer& answer);

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_VISIT_H_
