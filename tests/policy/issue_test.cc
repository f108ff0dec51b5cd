#include "policy/issue.h"

#include <rapidjson/document.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>

#include "fake_world.h"
#include "policy/redeem.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::milliseconds;

namespace {

constexpr const char* kGetToken = "/v1/api/get-token";

Request asking(const std::string& query = "") {
  return by(request(kGetToken + query), "alice");
}

// asking_for escapes what a query value must not hold.
Request asking_for(std::string url) {
  for (const auto& [c, escape] :
       std::initializer_list<std::pair<char, const char*>>{
           {'%', "%25"}, {'&', "%26"}, {'#', "%23"}, {'+', "%2B"}}) {
    for (std::size_t at = 0; (at = url.find(c, at)) != std::string::npos;
         at += 3) {
      url.replace(at, 1, escape);
    }
  }
  return asking("?for=" + url);
}

rapidjson::Document json_of(const Response& response) {
  rapidjson::Document json;
  json.Parse(text_of(response).c_str());
  BOOST_REQUIRE(json.IsObject());
  return json;
}

std::string token_of(const Response& response) {
  return json_of(response)["token"].GetString();
}

Claims claims_of(const Response& response, const TokenRules& rules = {}) {
  const auto token = verify(token_of(response), {site_key()}, rules, kNow);
  BOOST_REQUIRE(token.has_value());
  return token->claims();
}

std::string cookie_set(const Response& response) {
  return std::string(response.header("Set-Cookie"));
}

std::string issued(const Request& request,
                   const Config& config = site_config()) {
  FakeWorld world = site_world();
  return code_of(issue(config, request, world));
}

// A case with one fault, to be laid over others.
struct Case {
  Config config = site_config();
  Request request = asking_for("/downloads/report.csv");
  FakeWorld world = site_world();
};

struct Fault {
  const char* code;
  std::function<void(Case&)> apply;
};

// The contract's order. bad_url, not_allowed and not_found share the query, so
// they touch different places.
const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = {
      {"method", [](Case& c) { c.request.method = "PUT"; }},
      {"xsrf",
       [](Case& c) { c.request.headers["sec-fetch-site"] = "cross-site"; }},
      {"not_signed_in", [](Case& c) { c.request.remote_user.clear(); }},
      {"bad_url", [](Case& c) { c.request.uri += "%2F..%2Fa"; }},
      {"not_allowed",
       [](Case& c) {
         c.config.downloads[0].users = std::vector<std::string>{"bob"};
       }},
      {"not_found", [](Case& c) { c.world.files.clear(); }},
      {"config",
       [](Case& c) {
         c.world.keys_error = Error{Errc::kConfig, "no key"};
       }},
      {"unavailable",
       [](Case& c) {
         c.world.state_error = Error{Errc::kUnavailable, "no state"};
       }},
  };
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(issue)

BOOST_AUTO_TEST_CASE(answers_with_all_that_the_contract_names) {
  FakeWorld world = site_world();
  const Response response = claimcheck::issue(
      site_config(), asking_for("/downloads/report.csv"), world);
  BOOST_CHECK_EQUAL(response.status, 200);
  const auto json = json_of(response);
  BOOST_CHECK_EQUAL(json.MemberCount(), 5u);
  BOOST_CHECK_EQUAL(json["expires_in"].GetDouble(), 2);
  BOOST_CHECK_EQUAL(json["filename"].GetString(), "report.csv");
  BOOST_CHECK_EQUAL(json["size"].GetInt(), 1234);
  const auto token =
      verify(json["token"].GetString(), {site_key()}, {}, world.time);
  BOOST_REQUIRE(token.has_value());
  const std::string handle = token->handle("", "");
  BOOST_CHECK_EQUAL(json["handle"].GetString(), handle.substr(0, 8));
  BOOST_CHECK_EQUAL(response.audit.handle, handle);
  BOOST_CHECK_EQUAL(response.audit.event, "issued");
  BOOST_CHECK_EQUAL(response.audit.user, "alice");
  BOOST_CHECK_EQUAL(response.audit.resource, "/downloads/report.csv");
}

BOOST_AUTO_TEST_CASE(sets_exactly_its_headers) {
  FakeWorld world = site_world();
  const Response response = claimcheck::issue(site_config(), asking(), world);
  std::string names;
  for (const Header& header : response.headers) {
    names += header.name + '\n';
  }
  BOOST_CHECK_EQUAL(names,
                    "Content-Type\nContent-Length\nCache-Control\n"
                    "X-Content-Type-Options\nSet-Cookie\n");
  BOOST_CHECK_EQUAL(response.header("Content-Type"), "application/json");
  BOOST_CHECK_EQUAL(response.header("Cache-Control"), "no-store");
  BOOST_CHECK_EQUAL(response.header("X-Content-Type-Options"), "nosniff");
  BOOST_CHECK_EQUAL(response.header("Content-Length"),
                    std::to_string(text_of(response).size()));
}

// The article's plain call.
BOOST_AUTO_TEST_CASE(without_for_the_token_names_no_resource) {
  FakeWorld world = site_world();
  const Response response = claimcheck::issue(site_config(), asking(), world);
  const auto json = json_of(response);
  BOOST_CHECK_EQUAL(json.MemberCount(), 3u);
  BOOST_CHECK(!claims_of(response).res());
  BOOST_CHECK_EQUAL(world.opened, 0);
}

BOOST_AUTO_TEST_CASE(the_token_has_the_claims_of_the_contract) {
  FakeWorld world = site_world();
  world.time = kNow + milliseconds(7);
  const Response response = claimcheck::issue(
      site_config(), from_client(asking_for("/downloads/report.csv?x=1")),
      world);
  const Claims claims =
      verify(token_of(response), {site_key()}, {}, world.time)->claims();
  BOOST_CHECK(claims.iat() == world.time);
  BOOST_CHECK(claims.exp() == world.time + milliseconds(2000));
  BOOST_CHECK_EQUAL(base64url_decode(*claims.jti())->size(), 16u);
  BOOST_CHECK_EQUAL(*claims.res(), "/downloads/report.csv");
  BOOST_CHECK_EQUAL(*claims.sub(), "alice");
  BOOST_CHECK_EQUAL(*claims.cnf_cookie(), cookie_confirmation(kClient));
}

BOOST_AUTO_TEST_CASE(each_token_is_another) {
  FakeWorld world = site_world();
  const Response first = claimcheck::issue(site_config(), asking(), world);
  const Response second = claimcheck::issue(site_config(), asking(), world);
  BOOST_CHECK_NE(token_of(first), token_of(second));
  BOOST_CHECK_NE(first.audit.handle, second.audit.handle);
}

BOOST_AUTO_TEST_CASE(configured_lifetime_issuer_and_audience_go_in) {
  Config config = site_config();
  config.token_lifetime = milliseconds(1500);
  config.token.issuer = "us";
  config.token.audience = "downloads";
  FakeWorld world = site_world();
  const Response response = claimcheck::issue(config, asking(), world);
  BOOST_CHECK_EQUAL(json_of(response)["expires_in"].GetDouble(), 1.5);
  BOOST_CHECK(claims_of(response, config.token).exp() ==
              kNow + milliseconds(1500));
}

BOOST_AUTO_TEST_CASE(the_first_key_signs) {
  FakeWorld world = site_world();
  world.key_set = {*Key::hs256(std::string(32, 'n'), "new"), site_key()};
  const std::string token =
      token_of(claimcheck::issue(site_config(), asking(), world));
  BOOST_CHECK(verify(token, {world.key_set[0]}, {}, kNow).has_value());
  BOOST_CHECK(!verify(token, {world.key_set[1]}, {}, kNow).has_value());
}

BOOST_AUTO_TEST_CASE(nobody_in_particular_gets_no_sub) {
  Config config = site_config();
  config.access = Access::kAnonymous;
  FakeWorld world = site_world();
  const Response response =
      claimcheck::issue(config, request(kGetToken), world);
  BOOST_CHECK(!claims_of(response).sub());
}

// ---- the request

BOOST_AUTO_TEST_CASE(takes_get_and_post) {
  for (const char* name : {"GET", "POST"}) {
    BOOST_CHECK_EQUAL(issued(method(asking(), name)), "ok");
  }
  for (const char* name :
       {"HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "", "TRACE"}) {
    FakeWorld world = site_world();
    const Response response =
        claimcheck::issue(site_config(), method(asking(), name), world);
    BOOST_CHECK_EQUAL(response.status, 405);
    BOOST_CHECK_EQUAL(response.header("Allow"), "GET, POST");
  }
}

BOOST_AUTO_TEST_CASE(for_is_read_from_the_query_once) {
  BOOST_CHECK_EQUAL(issued(asking_for("/downloads/report.csv")), "ok");
  BOOST_CHECK_EQUAL(issued(asking("?for=%2Fdownloads%2Freport.csv")), "ok");
  BOOST_CHECK_EQUAL(issued(asking("?f%6fr=/downloads/report.csv")), "ok");
  BOOST_CHECK_EQUAL(
      issued(asking_for("https://www.example.org/downloads/report.csv#x")),
      "ok");
  for (const char* query :
       {"?for=", "?for", "?for=/downloads/report.csv&for=/downloads/a",
        "?for=/downloads/report.csv&f%6Fr=/downloads/report.csv", "?for=%zz",
        "?for=%00", "?for=//www.example.org/downloads/report.csv",
        "?for=downloads/report.csv", "?for=%23x",
        "?for=https://evil.org/downloads/report.csv",
        "?for=/downloads/../downloads/report.csv",
        "?for=/v1/api/downloadX?name=A", "?for=/downloads/a%252Fb"}) {
    BOOST_CHECK_MESSAGE(issued(asking(query)) == "bad_url", query);
  }
}

BOOST_AUTO_TEST_CASE(a_space_in_for_may_be_a_plus) {
  BOOST_CHECK_EQUAL(issued(asking("?for=/downloads/2026/a+b.txt")), "ok");
  BOOST_CHECK_EQUAL(issued(asking("?for=/downloads/2026/a%2520b.txt")), "ok");
  BOOST_CHECK_EQUAL(issued(asking("?for=/downloads/2026/a%2Bb.txt")),
                    "not_found");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_fails_here) {
  for (const char* url :
       {"/downloads/none", "/downloads/.htaccess", "/downloads/.git/config",
        "/downloads/", "/downloads", "/nowhere", "/v1/api/downloadX?name=bob",
        "/v1/api/downloadX?name=.alex", kGetToken}) {
    BOOST_CHECK_MESSAGE(issued(asking_for(url)) == "not_found", url);
  }
  BOOST_CHECK_EQUAL(issued(asking_for("/v1/api/downloadX")), "bad_url");
  BOOST_CHECK_EQUAL(issued(asking_for("/v1/api/downloadX?name=alex&name=x")),
                    "bad_url");
}

BOOST_AUTO_TEST_CASE(users_get_a_token_and_others_do_not) {
  const Request plan = asking_for("/staff/plan.pdf");
  BOOST_CHECK_EQUAL(issued(plan), "ok");
  BOOST_CHECK_EQUAL(issued(by(plan, "bob")), "ok");
  BOOST_CHECK_EQUAL(issued(by(plan, "mallory")), "not_allowed");
  Config config = site_config();
  config.access = Access::kAnonymous;
  BOOST_CHECK_EQUAL(issued(by(plan, ""), config), "not_allowed");
}

BOOST_AUTO_TEST_CASE(a_repeated_header_that_decides_is_refused) {
  Request twice = asking();
  twice.repeated = {"origin"};
  BOOST_CHECK_EQUAL(issued(twice), "bad_url");
}

// ---- the order of failures

// A case has all faults from one on; the first is what is told.
BOOST_AUTO_TEST_CASE(the_earliest_of_two_faults_wins) {
  for (std::size_t i = 0; i < faults().size(); ++i) {
    for (std::size_t j = i; j < faults().size(); ++j) {
      Case test;
      faults()[i].apply(test);
      faults()[j].apply(test);
      const Response response =
          claimcheck::issue(test.config, test.request, test.world);
      BOOST_CHECK_MESSAGE(code_of(response) == faults()[i].code,
                          faults()[i].code << " before " << faults()[j].code
                                           << ", got " << code_of(response));
      BOOST_CHECK_EQUAL(json_of(response)["code"].GetString(),
                        code_of(response));
    }
  }
}

// A missing declared parameter is a bad URL whoever asks.
BOOST_AUTO_TEST_CASE(a_missing_parameter_comes_before_not_allowed) {
  Case test;
  test.request = asking_for("/v1/api/downloadX");
  test.config.downloads[1].users = std::vector<std::string>{"bob"};
  BOOST_CHECK_EQUAL(issued(test.request, test.config), "bad_url");
}

// client = "required" refuses with not_allowed, which comes before not_found.
BOOST_AUTO_TEST_CASE(a_missing_client_comes_before_not_found) {
  Config config = site_config();
  config.client = ClientBinding::kRequired;
  BOOST_CHECK_EQUAL(issued(asking_for("/downloads/none"), config),
                    "not_allowed");
}

// A root that cannot be opened (503) and a secret that is no key (500).
BOOST_AUTO_TEST_CASE(config_comes_before_an_unavailable_root) {
  Case test;
  test.world.open_error = Error{Errc::kUnavailable, "not mounted"};
  BOOST_CHECK_EQUAL(
      code_of(claimcheck::issue(test.config, test.request, test.world)),
      "unavailable");
  test.world.keys_error = Error{Errc::kConfig, "no key"};
  BOOST_CHECK_EQUAL(
      code_of(claimcheck::issue(test.config, test.request, test.world)),
      "config");
}

BOOST_AUTO_TEST_CASE(state_out_of_reach_is_told_here) {
  Case test;
  test.world.state_error = Error{Errc::kUnavailable, "full"};
  const Response response =
      claimcheck::issue(test.config, test.request, test.world);
  BOOST_CHECK_EQUAL(response.status, 503);
  BOOST_CHECK(!response.header("Retry-After").empty());
}

BOOST_AUTO_TEST_CASE(always_answers_in_json) {
  FakeWorld world = site_world();
  const Response response = claimcheck::issue(
      site_config(), with(asking_for("/none"), "accept", "text/html"), world);
  BOOST_CHECK_EQUAL(response.header("Content-Type"), "application/json");
}

// ---- the client cookie

BOOST_AUTO_TEST_CASE(a_browser_without_a_name_gets_one) {
  FakeWorld world = site_world();
  const Response response = claimcheck::issue(site_config(), asking(), world);
  BOOST_CHECK(cookie_set(response).starts_with("__Host-claimcheck="));
  BOOST_CHECK(!claims_of(response).cnf_cookie());
  const std::string jti(*claims_of(response).jti());
  BOOST_CHECK(cookie_set(response).find(jti) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_valid_name_is_never_replaced) {
  FakeWorld world = site_world();
  const Response response =
      claimcheck::issue(site_config(), from_client(asking()), world);
  BOOST_CHECK_EQUAL(cookie_set(response), "");
  BOOST_CHECK_EQUAL(*claims_of(response).cnf_cookie(),
                    cookie_confirmation(kClient));
}

BOOST_AUTO_TEST_CASE(an_invalid_name_is_replaced_and_binds_nothing) {
  for (const char* value : {"x", "", "AAAAAAAAAAAAAAAAAAAAAR"}) {
    FakeWorld world = site_world();
    const Response response =
        claimcheck::issue(site_config(), from_client(asking(), value), world);
    BOOST_CHECK(cookie_set(response).starts_with("__Host-claimcheck="));
    BOOST_CHECK(!claims_of(response).cnf_cookie());
  }
}

BOOST_AUTO_TEST_CASE(plain_http_has_a_cookie_of_its_own) {
  FakeWorld world = site_world();
  Request plain = asking();
  plain.https = false;
  const Response response = claimcheck::issue(site_config(), plain, world);
  BOOST_CHECK(cookie_set(response).starts_with("claimcheck="));
  BOOST_CHECK(cookie_set(response).find("Secure") == std::string::npos);
  Config config = site_config();
  config.https = Https::kAlways;
  BOOST_CHECK(cookie_set(claimcheck::issue(config, plain, world))
                  .starts_with("__Host-claimcheck="));
}

BOOST_AUTO_TEST_CASE(client_required_wants_a_second_try) {
  Config config = site_config();
  config.client = ClientBinding::kRequired;
  FakeWorld world = site_world();
  const Response first = claimcheck::issue(config, asking(), world);
  BOOST_CHECK_EQUAL(first.status, 403);
  BOOST_REQUIRE(cookie_set(first).starts_with("__Host-claimcheck="));
  const std::string cookie = cookie_set(first).substr(0, 18 + 22);
  const Response second =
      claimcheck::issue(config, with(asking(), "cookie", cookie), world);
  BOOST_CHECK_EQUAL(second.status, 200);
  BOOST_CHECK_EQUAL(*claims_of(second).cnf_cookie(),
                    cookie_confirmation(cookie.substr(18)));
}

BOOST_AUTO_TEST_CASE(client_off_names_and_binds_nobody) {
  Config config = site_config();
  config.client = ClientBinding::kOff;
  FakeWorld world = site_world();
  const Response response =
      claimcheck::issue(config, from_client(asking()), world);
  BOOST_CHECK(!claims_of(response).cnf_cookie());
  BOOST_CHECK_EQUAL(cookie_set(response), "");
  BOOST_CHECK_EQUAL(cookie_set(claimcheck::issue(config, asking(), world)), "");
}

BOOST_AUTO_TEST_CASE(a_refused_stranger_gets_no_cookie) {
  FakeWorld world = site_world();
  for (const Request& refused :
       {by(asking(), ""), method(asking(), "PUT"),
        with(asking(), "sec-fetch-site", "cross-site")}) {
    BOOST_CHECK_EQUAL(
        cookie_set(claimcheck::issue(site_config(), refused, world)), "");
  }
}

// ---- whatever is issued is good

// "Everything that can be known to fail fails here": a token that is too long
// for verify() must not be given out.
BOOST_AUTO_TEST_CASE(never_issues_a_token_that_download_will_refuse) {
  for (const std::size_t size : {100u, 2000u, 2800u, 3500u, 8000u}) {
    FakeWorld world = site_world();
    std::string path(size, 'a');
    for (std::size_t i = 100; i < size; i += 100) {
      path[i] = '/';
    }
    world.files["/srv/downloads/" + path] = {1, 2, 3};
    const Response response = claimcheck::issue(
        site_config(), asking_for("/downloads/" + path), world);
    if (response.status != 200) {
      BOOST_CHECK_EQUAL(code_of(response), "bad_url");
      continue;
    }
    const Response served = claimcheck::redeem(
        site_config(),
        request("/downloads/" + path + "?token=" + token_of(response)), world);
    BOOST_CHECK_MESSAGE(code_of(served) == "ok",
                        size << " bytes of path: " << code_of(served));
  }
}

BOOST_AUTO_TEST_CASE(expires_in_is_exact_for_any_lifetime) {
  Config config = site_config();
  config.token.max_lifetime = std::chrono::hours(10000);
  for (const int ms : {100, 101, 1999, 12'345'678, 1'234'567'000}) {
    config.token_lifetime = milliseconds(ms);
    FakeWorld world = site_world();
    const Response response = claimcheck::issue(config, asking(), world);
    BOOST_CHECK_CLOSE(json_of(response)["expires_in"].GetDouble(), ms / 1000.0,
                      1e-9);
  }
}

BOOST_AUTO_TEST_CASE(hostile_users_and_names_stay_json) {
  FakeWorld world = site_world();
  const std::string name = "q\"\\\xe2\x80\xae.txt";
  world.files["/srv/downloads/" + name] = {1, 2, 3};
  Request page = asking("?for=/downloads/q%22%255C%E2%80%AE.txt");
  BOOST_CHECK_EQUAL(issued(page), "bad_url");
  world.files["/srv/downloads/q\"\xe2\x80\xae.txt"] = {1, 2, 3};
  page = by(asking("?for=/downloads/q%22%E2%80%AE.txt"), "a\"b\n");
  const Response response = claimcheck::issue(site_config(), page, world);
  BOOST_REQUIRE_EQUAL(response.status, 200);
  BOOST_CHECK_EQUAL(json_of(response)["filename"].GetString(),
                    "q\"\xe2\x80\xae.txt");
  BOOST_CHECK_EQUAL(*claims_of(response).sub(), "a\"b\n");
}

BOOST_AUTO_TEST_SUITE_END()
