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

}  // namespace

Exchange::Exchange(const Audit& audit, const Request& request,
                   Response response, Clock::time_point start)
    : audit_(audit),
      is_head_(request.method == "HEAD"),
      start_(start),
      response_(std::move(response)) {}

std::string Exchange::opening() {
  std::string text = head_of(response_);
  std::vector<Header>().swap(response_.headers);
  const std::size_t head_size = text.size();
  if (is_head_) {
    // RFC 9110 section 9.3.2: never, whatever the answer to a GET would hold.
  } else if (auto* slice = std::get_if<FileSlice>(&response_.body)) {
    body_ = Body(std::move(*slice));
    body_.take_small(text, kSmallBody);
  } else if (auto* parts = std::get_if<FileParts>(&response_.body)) {
    body_ = Body(std::move(*parts));
    body_.take_small(text, kSmallBody);
  } else if (auto* pipe = std::get_if<Pipe>(&response_.body)) {
    body_ = Body(std::move(*pipe));
  } else {
    text += std::get<std::string>(response_.body);
  }
  // Not assigned, which would keep the memory.
  response_.body.emplace<std::string>();
  opened_ = text.size() - head_size;
  return text;
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

std::string Exchange::lines(Delivery::End how) {
  end(how);
  return audit_.lines(system_now(), response_.status, response_.audit,
                      delivery_);
}

void Exchange::close(Delivery::End how) {
  end(how);
  audit_.keep(system_now(), response_.audit, delivery_);
}

}  // namespace claimcheck
