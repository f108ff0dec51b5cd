#include "policy/handover.h"

#include <boost/test/unit_test.hpp>

using namespace claimcheck;

namespace {

std::string header(Deliver deliver, const FileRef& file) {
  Download download;
  download.deliver = deliver;
  download.internal = "/protected/";
  const std::optional<Header> header = handover_of(download, file);
  return header ? header->name + ": " + header->value : "none";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(each_server_has_its_header_and_its_spelling) {
  const FileRef file{"/srv/my files", "a/100% b?#\u00e9.zip"};
  BOOST_CHECK_EQUAL(header(Deliver::kStream, file), "none");
  BOOST_CHECK_EQUAL(header(Deliver::kXSendfile, file),
                    "X-Sendfile: /srv/my files/a/100% b?#\u00e9.zip");
  BOOST_CHECK_EQUAL(header(Deliver::kXLighttpdSendFile, file),
                    "X-LIGHTTPD-send-file: "
                    "/srv/my%20files/a/100%25%20b%3F%23%C3%A9.zip");
  BOOST_CHECK_EQUAL(header(Deliver::kXAccelRedirect, file),
                    "X-Accel-Redirect: "
                    "/protected/a/100%25%20b%3F%23%C3%A9.zip");
}

BOOST_AUTO_TEST_CASE(a_folders_own_slash_is_not_doubled) {
  const FileRef file{"/srv/", "a"};
  BOOST_CHECK_EQUAL(header(Deliver::kXSendfile, file), "X-Sendfile: /srv/a");
  BOOST_CHECK_EQUAL(header(Deliver::kXAccelRedirect, file),
                    "X-Accel-Redirect: /protected/a");
}

// Apache would look for the name without it.
BOOST_AUTO_TEST_CASE(a_name_that_ends_in_a_blank_is_streamed_by_us) {
  const FileRef file{"/srv", "a "};
  BOOST_CHECK_EQUAL(header(Deliver::kXSendfile, file), "none");
  BOOST_CHECK_EQUAL(header(Deliver::kXLighttpdSendFile, file),
                    "X-LIGHTTPD-send-file: /srv/a%20");
}

BOOST_AUTO_TEST_CASE(a_plain_range_is_one_that_all_read_alike) {
  for (const char* plain : {"bytes=0-", "bytes=5-9", "bytes=-5", "bytes=05-"}) {
    BOOST_CHECK_MESSAGE(is_plain_range(plain), plain);
  }
  for (const char* other :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5", "Bytes=5-", "bytes =5-",
        "bytes= 5-", "bytes=5 -", "bytes=5-9,11-", "bytes=5-,", "bytes=5--",
        "bytes=-5-", "bytes=+5-", "bytes=0x5-", "bytes=5-9 ", "items=5-",
        "bytes=1234567890123456789-"}) {
    BOOST_CHECK_MESSAGE(!is_plain_range(other), other);
  }
}

BOOST_AUTO_TEST_CASE(the_tag_of_nginx_is_of_seconds_and_size) {
  BOOST_CHECK_EQUAL(nginx_etag_of({1234, 1'600'000'000'999'999'999, 42}),
                    "\"5f5e1000-4d2\"");
  BOOST_CHECK_EQUAL(nginx_etag_of({0, 0, 0}), "\"0-0\"");
}

BOOST_AUTO_TEST_SUITE_END()
