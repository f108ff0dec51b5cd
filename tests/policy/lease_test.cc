#include "policy/lease.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "fake_world.h"
#include "policy/redeem.h"
#include "policy/validators.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kFile = "/srv/downloads/report.csv";
constexpr UnixTime kExpires = kNow + seconds(2);

using Headers = std::map<std::string, std::string>;

TokenBuilder token() {
  return TokenBuilder().issued_at(kNow).expires_at(kExpires);
}

Request click(const TokenBuilder& token, Headers headers = {}) {
  Request asked =
      request("/downloads/report.csv?token=" + *token.sign(site_key()));
  asked.remote_addr = "192.0.2.1";
  for (const auto& [name, value] : headers) {
    asked.headers[name] = value;
  }
  return asked;
}

// A site on which a token is redeemed by a browser with a client cookie, and
// asked for again later, by the same or another.
struct Site {
  Config config = site_config();
  FakeWorld world = site_world();
  TokenBuilder used = token().jwt_id("one");

  Site() {
    const Response first = answer(from_client(click(used)));
    BOOST_REQUIRE_EQUAL(first.status, 200);
    BOOST_REQUIRE_EQUAL(first.audit.event, "redeemed");
    etag = first.header("ETag");
  }

  Response answer(const Request& request) {
    return claimcheck::redeem(config, request, world);
  }

  // again is what the browser that holds the lease is answered.
  Response again(UnixTime time, const Headers& headers = {},
                 const char* name = "GET") {
    world.time = time;
    return answer(method(from_client(click(used, headers)), name));
  }

  std::string verdict(UnixTime time, const Headers& headers = {},
                      const char* name = "GET") {
    const Response response = again(time, headers, name);
    return std::to_string(response.status) + ' ' +
           (response.audit.code.empty() ? response.audit.event
                                        : response.audit.code);
  }

  std::string etag;
};

constexpr UnixTime kLater = kExpires + minutes(10);

}  // namespace

BOOST_AUTO_TEST_SUITE(lease)

BOOST_AUTO_TEST_CASE(holds_what_was_served_and_to_whom) {
  Site site;
  const Lease& lease = site.world.redeemed.begin()->second;
  BOOST_CHECK_EQUAL(lease.token.handle, token_handle(site_key(), "one"));
  BOOST_CHECK(lease.token.expires == kExpires);
  BOOST_CHECK_EQUAL(lease.resource, "/downloads/report.csv");
  BOOST_CHECK(lease.file ==
              (FileIdentity{1234, 1'600'000'000'500'000'000, 42}));
  BOOST_CHECK_EQUAL(lease.etag, site.etag);
  BOOST_CHECK_EQUAL(lease.cookie, cookie_confirmation(kClient));
  BOOST_CHECK_EQUAL(lease.address, "");
  BOOST_CHECK(lease.redeemed == kNow);
  BOOST_CHECK(lease.deadline == kExpires + minutes(60));
}

BOOST_AUTO_TEST_CASE(lets_its_holder_repeat_in_the_tokens_lifetime) {
  Site site;
  const UnixTime last = kExpires - milliseconds(1);
  BOOST_CHECK_EQUAL(site.verdict(last), "200 repeated");
  BOOST_CHECK_EQUAL(site.verdict(last), "200 repeated");
  BOOST_CHECK_EQUAL(site.verdict(last, {{"range", "bytes=0-9"}}),
                    "206 repeated");
  BOOST_CHECK_EQUAL(site.verdict(last, {{"range", "bytes=9-"}}),
                    "206 repeated");
  BOOST_CHECK_EQUAL(site.verdict(last, {}, "HEAD"), "200 checked");
  BOOST_CHECK_EQUAL(site.verdict(last, {{"if-none-match", site.etag}}),
                    "304 checked");
  BOOST_CHECK_EQUAL(site.verdict(kExpires), "403 token_used");
}

