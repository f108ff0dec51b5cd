// One request and its answer, from what policy says to the line in the audit
// log. The same for CGI and FastCGI; who moves the bytes is another's matter.
//
//   Exchange exchange(gateway.audit, request, gateway.answer(request));
//   while (!exchange.is_ready()) wait_for(exchange.waits_on());
//   send(exchange.opening());
//   … exchange.body() …, exchange.count(moved)
//   log(exchange.lines(End::kComplete));
//   exchange.close(End::kComplete);
#ifndef CLAIMCHECK_EDGE_EXCHANGE_H_
#define CLAIMCHECK_EDGE_EXCHANGE_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "edge/audit.h"
#include "edge/body.h"
#include "policy/http.h"

namespace claimcheck {

class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  // `start` is when the request was whole. `audit` must outlive the exchange.
  Exchange(const Audit& audit, const Request& request, Response response,
           Clock::time_point start);

  // is_ready tells whether the answer is known. A program that has not begun
  // yet has it wait.
  bool is_ready();

  // waits_on are descriptors of which one is readable when is_ready() or the
  // body has news; -1 is none.
  std::array<int, 2> waits_on() const;

  // opening is the head and, where that is all or little, the body with it:
  // one write less. Once, when is_ready(). Where more is to follow, the head
  // asks for the client's connection to be closed (RFC 9112 section 9.6).
  std::string opening();
  bool is_opened() const { return is_opened_; }

  // count_opening tells that the web server took what opening() returned.
  void count_opening();

  // body is what is to follow opening().
  Body& body() { return body_; }

  // count tells of bytes of body() that the web server took.
  void count(std::size_t bytes) { delivery_.bytes += bytes; }

  // lines are for the web server's error log, each with its end, if the answer
  // ends like this: what the admin has to mend, what a program had to say, and
  // the audit line if it belongs there.
  std::string lines(Delivery::End end);

  // close writes the audit line where it does not belong into lines().
  void close(Delivery::End end);

 private:
  void settle(Result<std::unique_ptr<Output>> output);
  bool take_whole(std::string& content);
  void take_words();
  void end(Delivery::End end);

  const Audit& audit_;
  const bool is_head_;
  const Clock::time_point start_;
  Response response_;
  Body body_;
  // Bytes of the body in opening() that were not counted yet.
  std::size_t opened_ = 0;
  bool is_opened_ = false;
  Delivery delivery_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_EXCHANGE_H_
