// A download that a program writes: what policy asks for, and in which order.
#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fake_world.h"
#include "policy/issue.h"
#include "policy/redeem.h"
#include "policy/resource.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Headers = std::map<std::string, std::string>;

constexpr const char* kUrl = "/v1/api/export?name=alex";

TokenBuilder fresh() {
  return TokenBuilder()
      .issued_at(kNow)
      .expires_at(kNow + seconds(2))
      .jwt_id("one");
}

Download command_download() {
  Download download;
  download.path = "/v1/api/export";
  download.command = {"/usr/local/bin/export", "--name={name}", "{name}", ""};
  download.command_timeout = milliseconds(1234);
  download.params.emplace("name", *Pattern::compile(".{0,40}"));
  download.params.emplace("part", *Pattern::compile(".{0,40}"));
  download.filename = "{name}.csv";
  download.type = "text/csv";
  return download;
}

struct Site {
  Config config = site_config();
  FakeWorld world = site_world();

  Site() {
    config.downloads.insert(config.downloads.begin(), command_download());
  }

  Download& download() { return config.downloads.front(); }

  Request click(const TokenBuilder& token = fresh(),
                const Headers& headers = {}) const {
    Request asked = from_client(
        request(std::string(kUrl) + "&token=" + *token.sign(site_key())));
    for (const auto& [name, value] : headers) {
      asked.headers[name] = value;
    }
    return asked;
  }

  Response answer(const Request& request) {
    return claimcheck::redeem(config, request, world);
  }

  // begin is the answer when the program has a first byte; what is no program
  // stays as it is.
  static Response begin(Response response) {
    auto* starting = std::get_if<Starting>(&response.body);
    return starting == nullptr ? std::move(response)
                               : starting->answer(std::move(starting->output));
  }

  static Response fail(Response response, Error error) {
    return std::get<Starting>(response.body).answer(std::move(error));
  }

  Response served(const Request& request) { return begin(answer(request)); }
};

bool is_starting(const Response& response) {
  return std::holds_alternative<Starting>(response.body);
}

bool is_output(const Response& response) {
  return std::holds_alternative<std::unique_ptr<Output>>(response.body);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command, Site)

BOOST_AUTO_TEST_CASE(redeems_when_the_program_has_begun) {
  Response response = answer(click());
  BOOST_REQUIRE(is_starting(response));
  BOOST_CHECK_EQUAL(world.started.size(), 1u);
  BOOST_CHECK_EQUAL(world.redeem_calls, 0);
  BOOST_CHECK_EQUAL(response.audit.event, "checked");
  BOOST_CHECK_EQUAL(response.audit.resource, kUrl);
  response = begin(std::move(response));
  BOOST_CHECK_EQUAL(world.redeem_calls, 1);
  BOOST_CHECK_EQUAL(response.status, 200);
  BOOST_CHECK(is_output(response));
  BOOST_CHECK_EQUAL(response.audit.event, "redeemed");
  BOOST_CHECK_EQUAL(response.audit.handle, token_handle(site_key(), "one"));
}

BOOST_AUTO_TEST_CASE(sets_the_headers_of_a_file_without_length_and_version) {
  const Response response = served(click());
  std::set<std::string> names;
  for (const Header& each : response.headers) {
    names.insert(each.name);
  }
  const std::set<std::string> expected = {"Content-Type",
                                          "Content-Disposition",
                                          "Accept-Ranges",
                                          "Cache-Control",
                                          "Referrer-Policy",
                                          "X-Content-Type-Options",
                                          "Set-Cookie",
                                          "Content-Security-Policy",
                                          "Cross-Origin-Resource-Policy"};
  BOOST_CHECK(names == expected);
  BOOST_CHECK_EQUAL(response.header("Content-Type"), "text/csv");
  BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "none");
  BOOST_CHECK_EQUAL(
      response.header("Content-Disposition"),
      "attachment; filename=\"alex.csv\"; filename*=UTF-8''alex.csv");
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_uses_no_token_up) {
  const Response refused =
      fail(answer(click()), {Errc::kCommandFailed, "exited with status 1"});
  BOOST_CHECK_EQUAL(refused.status, 502);
  BOOST_CHECK_EQUAL(refused.audit.code, "command_failed");
  BOOST_CHECK_EQUAL(refused.audit.event, "refused");
  BOOST_CHECK_EQUAL(refused.audit.detail, "exited with status 1");
  BOOST_CHECK_EQUAL(refused.audit.handle, token_handle(site_key(), "one"));
  BOOST_CHECK_EQUAL(text_of(refused),
                    "{\"message\":\"The download could not be made\","
                    "\"code\":\"command_failed\"}");
  const Response full = fail(answer(click()), {Errc::kUnavailable, "too many"});
  BOOST_CHECK_EQUAL(full.status, 503);
  BOOST_CHECK_EQUAL(full.header("Retry-After"), "2");
  BOOST_CHECK_EQUAL(world.redeem_calls, 0);
  BOOST_CHECK_EQUAL(served(click()).status, 200);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_uses_no_token_up) {
  world.start_error = Error{Errc::kUnavailable, "no descriptors"};
  BOOST_CHECK_EQUAL(code_of(answer(click())), "unavailable");
  world.start_error.reset();
  BOOST_CHECK_EQUAL(served(click()).status, 200);
}