BOOST_AUTO_TEST_CASE(lets_its_holder_resume_after_it_and_nothing_else) {
  Site site;
  const std::string& etag = site.etag;
  const struct {
    Headers headers;
    const char* verdict;
  } rows[] = {
      {{}, "403 token_used"},
      {{{"range", "bytes=500-"}}, "206 resumed"},
      {{{"range", "bytes=1-1"}}, "206 resumed"},
      {{{"range", "bytes=-1233"}}, "206 resumed"},
      {{{"range", "bytes=500-600, 700-"}}, "206 resumed"},
      {{{"range", "bytes=1234-"}}, "416 range_not_satisfiable"},
      // From byte 0, or all of it, is what a copied link would ask.
      {{{"range", "bytes=0-"}}, "403 token_used"},
      {{{"range", "bytes=0-0"}}, "403 token_used"},
      {{{"range", "bytes=-1234"}}, "403 token_used"},
      {{{"range", "bytes=-9999"}}, "403 token_used"},
      {{{"range", "bytes=500-, 0-0"}}, "403 token_used"},
      // What is ignored would be the whole file.
      {{{"range", "bytes=x"}}, "403 token_used"},
      {{{"range", "items=5-"}}, "403 token_used"},
      {{{"range", "bytes=9-5"}}, "403 token_used"},
      // The version that it has a part of.
      {{{"range", "bytes=0-"}, {"if-range", etag}}, "206 resumed"},
      {{{"range", "bytes=0-"}, {"if-match", etag}}, "206 resumed"},
      {{{"range", "bytes=500-"}, {"if-range", etag}}, "206 resumed"},
      {{{"range", "bytes=500-"}, {"if-match", etag}}, "206 resumed"},
      {{{"if-match", etag}}, "403 token_used"},
      {{{"if-range", etag}}, "403 token_used"},
      {{{"range", "bytes=x"}, {"if-range", etag}}, "403 token_used"},
      // A star, a list, a weak tag and a date name no version.
      {{{"range", "bytes=0-"}, {"if-match", "*"}}, "403 token_used"},
      {{{"range", "bytes=0-"}, {"if-match", "\"x\", " + etag}},
       "403 token_used"},
      {{{"range", "bytes=0-"}, {"if-range", "W/" + etag}}, "403 token_used"},
      {{{"range", "bytes=0-"}, {"if-range", "Sun, 13 Sep 2020 12:26:40 GMT"}},
       "403 token_used"},
      {{{"range", "bytes=0-"},
        {"if-unmodified-since", "Sun, 13 Sep 2020 12:26:40 GMT"}},
       "403 token_used"},
      // Whatever validator is sent has to match.
      {{{"range", "bytes=500-"}, {"if-match", "\"x\""}},
       "412 precondition_failed"},
      {{{"range", "bytes=500-"}, {"if-range", "\"x\""}},
       "412 precondition_failed"},
      {{{"range", "bytes=500-"}, {"if-range", "W/" + etag}},
       "412 precondition_failed"},
      {{{"range", "bytes=500-"}, {"if-range", "Sun, 13 Sep 2020 12:26:39 GMT"}},
       "412 precondition_failed"},
      {{{"range", "bytes=500-"},
        {"if-unmodified-since", "Sun, 13 Sep 2020 12:26:39 GMT"}},
       "412 precondition_failed"},
      {{{"range", "bytes=500-"}, {"if-match", "*"}}, "206 resumed"},
      {{{"range", "bytes=500-"}, {"if-range", "Sun, 13 Sep 2020 12:26:40 GMT"}},
       "206 resumed"},
      {{{"range", "bytes=500-"},
        {"if-unmodified-since", "Sun, 13 Sep 2020 12:26:40 GMT"}},
       "206 resumed"},
  };
  for (const auto& row : rows) {
    std::string said;
    for (const auto& [name, value] : row.headers) {
      said += name + ": " + value + ' ';
    }
    BOOST_CHECK_MESSAGE(site.verdict(kLater, row.headers) == row.verdict,
                        said << "expected " << row.verdict << ", got "
                             << site.verdict(kLater, row.headers));
  }
}

BOOST_AUTO_TEST_CASE(checks_a_head_like_its_get) {
  Site site;
  BOOST_CHECK_EQUAL(site.verdict(kLater, {}, "HEAD"), "403 token_used");
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=5-"}}, "HEAD"),
                    "200 checked");
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=0-"}}, "HEAD"),
                    "403 token_used");
}

BOOST_AUTO_TEST_CASE(ends_at_its_deadline) {
  Site site;
  const Headers resume = {{"range", "bytes=5-"}};
  const UnixTime deadline = kExpires + minutes(60);
  BOOST_CHECK_EQUAL(site.verdict(deadline, resume), "206 resumed");
  BOOST_CHECK_EQUAL(site.verdict(deadline + milliseconds(1), resume),
                    "403 token_expired");
}

