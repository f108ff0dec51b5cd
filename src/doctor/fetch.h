// How doctor asks: one request, one answer, of which the beginning is read. The
// examinations know no more of the world than this, so that tests script it.
//
//   const Answer answer = fetch.ask({.url = "https://www.example.org/"});
//   if (answer.status == 200 && answer.header("etag").empty()) …
#ifndef CLAIMCHECK_DOCTOR_FETCH_H_
#define CLAIMCHECK_DOCTOR_FETCH_H_

#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/unix_time.h"
#include "policy/http.h"

namespace claimcheck::doctor {

struct Question {
  std::string method = "GET";
  // Sent as it is spelled, dots and doubled slashes included.
  std::string url = {};
  std::vector<Header> headers = {};
  // USER:PASSWORD; empty: none.
  std::string login = {};
};

struct Answer {
  // Why there is no answer, in the client's words; empty where there is one.
  std::string failure;
  // The failure is of TLS.
  bool is_tls = false;
  int status = 0;
  std::vector<Header> headers;
  // What was read of it.
  std::string body;
  // The body came to its end.
  bool is_whole = false;

  // header returns the first value of `name` in any case, empty if there is
  // none; values returns all of them.
  std::string_view header(std::string_view name) const;
  std::vector<std::string_view> values(std::string_view name) const;
  bool has(std::string_view name) const { return !values(name).empty(); }
};

// parse_answer reads what curl prints with --include: heads of 1xx first, then
// the head, then the body. A text without a whole head is a failure.
Answer parse_answer(std::string_view text);

// Fetch is the world, as far as doctor sees it: a client and a clock.
class Fetch {
 public:
  virtual ~Fetch() = default;
  virtual Answer ask(const Question& question) = 0;
  virtual UnixTime now() = 0;
  virtual void wait_until(UnixTime time) = 0;
};

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_FETCH_H_
