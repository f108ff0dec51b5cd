// peer MODE SOCKET URI COUNT [SECONDS [IDLE]]: a web server's side of FastCGI,
// as a load. In URI, "TOKEN" is replaced by a token of its own each time,
// signed with the secret in the variable SECRET. Prints one JSON line.
//
//   rate    COUNT connections that are kept, one request after the other, for
//           SECONDS, beside IDLE more that were used once and then rest
//   count   COUNT requests, one after the other, on one connection
//   stall   COUNT requests whose answers are not read; says "ready" and holds
//           them until standard input ends
//   stream  COUNT requests, one after the other, whose answers are read and
//           thrown away
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "claimcheck/jwt.h"
#include "edge/fastcgi_record.h"
#include "policy/fd.h"

using namespace claimcheck;

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

Fd connect_to(const std::string& path) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof address) != 0) {
    fail("peer: connect");
  }
  return fd;
}

std::string token() {
  static const char* const secret = std::getenv("SECRET");
  static const Key key = *Key::hs256(secret != nullptr ? secret : "");
  static long count = 0;
  const auto now = std::chrono::duration_cast<UnixTime>(
      std::chrono::system_clock::now().time_since_epoch());
  return *TokenBuilder()
              .issued_at(now)
              .expires_at(now + std::chrono::seconds(9))
              .jwt_id(std::to_string(getpid()) + '-' + std::to_string(++count))
              .sign(key);
}

// A request as nginx sends it, with the variables of its fastcgi_params.
std::string request_for(std::string uri) {
  const std::size_t at = uri.find("TOKEN");
  if (at != std::string::npos) {
    uri.replace(at, 5, token());
  }
  const std::pair<std::string_view, std::string_view> variables[] = {
      {"REQUEST_METHOD", "GET"},
      {"REQUEST_URI", uri},
      {"SCRIPT_NAME", "/downloads/a"},
      {"SERVER_PROTOCOL", "HTTP/1.1"},
      {"GATEWAY_INTERFACE", "CGI/1.1"},
      {"SERVER_SOFTWARE", "peer"},
      {"DOCUMENT_ROOT", "/nonexistent"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"HTTP_HOST", "127.0.0.1"},
      {"HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64) peer"},
      {"HTTP_ACCEPT", "*/*"},
      {"HTTP_ACCEPT_ENCODING", "gzip, deflate, br"}};
  std::string params;
  for (const auto& [name, value] : variables) {
    append_param(params, name, value);
  }
  std::string out;
  append_record_header(out, FCGI_BEGIN_REQUEST, 1, 8);
  out.append({0, FCGI_RESPONDER, FCGI_KEEP_CONN, 0, 0, 0, 0, 0});
  append_stream(out, FCGI_PARAMS, 1, params);
  append_record_header(out, FCGI_PARAMS, 1, 0);
  append_record_header(out, FCGI_STDIN, 1, 0);
  return out;
}

void ask(int fd, const std::string& uri) {
  const std::string text = request_for(uri);
  if (write(fd, text.data(), text.size()) !=
      static_cast<ssize_t>(text.size())) {
    fail("peer: write");
  }
}

// The end of an answer is known by its last record.
bool ends_answer(std::string_view bytes) {
  return bytes.size() >= 16 && bytes[bytes.size() - 15] == FCGI_END_REQUEST &&
         bytes[bytes.size() - 16] == FCGI_VERSION_1;
}

struct Visitor {
  Fd fd;
  Clock::time_point asked;
  std::string answer;
};

void require_success(const std::string& answer) {
  if (answer.find("Status: 200") == std::string::npos &&
      answer.find("Content-Length: 2\r\n") == std::string::npos) {
    std::fprintf(stderr, "peer: answered %.400s\n", answer.c_str() + 8);
    std::exit(1);
  }
}

// read_some is true when the answer is whole.
bool read_some(Visitor& visitor) {
  char buffer[16384];
  const ssize_t size = read(visitor.fd.get(), buffer, sizeof buffer);
  if (size <= 0) {
    fail("peer: the connection ended");
  }
  visitor.answer.append(buffer, static_cast<std::size_t>(size));
  return ends_answer(visitor.answer);
}

double at(const std::vector<double>& sorted, double part) {
  return sorted[static_cast<std::size_t>(
      part * static_cast<double>(sorted.size() - 1))];
}

