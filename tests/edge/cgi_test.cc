#include "edge/cgi.h"

#include "sandbox.h"

using namespace claimcheck;

namespace {

Request request(std::vector<const char*> variables) {
  variables.push_back(nullptr);
  return request_of(variables_of(variables.data()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cgi)

BOOST_AUTO_TEST_CASE(takes_what_it_knows_and_the_headers) {
  const Request taken =
      request({"REQUEST_METHOD=GET", "REQUEST_URI=/a?b=c=d", "REMOTE_USER=al",
               "SERVER_PROTOCOL=HTTP/1.0", "HTTP_X_XSRF_TOKEN=t",
               "HTTP_EMPTY=", "PATH_INFO=/evil", "no equals sign"});
  BOOST_CHECK_EQUAL(taken.method, "GET");
  BOOST_CHECK_EQUAL(taken.uri, "/a?b=c=d");
  BOOST_CHECK_EQUAL(taken.remote_user, "al");
  BOOST_CHECK_EQUAL(taken.protocol, "HTTP/1.0");
  BOOST_CHECK_EQUAL(*taken.header("X-XSRF-Token"), "t");
  BOOST_CHECK_EQUAL(*taken.header("empty"), "");
  BOOST_CHECK(taken.header("path-info") == nullptr);
}

// What an earlier request of the server's had is not what the client sent now.
BOOST_AUTO_TEST_CASE(takes_authorization_from_its_own_variable_alone) {
  const Request taken =
      request({"REDIRECT_HTTP_AUTHORIZATION=Bearer a", "AUTHORIZATION=Bearer b",
               "PHP_AUTH_DIGEST=c"});
  BOOST_CHECK(taken.headers.empty());
  BOOST_CHECK_EQUAL(
      *request({"HTTP_AUTHORIZATION=Bearer a"}).header("authorization"),
      "Bearer a");
}

BOOST_AUTO_TEST_CASE(knows_https_by_either_variable) {
  BOOST_CHECK(request({"HTTPS=on"}).https);
  BOOST_CHECK(request({"HTTPS=1"}).https);
  BOOST_CHECK(request({"REQUEST_SCHEME=https"}).https);
  BOOST_CHECK(!request({"HTTPS=off", "REQUEST_SCHEME=http"}).https);
  BOOST_CHECK(!request({"HTTP_HTTPS=on", "HTTPS="}).https);
}

BOOST_AUTO_TEST_CASE(tells_what_came_with_two_values) {
  const Request twice =
      request({"HTTP_ORIGIN=a", "HTTP_ORIGIN=b", "REMOTE_USER=a",
               "REMOTE_USER=b", "HTTP_ACCEPT=same", "HTTP_ACCEPT=same"});
  BOOST_CHECK(
      (twice.repeated == std::vector<std::string>{"origin", "REMOTE_USER"}));
}

BOOST_AUTO_TEST_CASE(tells_a_header_that_came_spelled_in_two_ways) {
  const Request twice = request({"HTTP_X_XSRF_TOKEN=a", "HTTP_X-Xsrf_Token=b",
                                 "HTTP_HOST=c", "host=d", "HTTP_host=c"});
  BOOST_CHECK((twice.repeated == std::vector<std::string>{"x-xsrf-token"}));
  BOOST_CHECK_EQUAL(*twice.header("host"), "c");
}

BOOST_AUTO_TEST_CASE(spells_the_head_of_an_answer) {
  Response response;
  response.status = 403;
  response.headers = {{"A", "b"}, {"C", "d"}};
  BOOST_CHECK_EQUAL(head_of(response), "Status: 403\r\nA: b\r\nC: d\r\n\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
