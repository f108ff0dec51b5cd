#include "policy/handover.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <map>
#include <string>

#include "fake_world.h"
#include "policy/redeem.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

std::string header(Deliver deliver, const FileRef& file) {
  Download download;
  download.deliver = deliver;
  download.internal = "/protected/";
  const std::optional<Header> header = handover_of(download, file);
  return header ? header->name + ": " + header->value : "none";
}

constexpr const char* kLongAgo = "Thu, 01 Jan 1970 00:00:00 GMT";
constexpr const char* kNginxTag = "\"5f5e1000-4d2\"";

// Site hands its tree over, and is asked by one client with one token.
struct Site {
  FakeWorld world = site_world();
  Config config = site_config();
  std::string protocol = "HTTP/1.1";
  const std::string token = *TokenBuilder()
                                 .issued_at(kNow)
                                 .expires_at(kNow + milliseconds(2000))
                                 .jwt_id("one")
                                 .sign(site_key());

  explicit Site(Deliver deliver = Deliver::kXSendfile) {
    config.downloads.front().deliver = deliver;
    config.downloads.front().internal = "/protected/";
  }

  using milliseconds = std::chrono::milliseconds;

  Response answer(const std::map<std::string, std::string>& headers = {},
                  const char* name = "GET") {
    Request asked =
        from_client(request("/downloads/report.csv?token=" + token));
    asked.method = name;
    asked.protocol = protocol;
    for (const auto& [header, value] : headers) {
      asked.headers[header] = value;
    }
    return redeem(config, asked, world);
  }
};

bool is_handed_over(const Response& response) {
  const bool has_header = !response.header("X-Sendfile").empty() ||
                          !response.header("X-Accel-Redirect").empty();
  BOOST_CHECK_EQUAL(has_header, response.audit.is_handed_over);
  return has_header;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(the_server_is_given_the_head_and_the_name) {
  Site site;
  const Response response = site.answer();
  BOOST_CHECK_EQUAL(response.status, 200);
  BOOST_CHECK_EQUAL(response.header("X-Sendfile"), "/srv/downloads/report.csv");
  BOOST_CHECK_EQUAL(response.header("Content-Length"), "");
  BOOST_CHECK_EQUAL(response.header("Content-Type"),
                    "application/octet-stream");
  BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "bytes");
  BOOST_CHECK(!response.header("ETag").empty());
  BOOST_CHECK(!response.header("Set-Cookie").empty());
  BOOST_CHECK_EQUAL(text_of(response), "");
  BOOST_CHECK_EQUAL(response.audit.event, "redeemed");
  BOOST_CHECK(response.audit.is_handed_over);
  BOOST_CHECK_EQUAL(site.world.redeemed.size(), 1);
}

BOOST_AUTO_TEST_CASE(what_has_no_body_is_answered_by_us) {
  Site site;
  const Response head = site.answer({}, "HEAD");
  BOOST_CHECK(!is_handed_over(head));
  BOOST_CHECK_EQUAL(head.header("Content-Length"), "1234");
  const std::string tag(head.header("ETag"));
  const std::map<int, std::map<std::string, std::string>> refused = {
      {304, {{"if-none-match", tag}}},
      {412, {{"if-match", "\"other\""}}},
      {416, {{"range", "bytes=1234-"}}}};
  for (const auto& [status, headers] : refused) {
    const Response response = site.answer(headers);
    BOOST_CHECK_EQUAL(response.status, status);
    BOOST_CHECK(!is_handed_over(response));
  }
  BOOST_CHECK_EQUAL(site.world.redeemed.size(), 0);
}