int rate(const std::string& socket, const std::string& uri, int count,
         double seconds, int idle) {
  std::vector<Visitor> visitors(static_cast<std::size_t>(count + idle));
  for (Visitor& each : visitors) {
    each.fd = connect_to(socket);
    ask(each.fd.get(), uri);
    while (!read_some(each)) {
    }
    require_success(each.answer);
  }
  std::vector<pollfd> polled;
  std::vector<double> us;
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  for (int i = 0; i < count; ++i) {
    polled.push_back(
        {visitors[static_cast<std::size_t>(i)].fd.get(), POLLIN, 0});
  }
  const auto again = [&](Visitor& visitor) {
    visitor.answer.clear();
    visitor.asked = Clock::now();
    ask(visitor.fd.get(), uri);
  };
  for (int i = 0; i < count; ++i) {
    again(visitors[static_cast<std::size_t>(i)]);
  }
  while (Clock::now() < end && poll(polled.data(), polled.size(), 10000) > 0) {
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0 && read_some(visitors[i])) {
        require_success(visitors[i].answer);
        us.push_back(std::chrono::duration<double, std::micro>(
                         Clock::now() - visitors[i].asked)
                         .count());
        again(visitors[i]);
      }
    }
  }
  const double took =
      std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(us.begin(), us.end());
  if (us.empty()) {
    us.push_back(seconds * 1e6);
    std::printf("{\"rps\":0,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", us[0], us[0]);
    return 0;
  }
  std::printf("{\"rps\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
              static_cast<double>(us.size()) / took, at(us, 0.5), at(us, 0.99));
  return 0;
}

int count_out(const std::string& socket, const std::string& uri, int count) {
  Visitor visitor = {connect_to(socket), {}, {}};
  for (int i = 0; i < count; ++i) {
    visitor.answer.clear();
    ask(visitor.fd.get(), uri);
    while (!read_some(visitor)) {
    }
    require_success(visitor.answer);
  }
  std::printf("{\"answered\":%d}\n", count);
  return 0;
}

int stall(const std::string& socket, const std::string& uri, int count) {
  std::vector<Fd> stalled;
  for (int i = 0; i < count; ++i) {
    stalled.push_back(connect_to(socket));
    ask(stalled.back().get(), uri);
  }
  // Each has got something: none is refused or waits to be taken.
  for (const Fd& each : stalled) {
    char head[64];
    pollfd ready = {each.get(), POLLIN, 0};
    if (poll(&ready, 1, 30000) != 1 ||
        recv(each.get(), head, sizeof head, MSG_PEEK) < 32 ||
        std::string_view(head + 8, 11) != "Status: 200") {
      std::fprintf(stderr, "peer: a download was not begun\n");
      return 1;
    }
  }
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

int stream(const std::string& socket, const std::string& uri, int count) {
  const Fd fd = connect_to(socket);
  std::vector<char> buffer(1 << 18);
  std::string tail;
  double bytes = 0;
  const auto start = Clock::now();
  for (int i = 0; i < count; ++i) {
    ask(fd.get(), uri);
    tail.clear();
    while (!ends_answer(tail)) {
      const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
      if (size <= 0) {
        fail("peer: the connection ended");
      }
      bytes += static_cast<double>(size);
      const auto keep =
          std::min<std::size_t>(16, static_cast<std::size_t>(size));
      tail.append(buffer.data() + size - keep, keep);
      tail.erase(0, tail.size() > 16 ? tail.size() - 16 : 0);
    }
  }
  std::printf(
      "{\"bytes_per_s\":%.0f}\n",
      bytes / std::chrono::duration<double>(Clock::now() - start).count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: see the top of bench/peer.cc\n");
    return 2;
  }
  const std::string mode = argv[1];
  const int count = std::stoi(argv[4]);
  if (mode == "rate") {
    return rate(argv[2], argv[3], count, argc > 5 ? std::stod(argv[5]) : 2,
                argc > 6 ? std::stoi(argv[6]) : 0);
  }
  if (mode == "count") {
    return count_out(argv[2], argv[3], count);
  }
  return mode == "stall" ? stall(argv[2], argv[3], count)
                         : stream(argv[2], argv[3], count);
}
