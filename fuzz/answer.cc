// Reads what a server says to the doctor, the same to whatever it asks.
// Holds: an answer has a status or a reason why there is none, and its head
// spelled anew is the same head; what the doctor tells has no control
// character and nothing that looks like a token.
#include <string>

#include "doctor/doctor.h"
#include "property.h"

namespace claimcheck::fuzz {
namespace {

class Echo : public doctor::Fetch {
 public:
  explicit Echo(doctor::Answer answer) : answer_(std::move(answer)) {}

  doctor::Answer ask(const doctor::Question&) override { return answer_; }
  UnixTime now() override { return now_; }
  void wait_until(UnixTime time) override { now_ = std::max(now_, time); }

 private:
  const doctor::Answer answer_;
  UnixTime now_{1'700'000'000'000};
};

std::string spelled(const doctor::Answer& answer) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + "\r\n";
  for (const Header& header : answer.headers) {
    text += header.name + ": " + header.value + "\r\n";
  }
  return text + "\r\n" + answer.body;
}

void check_answer(const doctor::Answer& answer) {
  require((answer.status == 0) != answer.failure.empty(),
          "an answer has a status or a failure");
  if (answer.status == 0) {
    return;
  }
  require(answer.status >= 200 && answer.status <= 999,
          "a status has three digits and is final");
  const doctor::Answer again = doctor::parse_answer(spelled(answer));
  require(again.status == answer.status && again.body == answer.body &&
              again.headers.size() == answer.headers.size(),
          "a head spelled anew is the same head");
}

void check_told(const doctor::Observation& seen) {
  for (unsigned char c : seen.what) {
    require(c >= 0x20 && c != 0x7f, "no control character is told");
  }
  require(seen.what.find("eyJ") == std::string::npos, "no token is told");
  if (seen.kind == doctor::Kind::kFound) {
    require(!doctor::advice_for(seen.code).why.empty(), "a code has advice");
  }
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck;
  doctor::Answer answer = doctor::parse_answer(fuzz::text_of(data, size));
  fuzz::check_answer(answer);
  answer.is_whole = size % 2 == 0;
  static const doctor::Site site = [] {
    doctor::Site here = *doctor::parse_site("https://x.example/downloads/a.b");
    here.login = "a:b";
    return here;
  }();
  fuzz::Echo echo(std::move(answer));
  doctor::examine(echo, site, fuzz::check_told);
  return 0;
}