BOOST_AUTO_TEST_CASE(a_range_that_all_read_alike_is_the_servers_to_make) {
  const std::string tag(Site().answer().header("ETag"));
  for (const auto& headers : std::vector<std::map<std::string, std::string>>{
           {{"range", "bytes=5-9"}},
           {{"range", "bytes=5-9"}, {"if-range", tag}},
           {{"range", "bytes=5-9"}, {"if-match", tag}},
           {{"if-match", tag}}}) {
    const Response response = Site().answer(headers);
    BOOST_CHECK(is_handed_over(response));
    BOOST_CHECK_EQUAL(response.status, 200);
    BOOST_CHECK_EQUAL(response.header("Content-Range"), "");
  }
}

// It makes them of what is streamed to it, too.
BOOST_AUTO_TEST_CASE(lighttpd_is_told_of_no_ranges_where_it_could_make_some) {
  Site site(Deliver::kXLighttpdSendFile);
  const Response response = site.answer({{"range", "bytes=9-5"}});
  BOOST_CHECK(!is_handed_over(response));
  BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "none");
  BOOST_CHECK_EQUAL(
      site.answer({{"range", "bytes=5-6,8-"}}).header("Accept-Ranges"),
      "bytes");
  BOOST_CHECK_EQUAL(site.answer().header("Accept-Ranges"), "bytes");
}

BOOST_AUTO_TEST_CASE(what_a_server_may_read_otherwise_is_streamed) {
  const std::string tag(Site().answer().header("ETag"));
  const std::vector<std::pair<int, std::map<std::string, std::string>>> all = {
      {206, {{"range", "bytes=5-9, 11-12"}}},
      {200, {{"range", "bytes= 5-9"}}},
      {206, {{"range", "bytes=5-9"}, {"if-range", " " + tag}}},
      {206,
       {{"range", "bytes=5-9"}, {"if-range", "Sun, 13 Sep 2020 12:26:40 GMT"}}},
      {200, {{"range", "bytes=5-9"}, {"if-range", "\"other\""}}},
      {206, {{"range", "bytes=5-9"}, {"if-match", "*"}}},
      {200, {{"if-match", tag}, {"if-unmodified-since", kLongAgo}}},
      {200, {{"if-none-match", "\"other\""}}},
      {200, {{"if-modified-since", kLongAgo}}},
      {200, {{"range", "items=5-9"}}},
      {200, {{"range", "bytes=9-5"}}}};
  for (const auto& [status, headers] : all) {
    const Response response = Site().answer(headers);
    BOOST_CHECK_MESSAGE(!is_handed_over(response), headers.begin()->second);
    BOOST_CHECK_EQUAL(response.status, status);
    BOOST_CHECK(!response.header("Content-Length").empty());
  }
}

// lighttpd would send the whole file.
BOOST_AUTO_TEST_CASE(a_range_of_http_1_0_is_streamed) {
  Site site(Deliver::kXLighttpdSendFile);
  site.protocol = "HTTP/1.0";
  BOOST_CHECK(is_handed_over(site.answer()));
  const Response response = site.answer({{"range", "bytes=5-9"}});
  BOOST_CHECK(!is_handed_over(response));
  BOOST_CHECK_EQUAL(response.status, 206);
}

BOOST_AUTO_TEST_CASE(a_range_where_none_is_offered_is_the_whole_file_by_us) {
  Site site(Deliver::kXAccelRedirect);
  site.config.reuse = Reuse::kNever;
  const Response response = site.answer({{"range", "bytes=5-9"}});
  BOOST_CHECK(!is_handed_over(response));
  BOOST_CHECK_EQUAL(response.status, 200);
  BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "none");
  Site other(Deliver::kXAccelRedirect);
  other.config.reuse = Reuse::kNever;
  const Response whole = other.answer();
  BOOST_CHECK(is_handed_over(whole));
  BOOST_CHECK_EQUAL(whole.header("Accept-Ranges"), "none");
}