BOOST_AUTO_TEST_CASE(is_nobody_elses) {
  Site site;
  for (const UnixTime time : {kNow, kLater}) {
    site.world.time = time;
    for (const Headers& headers :
         {Headers{}, Headers{{"range", "bytes=5-"}},
          Headers{{"range", "bytes=0-"}, {"if-range", site.etag}},
          Headers{{"if-none-match", "*"}}}) {
      const Request asked = click(site.used, headers);
      for (const Request& other :
           {asked, from_client(asked, kOtherClient), from_client(asked, "x"),
            by(asked, "alice")}) {
        BOOST_CHECK_EQUAL(code_of(site.answer(other)), "token_used");
        BOOST_CHECK_EQUAL(code_of(site.answer(method(other, "HEAD"))),
                          "token_used");
      }
    }
  }
}

// A token that names no resource is used up by the first one.
BOOST_AUTO_TEST_CASE(is_of_one_resource) {
  Site site;
  const std::string other =
      "/downloads/2026/a%20b.txt?token=" + *site.used.sign(site_key());
  for (const UnixTime time : {kNow, kLater}) {
    site.world.time = time;
    Request asked = from_client(click(site.used, {{"range", "bytes=5-"}}));
    asked.uri = other;
    BOOST_CHECK_EQUAL(code_of(site.answer(asked)), "token_used");
  }
}

BOOST_AUTO_TEST_CASE(is_of_one_version_of_the_file) {
  const Headers resume = {{"range", "bytes=5-"}};
  const FakeFile file{1234, 1'600'000'000'500'000'000, 42};
  FakeFile changed[] = {file, file, file, file};
  changed[0].size = 1235;
  changed[1].size = 5;
  changed[2].mtime_ns += 1;
  changed[3].inode = 43;
  for (const FakeFile& other : changed) {
    Site site;
    site.world.files[kFile] = other;
    BOOST_CHECK_EQUAL(site.verdict(kNow), "412 precondition_failed");
    BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=4-"}}),
                      "412 precondition_failed");
    BOOST_CHECK_EQUAL(
        site.verdict(kLater, {{"range", "bytes=5-"}, {"if-range", site.etag}}),
        "412 precondition_failed");
    BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=5-"}}),
                      "412 precondition_failed");
  }
  Site site;
  site.world.files.erase(kFile);
  BOOST_CHECK_EQUAL(site.verdict(kLater, resume), "404 not_found");
  BOOST_CHECK_EQUAL(site.verdict(kLater), "403 token_used");
}

BOOST_AUTO_TEST_CASE(a_lapsed_if_range_is_never_the_whole_file) {
  Site site;
  const Headers lapsed = {{"range", "bytes=5-"}, {"if-range", "\"old\""}};
  BOOST_CHECK_EQUAL(site.verdict(kNow, lapsed), "412 precondition_failed");
  BOOST_CHECK_EQUAL(site.verdict(kLater, lapsed), "412 precondition_failed");
}

BOOST_AUTO_TEST_CASE(an_unused_token_that_expired_is_expired) {
  Site site;
  site.world.redeemed.clear();
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=5-"}}),
                    "403 token_expired");
  BOOST_CHECK_EQUAL(site.verdict(kLater), "403 token_expired");
  BOOST_CHECK(site.world.redeemed.empty());
}

BOOST_AUTO_TEST_CASE(an_expired_token_with_another_fault_is_expired) {
  Site site;
  site.used = token().jwt_id("one").resource("/other");
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=5-"}}),
                    "403 token_expired");
  site.used = token().jwt_id("one").confirm_cookie(kOtherClient);
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=5-"}}),
                    "403 token_expired");
  site.used = token().jwt_id("one");
  site.config.downloads[0].users = {"bob"};
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"range", "bytes=5-"}}),
                    "403 token_expired");
}

BOOST_AUTO_TEST_CASE(a_state_out_of_reach_lets_nobody_resume) {
  Site site;
  site.world.state_error = Error{Errc::kUnavailable, "no state"};
  const Headers resume = {{"range", "bytes=5-"}};
  BOOST_CHECK_EQUAL(site.verdict(kLater, resume), "503 unavailable");
  BOOST_CHECK_EQUAL(site.verdict(kLater), "503 unavailable");
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"if-none-match", "*"}}),
                    "503 unavailable");
  // What needs no state is told first.
  BOOST_CHECK_EQUAL(site.verdict(kLater, {{"sec-purpose", "prefetch"}}),
                    "403 prefetch");
}

// ---- browsers that ask once before their prompt and again after the tap