// Both ran; the first byte that came first counts.
BOOST_AUTO_TEST_CASE(two_runs_of_one_token_are_one_download) {
  config.reuse = Reuse::kNever;
  Response first = answer(click());
  Response second = answer(click());
  BOOST_REQUIRE(is_starting(first) && is_starting(second));
  BOOST_CHECK_EQUAL(begin(std::move(second)).status, 200);
  const Response late = begin(std::move(first));
  BOOST_CHECK_EQUAL(code_of(late), "token_used");
  BOOST_CHECK(!is_output(late));
}

BOOST_AUTO_TEST_CASE(a_used_token_starts_nothing) {
  config.reuse = Reuse::kNever;
  BOOST_CHECK_EQUAL(served(click()).status, 200);
  BOOST_CHECK_EQUAL(code_of(answer(click())), "token_used");
  BOOST_CHECK_EQUAL(code_of(answer(click(fresh(), {{"if-match", "\"a\""}}))),
                    "token_used");
  BOOST_CHECK_EQUAL(
      code_of(answer(click(fresh(), {{"sec-purpose", "prefetch"}}))),
      "token_used");
  BOOST_CHECK_EQUAL(code_of(answer(method(click(), "HEAD"))), "token_used");
  BOOST_CHECK_EQUAL(world.started.size(), 1u);
}

BOOST_AUTO_TEST_CASE(nothing_is_started_for_what_gets_no_body) {
  const Response head = answer(method(click(), "HEAD"));
  BOOST_CHECK_EQUAL(head.status, 200);
  BOOST_CHECK_EQUAL(head.audit.event, "checked");
  BOOST_CHECK_EQUAL(head.header("Content-Length"), "");
  BOOST_CHECK_EQUAL(head.header("Accept-Ranges"), "none");
  BOOST_CHECK_EQUAL(text_of(head), "");
  const std::pair<Headers, int> conditions[] = {
      {{{"sec-purpose", "prefetch"}}, 403},
      {{{"if-match", "\"a\""}}, 412},
      {{{"if-none-match", "*"}}, 304},
  };
  for (const auto& [headers, status] : conditions) {
    BOOST_CHECK_EQUAL(answer(click(fresh(), headers)).status, status);
  }
  world.state_error = Error{Errc::kUnavailable, "no state"};
  BOOST_CHECK_EQUAL(code_of(answer(click())), "unavailable");
  world.state_error.reset();
  Request other = click();
  other.uri.replace(other.uri.find("alex"), 4, "-rf");
  BOOST_CHECK_EQUAL(code_of(answer(other)), "bad_url");
  download().users = {"bob"};
  BOOST_CHECK_EQUAL(
      code_of(answer(click(fresh().resource(kUrl).subject("eve")))),
      "not_allowed");
  BOOST_CHECK(world.started.empty());
  BOOST_CHECK_EQUAL(world.redeem_calls, 0);
}