BOOST_AUTO_TEST_CASE(nginx_speaks_of_its_own_tag_and_so_do_we) {
  Site site(Deliver::kXAccelRedirect);
  const Response response = site.answer();
  BOOST_CHECK_EQUAL(response.header("X-Accel-Redirect"),
                    "/protected/report.csv");
  BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "");
  BOOST_CHECK_EQUAL(
      site.answer({{"range", "bytes=5-"}}).header("Accept-Ranges"), "bytes");
  BOOST_CHECK_EQUAL(response.header("ETag"), kNginxTag);
  BOOST_CHECK_EQUAL(site.world.redeemed.begin()->second.etag, kNginxTag);
  BOOST_CHECK_EQUAL(site.answer({{"if-none-match", kNginxTag}}).status, 304);
  BOOST_CHECK_EQUAL(site.answer({}, "HEAD").header("ETag"), kNginxTag);
}

BOOST_AUTO_TEST_CASE(a_lease_goes_on_after_the_tokens_end) {
  for (const Deliver deliver :
       {Deliver::kXSendfile, Deliver::kXAccelRedirect}) {
    Site site(deliver);
    const std::string tag(site.answer().header("ETag"));
    site.world.time += std::chrono::minutes(5);
    BOOST_CHECK_EQUAL(code_of(site.answer()), "token_used");
    BOOST_CHECK_EQUAL(code_of(site.answer({{"range", "bytes=0-"}})),
                      "token_used");
    for (const auto& headers : std::vector<std::map<std::string, std::string>>{
             {{"range", "bytes=5-"}},
             {{"range", "bytes=0-"}, {"if-range", tag}}}) {
      const Response resumed = site.answer(headers);
      BOOST_CHECK(is_handed_over(resumed));
      BOOST_CHECK_EQUAL(resumed.audit.event, "resumed");
    }
    BOOST_CHECK_EQUAL(site.answer({{"range", "bytes=5-6,8-"}}).status, 206);
    BOOST_CHECK_EQUAL(
        site.answer({{"range", "bytes=5-"}, {"if-range", "\"x\""}}).status,
        412);
  }
}

BOOST_AUTO_TEST_CASE(each_server_has_its_header_and_its_spelling) {
  const FileRef file{"/srv/my files", "a/100% b?#\u00e9.zip"};
  BOOST_CHECK_EQUAL(header(Deliver::kStream, file), "none");
  BOOST_CHECK_EQUAL(header(Deliver::kXSendfile, file),
                    "X-Sendfile: /srv/my files/a/100% b?#\u00e9.zip");
  BOOST_CHECK_EQUAL(header(Deliver::kXLighttpdSendFile, file),
                    "X-Sendfile: "
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
                    "X-Sendfile: /srv/a%20");
}

BOOST_AUTO_TEST_CASE(one_range_without_blanks_is_read_alike) {
  const Selection one{206, {{5, 9}}, {}};
  const auto is_plain = [&](const char* range) {
    return is_read_alike(with(request("/"), "range", range), one);
  };
  for (const char* plain : {"bytes=0-", "bytes=5-9", "bytes=-5", "bytes=05-"}) {
    BOOST_CHECK_MESSAGE(is_plain(plain), plain);
  }
  for (const char* other :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5", "Bytes=5-", "bytes =5-",
        "bytes= 5-", "bytes=5 -", "bytes=5-9,11-", "bytes=5-,", "bytes=5--",
        "bytes=-5-", "bytes=+5-", "bytes=0x5-", "bytes=5-9 ", "items=5-",
        "bytes=1234567890123456789-"}) {
    BOOST_CHECK_MESSAGE(!is_plain(other), other);
  }
}

BOOST_AUTO_TEST_CASE(the_tag_of_nginx_is_of_seconds_and_size) {
  BOOST_CHECK_EQUAL(nginx_etag_of({1234, 1'600'000'000'999'999'999, 42}),
                    "\"5f5e1000-4d2\"");
  BOOST_CHECK_EQUAL(nginx_etag_of({0, 0, 0}), "\"0-0\"");
}

BOOST_AUTO_TEST_SUITE_END()
