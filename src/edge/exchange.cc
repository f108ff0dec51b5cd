#include "edge/exchange.h"

#include <utility>
#include <variant>
#include <vector>

#include "edge/cgi.h"
#include "edge/system_world.h"

namespace claimcheck {
namespace {

// What sendfile(2) and a record of its own would cost more than a copy.
constexpr std::size_t kSmallBody = 16384;

void add_lines(std::string& text, std::string_view lines) {
  text += text.empty() || lines.empty() || text.ends_with('\n') ? "" : "\n";
  text += lines;
}

}  // namespace

Exchange::Exchange(const Audit& audit, const Request& request,
                   Response response, Clock::time_point start)
    : audit_(audit),
      is_head_(request.method == "HEAD"),
      start_(start),
      response_(std::move(response)) {}

bool Exchange::is_ready() {
  auto* starting = std::get_if<Starting>(&response_.body);
  if (starting == nullptr) {
    return true;
  }
  switch (starting->output->look().state) {
    case Output::State::kWaits:
      return false;
    case Output::State::kFailed:
      add_lines(response_.audit.notice, starting->output->take_words());
      settle(starting->output->failure());
      return true;
    case Output::State::kBytes:
    case Output::State::kEnded:
      settle(std::move(starting->output));
      return true;
  }
  __builtin_unreachable();
}

// The answer takes the place of what it is made by.
void Exchange::settle(Result<std::unique_ptr<Output>> output) {
  const auto answer = std::move(std::get<Starting>(response_.body).answer);
  Response response = answer(std::move(output));
  add_lines(response_.audit.notice, response.audit.notice);
  response.audit.notice = std::move(response_.audit.notice);
  response_ = std::move(response);
}

std::array<int, 2> Exchange::waits_on() const {
  const auto* starting = std::get_if<Starting>(&response_.body);
  return starting != nullptr ? starting->output->waits_on() : body_.waits_on();
}

std::string Exchange::opening() {
  is_opened_ = true;
  std::string content;
  if (!take_whole(content)) {
    // A body that breaks off has to break the client's connection: Apache would
    // send its next answer there, to be taken for the rest.
    response_.headers.push_back({"Connection", "close"});
  }
  opened_ = content.size();
  std::string text = head_of(response_, content.size());
  std::vector<Header>().swap(response_.headers);
  return text += content;
}

// take_whole takes all of the body that is sent in one piece with the head.
// False: there is more, or it can break off.
bool Exchange::take_whole(std::string& content) {
  bool is_whole = true;
  if (is_head_) {
    // RFC 9110 section 9.3.2: never, whatever the answer to a GET would hold.
  } else if (auto* slice = std::get_if<FileSlice>(&response_.body)) {
    body_ = Body(std::move(*slice));
    is_whole = body_.take_small(content, kSmallBody);
  } else if (auto* parts = std::get_if<FileParts>(&response_.body)) {
    body_ = Body(std::move(*parts));
    is_whole = body_.take_small(content, kSmallBody);
  } else if (auto* output =
                 std::get_if<std::unique_ptr<Output>>(&response_.body)) {
    body_ = Body(std::move(*output));
    is_whole = false;
  } else {
    content.swap(std::get<std::string>(response_.body));
  }
  // Not assigned, which would keep the memory.
  response_.body.emplace<std::string>();
  return is_whole;
}

void Exchange::count_opening() { count(std::exchange(opened_, 0)); }

void Exchange::end(Delivery::End end) {
  if (end == Delivery::End::kComplete) {
    count_opening();
  }
  if (end == Delivery::End::kCut && !body_.why_cut().empty()) {
    response_.audit.detail = body_.why_cut();
  }
  delivery_.end = end;
  delivery_.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      Clock::now() - start_);
}

// A program that failed amid its answer is told as the reason of the cut.
void Exchange::take_words() {
  Output* output = body_.output();
  if (output == nullptr) {
    return;
  }
  AuditRecord& audit = response_.audit;
  add_lines(audit.notice, output->take_words());
  if (output->look().state == Output::State::kFailed && audit.detail.empty()) {
    audit.detail = output->failure().detail;
    add_lines(audit.notice, audit.detail);
  }
}

std::string Exchange::lines(Delivery::End how) {
  end(how);
  take_words();
  return audit_.lines(system_now(), response_.status, response_.audit,
                      delivery_);
}

void Exchange::close(Delivery::End how) {
  end(how);
  audit_.keep(system_now(), response_.audit, delivery_);
}

}  // namespace claimcheck
