// A TCP port of loopback that takes connections and answers nothing.
#ifndef CLAIMCHECK_TESTS_EDGE_LISTENER_H_
#define CLAIMCHECK_TESTS_EDGE_LISTENER_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "policy/fd.h"

namespace claimcheck::testing {

struct Listener {
  Listener() {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    BOOST_REQUIRE(bind(fd.get(), reinterpret_cast<const sockaddr*>(&name),
                       sizeof name) == 0);
    BOOST_REQUIRE(listen(fd.get(), 8) == 0);
    BOOST_REQUIRE(
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    port = std::to_string(ntohs(name.sin_port));
  }
  Fd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string port;
};

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_LISTENER_H_
