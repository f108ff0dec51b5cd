#include "edge/exchange.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

#include "edge/cgi.h"
#include "edge/system_world.h"

namespace claimcheck {
namespace {

using End = Delivery::End;

constexpr std::size_t kChunk = 65536;

ssize_t read_at(int fd, std::span<char> buffer, std::uint64_t offset) {
  ssize_t size;
  do {
    size = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
  } while (size < 0 && errno == EINTR);
  return size;
}

// A file that shrank or cannot be read on ends the body early.
End send_slice(const FileSlice& slice, const Output& out, std::uint64_t& sent) {
  std::array<char, kChunk> buffer;
  while (sent < slice.length) {
    const auto want = std::min<std::uint64_t>(kChunk, slice.length - sent);
    const ssize_t size = read_at(slice.fd.get(), std::span(buffer).first(want),
                                 slice.offset + sent);
    if (size <= 0) {
      return End::kCut;
    }
    if (!out({buffer.data(), static_cast<std::size_t>(size)})) {
      return End::kClientLeft;
    }
    sent += static_cast<std::uint64_t>(size);
  }
  return End::kComplete;
}

End send_body(const Request& request, const Response& response,
              const Output& out, std::uint64_t& sent) {
  if (const auto* slice = std::get_if<FileSlice>(&response.body)) {
    return send_slice(*slice, out, sent);
  }
  const auto& bytes = std::get<std::string>(response.body);
  if (request.method == "HEAD" || bytes.empty()) {
    return End::kComplete;
  }
  if (!out(bytes)) {
    return End::kClientLeft;
  }
  sent = bytes.size();
  return End::kComplete;
}

}  // namespace

// The one place that catches: what is thrown is a bug or a lack of memory, and
// this request alone pays for it.
End exchange(const char* const* variables,
             const std::function<Response(const Request&)>& answer,
             const Audit& audit, const Output& out, const ErrorStream& errors) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  try {
    const Request request = request_of(variables);
    const Response response = answer(request);
    Delivery delivery;
    delivery.end = out(head_of(response))
                       ? send_body(request, response, out, delivery.bytes)
                       : End::kClientLeft;
    delivery.duration = std::chrono::duration_cast<std::chrono::microseconds>(
        Clock::now() - start);
    audit.write(system_now(), response.status, response.audit, delivery,
                errors);
    return delivery.end;
  } catch (const std::exception& thrown) {
    report(std::string("a request failed, by a bug or a lack of memory: ") +
               thrown.what(),
           errors);
    return End::kCut;
  }
}

}  // namespace claimcheck
