#include "doctor/fetch.h"

#include <boost/test/unit_test.hpp>

#include "doctor/curl.h"

using namespace claimcheck::doctor;

BOOST_AUTO_TEST_SUITE(doctor_fetch)

BOOST_AUTO_TEST_CASE(reads_status_headers_and_body) {
  const Answer answer = parse_answer(
      "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nset-cookie: a=1\r\n"
      "Set-Cookie:  b=2 \r\n\r\nthe\r\n\r\nbody");
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.header("etag") == "\"a\"");
  BOOST_TEST(answer.values("Set-Cookie").size() == 2U);
  BOOST_TEST(answer.values("Set-Cookie")[1] == "b=2");
  BOOST_TEST(answer.body == "the\r\n\r\nbody");
}

BOOST_AUTO_TEST_CASE(passes_over_heads_of_1xx) {
  const Answer answer = parse_answer(
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/2 404 \r\n\r\n");
  BOOST_TEST(answer.status == 404);
  BOOST_TEST(answer.headers.empty());
}

BOOST_AUTO_TEST_CASE(a_head_without_an_end_is_a_failure) {
  for (const char* text :
       {"", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nA: b\r\n", "SSH-2.0-x\r\n",
        "HTTP/1.1 two hundred\r\n\r\n", "HTTP/1.1 103 Early\r\n\r\n"}) {
    const Answer answer = parse_answer(text);
    BOOST_TEST(answer.status == 0, text);
    BOOST_TEST(!answer.failure.empty(), text);
  }
}

BOOST_AUTO_TEST_CASE(keeps_the_first_of_endless_headers) {
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 5000; ++i) {
    text += "X-" + std::to_string(i) + ": 1\r\n";
  }
  BOOST_TEST(parse_answer(text + "\r\n").headers.size() == 200U);
}

BOOST_AUTO_TEST_CASE(curl_reads_each_value_as_one) {
  const std::string config =
      curl_config({"GET",
                   "http://x/",
                   {{"Cookie", "a=\"1\\2\"\nurl = \"http://evil/\""}},
                   "user:p\"w\\d"});
  BOOST_TEST(config.find("header = \"Cookie: a=\\\"1\\\\2\\\"\\nurl = "
                         "\\\"http://evil/\\\"\"\n") != std::string::npos);
  BOOST_TEST(config.find("user = \"user:p\\\"w\\\\d\"\n") != std::string::npos);
  BOOST_TEST(config.ends_with("\nurl = \"http://x/\"\n"));
}

BOOST_AUTO_TEST_CASE(finds_curl_in_absolute_folders_alone) {
  BOOST_TEST(!find_curl("").has_value());
  BOOST_TEST(!find_curl("/nowhere:/no such folder").has_value());
  BOOST_TEST(!find_curl(".:::bin").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