BOOST_AUTO_TEST_CASE(repeat_agents_may_once_more_within_a_minute) {
  const Headers agent = {
      {"user-agent", "Mozilla/5.0 (iPhone) CriOS/120.0 Mobile Safari/604.1"}};
  Site site;
  BOOST_CHECK_EQUAL(site.verdict(kExpires + seconds(20), agent, "HEAD"),
                    "200 checked");
  BOOST_CHECK_EQUAL(site.verdict(kExpires + seconds(20), agent),
                    "200 repeated");
  BOOST_CHECK_EQUAL(site.verdict(kExpires + seconds(21), agent),
                    "403 token_used");
  BOOST_CHECK_EQUAL(
      site.verdict(kExpires + seconds(22),
                   {{"user-agent", "CriOS"}, {"range", "bytes=5-"}}),
      "206 resumed");
  Site late;
  BOOST_CHECK_EQUAL(late.verdict(kNow + seconds(60), agent), "200 repeated");
  Site too_late;
  BOOST_CHECK_EQUAL(
      too_late.verdict(kNow + seconds(60) + milliseconds(1), agent),
      "403 token_used");
  Site others;
  BOOST_CHECK_EQUAL(
      others.verdict(kExpires, {{"user-agent", "Mozilla/5.0 Firefox/153.0"}}),
      "403 token_used");
  others.config.repeat_agents.clear();
  BOOST_CHECK_EQUAL(others.verdict(kExpires, agent), "403 token_used");
}

BOOST_AUTO_TEST_CASE(repeat_agents_have_their_minute_where_resuming_has_less) {
  const Headers agent = {{"user-agent", "CriOS/120.0"}};
  Site site;
  site.config.resume_window = seconds(10);
  site.world.redeemed.begin()->second.deadline = kExpires + seconds(10);
  BOOST_CHECK(lease_window(site.config) == kRepeatAgentsWindow);
  BOOST_CHECK_EQUAL(
      site.verdict(kExpires + seconds(20), {{"range", "bytes=5-"}}),
      "403 token_used");
  BOOST_CHECK_EQUAL(site.verdict(kExpires + seconds(20), agent),
                    "200 repeated");
  site.config.repeat_agents.clear();
  BOOST_CHECK(lease_window(site.config) == seconds(10));
  BOOST_CHECK(kept_after_expiry(site.config) ==
              seconds(10) + site.config.token.leeway);
  BOOST_CHECK_EQUAL(site.verdict(kExpires + seconds(20), agent),
                    "403 token_expired");
}

BOOST_AUTO_TEST_CASE(a_command_that_begins_late_has_its_minute_from_then_on) {
  Config config;
  config.resume_window = seconds(10);
  config.downloads.resize(2);
  config.downloads[1].command = {"/bin/export"};
  config.downloads[1].command_timeout = seconds(30);
  BOOST_CHECK(lease_window(config) == seconds(90));
  config.reuse = Reuse::kNever;
  BOOST_CHECK(lease_window(config) == seconds(30));
  config.downloads.pop_back();
  BOOST_CHECK(lease_window(config) == seconds(10));
}

BOOST_AUTO_TEST_CASE(a_repeat_that_the_state_cannot_keep_is_refused) {
  Site site;
  BOOST_CHECK_EQUAL(site.verdict(kExpires, {{"user-agent", "FxiOS/1"},
                                            {"sec-purpose", "prefetch"}}),
                    "403 prefetch");
  BOOST_CHECK(site.world.repeated.empty());
  site.world.files[kFile].inode = 7;
  BOOST_CHECK_EQUAL(site.verdict(kExpires, {{"user-agent", "FxiOS/1"}}),
                    "412 precondition_failed");
  BOOST_CHECK(site.world.repeated.empty());
}

// ---- clients without a cookie

BOOST_AUTO_TEST_CASE(a_token_with_jti_brings_the_cookie_that_it_is_leased_to) {
  Site site;
  const Request asked = click(token().jwt_id("two"));
  const Response first = site.answer(asked);
  BOOST_CHECK_EQUAL(first.header("Set-Cookie").substr(0, 42),
                    "__Host-claimcheck=AAAAAAAAAAAAAAAAAAAAAQ; ");
  BOOST_CHECK_EQUAL(first.header("Accept-Ranges"), "bytes");
  BOOST_CHECK_EQUAL(code_of(site.answer(asked)), "token_used");
  // kClient is what random() made.
  const Response again = site.answer(from_client(asked));
  BOOST_CHECK_EQUAL(again.audit.event, "repeated");
  BOOST_CHECK(again.header("Set-Cookie").starts_with("claimcheck_started_"));
}