// There is no version that a condition could name, and no part of it.
BOOST_AUTO_TEST_CASE(conditions_of_a_version_and_ranges_do_not_count) {
  const std::pair<const char*, const char*> ignored[] = {
      {"if-match", "*"},
      {"if-none-match", "\"a\""},
      {"if-modified-since", "Sun, 06 Nov 2022 08:49:37 GMT"},
      {"if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {"range", "bytes=5-"},
      {"range", "bytes=5-9,20-"},
  };
  for (const auto& [name, value] : ignored) {
    world.redeemed.clear();
    const Response response = served(click(fresh(), {{name, value}}));
    BOOST_CHECK_EQUAL(response.status, 200);
    BOOST_CHECK(is_output(response));
    BOOST_CHECK_EQUAL(response.header("Content-Range"), "");
  }
}

// ---- the lease

BOOST_AUTO_TEST_CASE(who_holds_the_lease_may_have_it_made_again_in_time) {
  BOOST_CHECK_EQUAL(served(click()).audit.event, "redeemed");
  const Response again = served(click());
  BOOST_CHECK_EQUAL(again.status, 200);
  BOOST_CHECK_EQUAL(again.audit.event, "repeated");
  BOOST_CHECK_EQUAL(world.started.size(), 2u);
  const Response other = answer(from_client(click(), kOtherClient));
  BOOST_CHECK_EQUAL(code_of(other), "token_used");
  BOOST_CHECK_EQUAL(world.started.size(), 2u);
}

BOOST_AUTO_TEST_CASE(nobody_resumes_what_is_made_anew) {
  BOOST_CHECK_EQUAL(served(click()).status, 200);
  world.time = kNow + seconds(10);
  const std::string etag = world.redeemed.begin()->second.etag;
  for (const Headers& headers :
       {Headers{}, Headers{{"range", "bytes=500-"}},
        Headers{{"range", "bytes=0-"}, {"if-range", etag}},
        Headers{{"range", "bytes=0-"}, {"if-match", etag}}}) {
    BOOST_CHECK_EQUAL(code_of(answer(click(fresh(), headers))), "token_used");
  }
  BOOST_CHECK_EQUAL(world.started.size(), 1u);
}

BOOST_AUTO_TEST_CASE(an_expired_token_that_was_never_used_starts_nothing) {
  world.time = kNow + seconds(10);
  BOOST_CHECK_EQUAL(code_of(answer(click())), "token_expired");
  BOOST_CHECK(world.started.empty());
}

// It was good when it came.
BOOST_AUTO_TEST_CASE(a_token_may_expire_while_the_program_begins) {
  Response response = answer(click());
  world.time = kNow + seconds(10);
  BOOST_CHECK_EQUAL(begin(std::move(response)).status, 200);
}

BOOST_AUTO_TEST_CASE(a_repeating_agent_may_once_more_after_the_token) {
  const Headers agent = {{"user-agent", "Mozilla/5.0 CriOS/126"}};
  BOOST_CHECK_EQUAL(served(click(fresh(), agent)).status, 200);
  world.time = kNow + seconds(30);
  BOOST_CHECK_EQUAL(served(click(fresh(), agent)).audit.event, "repeated");
  BOOST_CHECK_EQUAL(code_of(served(click(fresh(), agent))), "token_used");
}

// A token that names no resource is good once, for whatever it was used first.
BOOST_AUTO_TEST_CASE(a_lease_of_another_download_is_none_of_this) {
  const std::string token = *fresh().sign(site_key());
  BOOST_CHECK_EQUAL(
      answer(from_client(request("/downloads/report.csv?token=" + token)))
          .status,
      200);
  BOOST_CHECK_EQUAL(code_of(answer(click())), "token_used");
  BOOST_CHECK(world.started.empty());
}

BOOST_AUTO_TEST_CASE(under_window_each_request_is_a_run) {
  config.reuse = Reuse::kWindow;
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK_EQUAL(served(click()).audit.event, "redeemed");
  }
  BOOST_CHECK_EQUAL(world.started.size(), 3u);
  BOOST_CHECK_EQUAL(world.redeem_calls + world.lookups, 0);
}

// ---- what is run

BOOST_AUTO_TEST_CASE(parameters_are_filled_into_arguments_of_their_own) {
  Request asked = click(fresh().subject("al ice"));
  asked.uri.replace(asked.uri.find("alex"), 4, "a%20$(b)%22;'%2A");
  served(by(asked, "bob"));
  BOOST_REQUIRE_EQUAL(world.started.size(), 1u);
  const Command& command = world.started.front();
  const std::vector<std::string> arguments = {
      "/usr/local/bin/export", "--name=a $(b)\";'*", "a $(b)\";'*", ""};
  BOOST_CHECK(command.arguments == arguments);
  const std::vector<std::string> environment = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LANG=C.UTF-8", "CLAIMCHECK_RESOURCE=/v1/api/export?name=a $(b)\";'*",
      "CLAIMCHECK_USER=al ice"};
  BOOST_CHECK(command.environment == environment);
  BOOST_CHECK(command.timeout == milliseconds(1234));
  const CommandCall call = {
      "/v1/api/export", {{"name", "a $(b)\";'*"}}, "al ice"};
  BOOST_CHECK(command.call == call);
}

