#include "policy/accept.h"

#include <boost/test/unit_test.hpp>

using claimcheck::prefers_html;

BOOST_AUTO_TEST_SUITE(accept)

BOOST_AUTO_TEST_CASE(browsers_that_navigate_prefer_html) {
  for (const char* accept :
       {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
        "image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;"
        "q=0.7",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html", "TEXT/HTML", "text/html;level=1",
        "application/json;q=0.5, text/html", "*/*;q=0.1, text/html;q=0.2",
        "text/html, application/*;q=0.9", "text/html;charset=utf-8;q=0.5",
        "text/html,\tapplication/json;q=0.5"}) {
    BOOST_CHECK_MESSAGE(prefers_html(accept), accept);
  }
}

BOOST_AUTO_TEST_CASE(programs_do_not) {
  for (const char* accept :
       {"", "*/*", "application/json", "application/json, text/plain, */*",
        "text/html;q=0", "text/html;q=0.5, application/json",
        "text/html, application/json", "text/html;q=0.5, */*",
        "text/html;q=0.3, application/*;q=0.4", "text/plain", "text/htmlx",
        "text/html;q=nan", "text/html;q=", ",", ";", ";;q=1,,", "q=1"}) {
    BOOST_CHECK_MESSAGE(!prefers_html(accept), accept);
  }
}

// RFC 9110 section 5.6.3: optional white space is a space or a tab.
BOOST_AUTO_TEST_CASE(a_tab_is_white_space) {
  BOOST_CHECK(prefers_html("application/json;q=0.5,\ttext/html"));
  BOOST_CHECK(!prefers_html("text/html,\tapplication/json"));
}

BOOST_AUTO_TEST_SUITE_END()