BOOST_AUTO_TEST_CASE(a_cookie_that_came_is_never_replaced) {
  Site site;
  const Response response =
      site.answer(from_client(click(token().jwt_id("two")), kOtherClient));
  BOOST_CHECK(response.header("Set-Cookie").starts_with("claimcheck_started_"));
}

BOOST_AUTO_TEST_CASE(without_jti_and_cookie_there_is_no_lease) {
  Site site;
  const Request asked = click(token());
  const Response first = site.answer(asked);
  BOOST_CHECK_EQUAL(first.status, 200);
  BOOST_CHECK_EQUAL(first.header("Accept-Ranges"), "none");
  BOOST_CHECK(first.header("Set-Cookie").starts_with("claimcheck_started_"));
  BOOST_CHECK_EQUAL(code_of(site.answer(asked)), "token_used");
  site.world.time = kLater;
  BOOST_CHECK_EQUAL(code_of(site.answer(with(asked, "range", "bytes=5-"))),
                    "token_used");
  // With the cookie it is a token of its own.
  site.world.time = kNow;
  BOOST_CHECK_EQUAL(code_of(site.answer(from_client(asked))), "ok");
}

BOOST_AUTO_TEST_CASE(client_off_leases_to_nobody) {
  Site site;
  site.config.client = ClientBinding::kOff;
  const Request asked = from_client(click(token().jwt_id("two")));
  const Response first = site.answer(asked);
  BOOST_CHECK_EQUAL(first.header("Accept-Ranges"), "none");
  BOOST_CHECK(first.header("Set-Cookie").starts_with("claimcheck_started_"));
  BOOST_CHECK_EQUAL(code_of(site.answer(asked)), "token_used");
}

BOOST_AUTO_TEST_CASE(client_fallback_knows_an_address_and_an_agent) {
  for (const char* jti : {"two", ""}) {
    Site site;
    site.config.client_fallback = ClientFallback::kAddress;
    TokenBuilder own = token();
    if (*jti != '\0') {
      own.jwt_id(jti);
    }
    const auto resume = [&](const char* agent) {
      return click(own, {{"user-agent", agent}, {"range", "bytes=5-"}});
    };
    Request first = resume("curl/7");
    first.headers.erase("range");
    BOOST_CHECK_EQUAL(site.answer(first).audit.event, "redeemed");
    BOOST_CHECK_EQUAL(site.answer(first).audit.event, "repeated");
    site.world.time = kLater;
    BOOST_CHECK_EQUAL(site.answer(resume("curl/7")).audit.event, "resumed");
    BOOST_CHECK_EQUAL(site.answer(first).audit.code, "token_used");
    const std::string stranger = *jti != '\0' ? "token_used" : "token_expired";
    BOOST_CHECK_EQUAL(site.answer(resume("curl/8")).audit.code, stranger);
    Request elsewhere = resume("curl/7");
    elsewhere.remote_addr = "192.0.2.2";
    BOOST_CHECK_EQUAL(site.answer(elsewhere).audit.code, stranger);
    elsewhere.headers["x-forwarded-for"] = "192.0.2.1";
    BOOST_CHECK_EQUAL(site.answer(elsewhere).audit.code, stranger);
    // Another browser behind the same address has a name of its own.
    BOOST_CHECK_EQUAL(
        site.answer(from_client(resume("curl/7"), kOtherClient)).audit.code,
        stranger);
  }
}

BOOST_AUTO_TEST_CASE(a_lease_of_nobody_is_nobodys) {
  const Lease none;
  BOOST_CHECK(!is_holder(none, Client{}));
  BOOST_CHECK(!is_holder(none, Client{std::string(kClient), ""}));
  BOOST_CHECK(!is_holder(none, Client{"", "address"}));
}

BOOST_AUTO_TEST_CASE(reuse_never_leases_to_nobody) {
  Site site;
  site.config.reuse = Reuse::kNever;
  const Request asked = from_client(click(token().jwt_id("two")));
  BOOST_CHECK_EQUAL(site.answer(asked).header("Accept-Ranges"), "none");
  BOOST_CHECK_EQUAL(code_of(site.answer(asked)), "token_used");
  site.world.time = kLater;
  BOOST_CHECK_EQUAL(code_of(site.answer(with(asked, "range", "bytes=5-"))),
                    "token_expired");
}

BOOST_AUTO_TEST_SUITE_END()
