// The curl program as doctor's client. What it is told goes to its standard
// input as a configuration (curl(1), --config): a password or a token in an
// argument could be read by everybody on the machine.
//
//   url = "https://www.example.org/downloads/a.csv?token=…"
//   header = "Cookie: claimcheck=…"
#ifndef CLAIMCHECK_DOCTOR_CURL_H_
#define CLAIMCHECK_DOCTOR_CURL_H_

#include <optional>
#include <string>

#include "doctor/fetch.h"

namespace claimcheck::doctor {

// curl_config is a question as curl's configuration.
std::string curl_config(const Question& question);

// find_curl returns the path of the first curl in `path`, which is PATH's.
std::optional<std::string> find_curl(const std::string& path);

// Curl runs a curl for each question, for 20 seconds at most, and ends it when
// it has read the beginning of the answer. The caller's .curlrc counts for
// nothing, and no redirect is followed.
class Curl : public Fetch {
 public:
  explicit Curl(std::string program) : program_(std::move(program)) {}

  Answer ask(const Question& question) override;
  UnixTime now() override;
  void wait_until(UnixTime time) override;

 private:
  const std::string program_;
};

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_CURL_H_