BOOST_AUTO_TEST_CASE(nobody_in_particular_is_no_user) {
  served(click());
  for (const std::string& each : world.started.front().environment) {
    BOOST_CHECK(!each.starts_with("CLAIMCHECK_USER"));
  }
  world.redeemed.clear();
  served(by(click(), "bob"));
  BOOST_CHECK_EQUAL(world.started.back().environment.back(),
                    "CLAIMCHECK_USER=bob");
}

// "alice" and "alice\0" would be one to the program.
BOOST_AUTO_TEST_CASE(a_user_whom_no_environment_can_name_is_refused) {
  using namespace std::string_literals;
  const Response refused = answer(click(fresh().subject("alice\0"s)));
  BOOST_CHECK_EQUAL(code_of(refused), "not_allowed");
  BOOST_CHECK_EQUAL(
      code_of(answer(by(click(), std::string(kMaxUser + 1, 'a')))),
      "not_allowed");
  BOOST_CHECK(world.started.empty());
}

// Whoever gets a call and not a URL checks it again.
BOOST_AUTO_TEST_CASE(a_call_is_checked_like_a_url) {
  const auto made = [&](const ParamValues& params,
                        const char* path = "/v1/api/export") {
    return code_of(command_of(config, {path, params, ""}));
  };
  BOOST_CHECK_EQUAL(made({{"name", "alex"}}), "ok");
  BOOST_CHECK_EQUAL(made({{"name", "alex"}, {"part", ""}}), "ok");
  BOOST_CHECK_EQUAL(made({{"name", "alex"}}, "/v1/api/downloadX"), "not_found");
  BOOST_CHECK_EQUAL(made({{"name", "alex"}}, "/elsewhere"), "not_found");
  const ParamValues refused[] = {
      {},
      {{"name", "-a"}},
      {{"name", "a/b"}},
      {{"name", ".."}},
      {{"name", std::string(41, 'a')}},
      {{"name", "a\nb"}},
      {{"name", "\xff"}},
      {{"name", "a"}, {"other", "b"}},
  };
  for (const ParamValues& params : refused) {
    BOOST_CHECK_EQUAL(made(params), "bad_url");
  }
}

BOOST_AUTO_TEST_CASE(no_value_of_a_command_begins_with_a_dash) {
  for (const char* query :
       {"?name=-", "?name=-rf", "?name=%2Drf", "?name=a&part=--x"}) {
    const auto found = find_resource(
        config, *parse_target(std::string("/v1/api/export") + query));
    BOOST_CHECK_EQUAL(code_of(found), "bad_url");
  }
  for (const char* query : {"?name=a-b", "?name=+-", "?name=&part=a"}) {
    const auto found = find_resource(
        config, *parse_target(std::string("/v1/api/export") + query));
    BOOST_CHECK_EQUAL(code_of(found), "ok");
  }
  // To a file's name it is a letter.
  config.downloads[2].params.insert_or_assign("name", *Pattern::compile(".*"));
  BOOST_CHECK_EQUAL(
      code_of(find_resource(config, *parse_target("/v1/api/downloadX?name=-"))),
      "ok");
}

BOOST_AUTO_TEST_CASE(is_named_by_its_filename_or_the_end_of_its_path) {
  const auto name = [&] {
    return command_file_name(*find_resource(config, *parse_target(kUrl)));
  };
  BOOST_CHECK_EQUAL(name(), "alex.csv");
  download().filename = "";
  BOOST_CHECK_EQUAL(name(), "export");
}

BOOST_AUTO_TEST_CASE(get_token_names_the_file_and_runs_nothing) {
  const auto ask = [&](const std::string& url) {
    return issue(config, by(request("/v1/api/get-token?for=" + url), "alice"),
                 world);
  };
  const Response issued = ask("/v1/api/export%3Fname=alex");
  BOOST_CHECK_EQUAL(issued.status, 200);
  BOOST_CHECK_NE(text_of(issued).find("\"filename\":\"alex.csv\"}"),
                 std::string::npos);
  BOOST_CHECK_EQUAL(text_of(issued).find("size"), std::string::npos);
  BOOST_CHECK_EQUAL(code_of(ask("/v1/api/export%3Fname=-a")), "bad_url");
  BOOST_CHECK_EQUAL(code_of(ask("/v1/api/export")), "bad_url");
  BOOST_CHECK(world.started.empty());
  BOOST_CHECK_EQUAL(world.opened, 0);
}

BOOST_AUTO_TEST_SUITE_END()
