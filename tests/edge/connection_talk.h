// A Connection and the web server at its other end, in turns within one thread:
// nothing has to be waited for, and nothing can hang.
#ifndef CLAIMCHECK_TESTS_EDGE_CONNECTION_TALK_H_
#define CLAIMCHECK_TESTS_EDGE_CONNECTION_TALK_H_

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge/connection.h"
#include "fastcgi_peer.h"
#include "sandbox.h"

namespace claimcheck::testing {

using Wants = Connection::Wants;

inline Response words(std::string text, int status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

inline Response refusal(const Request&, const Error& error) {
  const Refusal refused = refusal_for(error.code);
  Response response = words(std::string(refused.code), refused.status);
  response.audit.code = refused.code;
  return response;
}

// Served is what all connections of a test share.
struct Served : Sandbox {
  Response slice(const std::string& file, std::uint64_t length) const {
    Response response;
    response.body =
        FileSlice{Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC)), 0, length, {}};
    return response;
  }

  // audited is the line of the one answer that ended.
  std::string audited() const {
    const std::string lines = read_file(log);
    BOOST_REQUIRE_EQUAL(std::count(lines.begin(), lines.end(), '\n'), 1);
    return lines;
  }

  const std::string log = *this / "audit.log";
  std::function<Response(const Request&)> answer = [](const Request& request) {
    return words(request.uri);
  };
  const Audit to_file{"test", log};
  const Audit to_server{"test", "stderr"};
  const Gateway gateway{[this](const Request& r) { return answer(r); }, refusal,
                        to_file};
  const Gateway telling{[this](const Request& r) { return answer(r); }, refusal,
                        to_server};
  Descriptors descriptors{1000};
  Connection::Shared shared{gateway, descriptors};
};

class Talk {
 public:
  explicit Talk(Connection::Shared& shared, int type = SOCK_STREAM) {
    int ends[2];
    BOOST_REQUIRE(
        socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    connection = std::make_unique<Connection>(Fd(ends[0]), shared);
    peer = Fd(ends[1]);
  }

  // says sends bytes that fit.
  Talk& says(const std::string& bytes) {
    BOOST_REQUIRE_EQUAL(::send(peer.get(), bytes.data(), bytes.size(), 0),
                        static_cast<ssize_t>(bytes.size()));
    return *this;
  }

  // turn wakes the connection for as long as there is something to do.
  Wants turn() {
    while (connection != nullptr) {
      const int fd = wants_ == Wants::kSource ? source_ : connection->socket();
      pollfd ready = {fd, static_cast<short>(connection->events_for(wants_)),
                      0};
      if (poll(&ready, 1, 0) != 1) {
        break;
      }
      wants_ = connection->on_ready(static_cast<unsigned short>(ready.revents),
                                    scratch_);
      if (wants_ == Wants::kSource) {
        source_ = connection->make_source_poller();
      } else if (wants_ == Wants::kClose) {
        connection.reset();
      }
    }
    return wants_;
  }

  // hears reads what came. False: nothing did.
  bool hears() {
    const ssize_t size =
        recv(peer.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
    is_ended = size == 0;
    heard.append(scratch_.data(),
                 size > 0 ? static_cast<std::size_t>(size) : 0);
    return size > 0;
  }

  // talk goes on until neither side has anything to do.
  Wants talk() {
    do {
      turn();
    } while (hears());
    return wants_;
  }

  // records are those that came since the last call.
  std::vector<Record> records() { return take_records(heard); }

  std::unique_ptr<Connection> connection;
  Fd peer;
  std::string heard;
  bool is_ended = false;  // we closed or will send no more

 private:
  Wants wants_ = Wants::kRead;
  int source_ = -1;
  std::vector<char> scratch_ = std::vector<char>(65536);
};

inline bool ends_well(const std::vector<Record>& records) {
  return !records.empty() && records.back().type == FCGI_END_REQUEST &&
         records.back().content == bytes_of({0, 0, 0, 0, 0, 0, 0, 0});
}

inline std::string body_of(const std::vector<Record>& records) {
  const std::string out = content_of(records, FCGI_STDOUT);
  const std::size_t head = out.find("\r\n\r\n");
  return head == out.npos ? "no head" : out.substr(head + 4);
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_CONNECTION_TALK_H_
