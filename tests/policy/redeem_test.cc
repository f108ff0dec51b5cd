#include "policy/redeem.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::milliseconds;

namespace {

constexpr const char* kReport = "/downloads/report.csv";
constexpr const char* kModified = "Sun, 13 Sep 2020 12:26:40 GMT";
constexpr const char* kLongAgo = "Thu, 01 Jan 1970 00:00:00 GMT";

TokenBuilder fresh(const char* jti = "one") {
  TokenBuilder builder;
  builder.issued_at(kNow).expires_at(kNow + milliseconds(2000)).jwt_id(jti);
  return builder;
}

Request get(const std::string& url, const std::string& token) {
  const char* separator = url.find('?') == std::string::npos ? "?" : "&";
  return request(url + separator + "token=" + token);
}

Request get(const std::string& url, const TokenBuilder& token) {
  return get(url, *token.sign(site_key()));
}

std::string redeemed(const Request& request,
                     const Config& config = site_config()) {
  FakeWorld world = site_world();
  return code_of(redeem(config, request, world));
}

struct Case {
  Config config = site_config();
  Request request = get(kReport, fresh());
  FakeWorld world = site_world();
  std::string handle = token_handle(site_key(), "one");

  static Case of_window() {
    Case test;
    test.config.reuse = Reuse::kWindow;
    return test;
  }

  // answer leaves what it redeemed in the world.
  Response answer(const char* name = "GET",
                  const std::map<std::string, std::string>& headers = {}) {
    Request asked = method(request, name);
    for (const auto& [header, value] : headers) {
      asked.headers[header] = value;
    }
    return claimcheck::redeem(config, asked, world);
  }

  // status is what a token that was not used yet is answered.
  int status(const char* name,
             const std::map<std::string, std::string>& headers) {
    const auto before = world.redeemed;
    const int status = answer(name, headers).status;
    world.redeemed = before;
    return status;
  }
};

struct Fault {
  const char* code;
  std::function<void(Case&)> apply;
};

void set_token(Case& c, const std::string& token) {
  c.request.uri = std::string(kReport) + "?token=" + token;
}

// Those of step 2 and 3 replace the token, so that no two of them meet.
const std::vector<Fault>& token_faults() {
  static const std::vector<Fault> all = {
      {"token_missing", [](Case& c) { set_token(c, ""); }},
      {"token_invalid", [](Case& c) { set_token(c, "a.b.c"); }},
      {"token_expired",
       [](Case& c) {
         set_token(c, *TokenBuilder()
                           .expires_at(kNow)
                           .issued_at(kNow - milliseconds(2))
                           .sign(site_key()));
       }},
      {"token_not_for_this",
       [](Case& c) {
         set_token(c, *fresh().resource("/other").sign(site_key()));
       }},
      {"token_other_client",
       [](Case& c) {
         set_token(c, *fresh().confirm_cookie(kClient).sign(site_key()));
       }},
      {"not_allowed",
       [](Case& c) {
         // An earlier fault may have taken them all.
         for (Download& download : c.config.downloads) {
           download.users = std::vector<std::string>{"bob"};
         }
         set_token(c, *fresh().resource(kReport).sign(site_key()));
       }},
      {"token_used", [](Case& c) { c.world.redeemed[c.handle] = {}; }},
  };
  return all;
}

const std::vector<Fault>& earlier_faults() {
  static const std::vector<Fault> all = {
      {"bad_url", [](Case& c) { c.request.repeated = {"host"}; }},
      {"method", [](Case& c) { c.request.method = "POST"; }},
      {"not_found", [](Case& c) { c.config.downloads.clear(); }},
  };
  return all;
}

const std::vector<Fault>& later_faults() {
  static const std::vector<Fault> all = {
      {"prefetch",
       [](Case& c) { c.request.headers["sec-purpose"] = "prefetch"; }},
      {"not_found", [](Case& c) { c.world.files.clear(); }},
      {"precondition_failed",
       [](Case& c) { c.request.headers["if-match"] = "\"x\""; }},
      {"range_not_satisfiable",
       [](Case& c) {
         c.config.reuse = Reuse::kWindow;
         c.request.headers["range"] = "bytes=1234-";
       }},
      {"unavailable",
       [](Case& c) {
         c.world.state_error = Error{Errc::kUnavailable, "no state"};
       }},
  };
  return all;
}

void check_pair(const Fault& first, const Fault& second) {
  Case test;
  first.apply(test);
  second.apply(test);
  const Response response = redeem(test.config, test.request, test.world);
  BOOST_CHECK_MESSAGE(
      code_of(response) == first.code,
      first.code << " before " << second.code << ", got " << code_of(response));
  if (std::string_view(first.code) != "token_used") {
    BOOST_CHECK(test.world.redeemed.empty() ||
                std::string_view(second.code) == "token_used");
  }
}

void check_order(const std::vector<Fault>& firsts,
                 const std::vector<Fault>& seconds) {
  for (const Fault& first : firsts) {
    for (const Fault& second : seconds) {
      check_pair(first, second);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redeem)

BOOST_AUTO_TEST_CASE(serves_the_file_for_a_good_token) {
  FakeWorld world = site_world();
  const Response response =
      claimcheck::redeem(site_config(), get(kReport, fresh()), world);
  BOOST_CHECK_EQUAL(response.status, 200);
  const auto& slice = std::get<FileSlice>(response.body);
  BOOST_CHECK_EQUAL(slice.offset, 0u);
  BOOST_CHECK_EQUAL(slice.length, 1234u);
  BOOST_CHECK_EQUAL(response.audit.event, "redeemed");
  BOOST_CHECK_EQUAL(response.audit.handle, token_handle(site_key(), "one"));
  BOOST_CHECK_EQUAL(response.audit.resource, kReport);
  BOOST_CHECK_EQUAL(response.audit.code, "");
}

BOOST_AUTO_TEST_CASE(sets_exactly_the_headers_of_the_contract) {
  FakeWorld world = site_world();
  const Response response =
      claimcheck::redeem(site_config(), get(kReport, fresh()), world);
  std::string head;
  for (const Header& header : response.headers) {
    head += header.name == "ETag" ? "ETag\n"
                                  : header.name + ": " + header.value + '\n';
  }
  const std::string handle = token_handle(site_key(), "one").substr(0, 8);
  BOOST_CHECK_EQUAL(head,
                    "Content-Type: application/octet-stream\n"
                    "Content-Length: 1234\n"
                    "Content-Disposition: attachment; filename=\"report.csv\"; "
                    "filename*=UTF-8''report.csv\n"
                    "ETag\n"
                    "Last-Modified: Sun, 13 Sep 2020 12:26:40 GMT\n"
                    "Accept-Ranges: bytes\n"
                    "Cache-Control: private, no-store\n"
                    "X-Content-Type-Options: nosniff\n"
                    "Content-Security-Policy: sandbox; default-src 'none'\n"
                    "Referrer-Policy: no-referrer\n"
                    "Cross-Origin-Resource-Policy: same-origin\n"
                    "Set-Cookie: __Host-claimcheck=AAAAAAAAAAAAAAAAAAAAAQ; "
                    "Path=/; SameSite=Lax; Secure; Max-Age=2592000; HttpOnly\n"
                    "Set-Cookie: claimcheck_started_" +
                        handle +
                        "=1; Path=/; SameSite=Lax; Secure; Max-Age=60\n");
}

BOOST_AUTO_TEST_CASE(type_and_filename_are_the_downloads) {
  Config config = site_config();
  config.downloads[1].type = "text/csv";
  config.downloads[1].filename = "Export {name}.csv";
  FakeWorld world = site_world();
  const Response response = claimcheck::redeem(
      config, get("/v1/api/downloadX?name=alex", fresh()), world);
  BOOST_CHECK_EQUAL(response.header("Content-Type"), "text/csv");
  BOOST_CHECK_EQUAL(response.header("Content-Disposition"),
                    "attachment; filename=\"Export alex.csv\"; "
                    "filename*=UTF-8''Export%20alex.csv");
}

// ---- the order of checks

BOOST_AUTO_TEST_CASE(each_fault_alone_has_its_code) {
  for (const auto* faults :
       {&earlier_faults(), &token_faults(), &later_faults()}) {
    for (const Fault& fault : *faults) {
      check_pair(fault, fault);
    }
  }
}

BOOST_AUTO_TEST_CASE(url_and_method_come_before_everything) {
  check_order(earlier_faults(), token_faults());
  check_order(earlier_faults(), later_faults());
  check_pair(earlier_faults()[0], earlier_faults()[1]);
  check_pair(earlier_faults()[0], earlier_faults()[2]);
  check_pair(earlier_faults()[1], earlier_faults()[2]);
}

// Whether an expired token was used is for the state to say.
BOOST_AUTO_TEST_CASE(the_tokens_own_faults_come_before_the_later_ones) {
  std::vector<Fault> own = token_faults();
  own.pop_back();
  for (const Fault& first : own) {
    for (const Fault& second : later_faults()) {
      if (std::string_view(first.code) != "token_expired" ||
          std::string_view(second.code) != "unavailable") {
        check_pair(first, second);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_comes_later_is_told_in_the_order_of_the_contract) {
  const auto& later = later_faults();
  for (std::size_t i = 0; i < later.size(); ++i) {
    for (std::size_t j = i + 1; j < later.size(); ++j) {
      check_pair(later[i], later[j]);
    }
  }
}

// The contract counts token_used among the token's refusals (step 3), before
// prefetch (4) and a file that is gone (5).
BOOST_AUTO_TEST_CASE(a_used_token_is_told_before_what_is_wrong_with_the_rest) {
  check_pair(token_faults().back(), later_faults()[0]);
  check_pair(token_faults().back(), later_faults()[1]);
  check_pair(token_faults().back(), later_faults()[2]);
}

// A missing declared parameter is a fault of the URL, step 1.
BOOST_AUTO_TEST_CASE(a_missing_parameter_comes_before_a_missing_token) {
  BOOST_CHECK_EQUAL(redeemed(request("/v1/api/downloadX")), "bad_url");
  BOOST_CHECK_EQUAL(redeemed(get("/v1/api/downloadX", "bad")), "bad_url");
}

BOOST_AUTO_TEST_CASE(a_bad_parameter_comes_before_a_missing_token) {
  BOOST_CHECK_EQUAL(redeemed(request("/v1/api/downloadX?name=A")), "bad_url");
  BOOST_CHECK_EQUAL(redeemed(request("/downloads/%2e%2e")), "bad_url");
}

BOOST_AUTO_TEST_CASE(scope_comes_before_client_and_users) {
  Config config = site_config();
  config.downloads[0].users = {"bob"};
  const auto code = [&](const TokenBuilder& token) {
    return redeemed(get(kReport, token), config);
  };
  BOOST_CHECK_EQUAL(code(fresh().resource("/x").confirm_cookie(kClient)),
                    "token_not_for_this");
  BOOST_CHECK_EQUAL(code(fresh().resource(kReport).confirm_cookie(kClient)),
                    "token_other_client");
  BOOST_CHECK_EQUAL(code(fresh().resource(kReport)), "not_allowed");
}

BOOST_AUTO_TEST_CASE(nothing_but_a_body_redeems) {
  for (const auto* faults :
       {&earlier_faults(), &token_faults(), &later_faults()}) {
    for (const Fault& fault : *faults) {
      Case test;
      fault.apply(test);
      test.world.redeemed.clear();
      if (std::string_view(fault.code) == "token_used") {
        continue;
      }
      claimcheck::redeem(test.config, test.request, test.world);
      BOOST_CHECK_MESSAGE(test.world.redeemed.empty(), fault.code);
    }
  }
}

// The file is opened, and its end known, before the token is spent.
BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_spends_no_token) {
  Case test;
  test.world.open_error = Error{Errc::kUnavailable, "not mounted"};
  const auto code = [&] {
    return code_of(claimcheck::redeem(test.config, test.request, test.world));
  };
  BOOST_CHECK_EQUAL(code(), "unavailable");
  test.world.open_error.reset();
  BOOST_CHECK_EQUAL(code(), "ok");
}

BOOST_AUTO_TEST_CASE(keys_out_of_reach_let_nobody_in) {
  Case test;
  test.world.keys_error = Error{Errc::kUnavailable, "no keys"};
  const Response response =
      claimcheck::redeem(test.config, test.request, test.world);
  BOOST_CHECK_EQUAL(response.status, 503);
  BOOST_CHECK_EQUAL(response.header("Retry-After"), "2");
}

BOOST_AUTO_TEST_CASE(a_state_out_of_reach_lets_nobody_in) {
  Case test;
  test.world.state_error = Error{Errc::kUnavailable, "full"};
  for (const char* name : {"GET", "HEAD"}) {
    test.request.method = name;
    const Response response =
        claimcheck::redeem(test.config, test.request, test.world);
    BOOST_CHECK_EQUAL(response.status, 503);
    BOOST_CHECK(!response.header("Retry-After").empty());
  }
}

// ---- the request

BOOST_AUTO_TEST_CASE(takes_get_and_head) {
  for (const char* name : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    FakeWorld world = site_world();
    const Response response = claimcheck::redeem(
        site_config(), method(get(kReport, fresh()), name), world);
    BOOST_CHECK_EQUAL(response.status, 405);
    BOOST_CHECK_EQUAL(response.header("Allow"), "GET, HEAD");
  }
}

BOOST_AUTO_TEST_CASE(a_token_is_given_once) {
  const std::string token = *fresh().sign(site_key());
  const std::string url = std::string(kReport) + "?token=";
  BOOST_CHECK_EQUAL(redeemed(request(url + token)), "ok");
  BOOST_CHECK_EQUAL(redeemed(request(url + token + "&x=1")), "ok");
  BOOST_CHECK_EQUAL(
      redeemed(request(std::string(kReport) + "?x&t%6fken=" + token)), "ok");
  for (const std::string& uri :
       {url + token + "&token=" + token, url + "&token=" + token,
        url + token + "&token=", url + token + "&%74oken=x", url + "%zz",
        url + token + "%"}) {
    BOOST_CHECK_EQUAL(redeemed(request(uri)), "token_invalid");
  }
  for (const std::string& uri :
       {std::string(kReport), url, std::string(kReport) + "?token",
        std::string(kReport) + "?Token=" + token,
        std::string(kReport) + "?xtoken=" + token}) {
    BOOST_CHECK_EQUAL(redeemed(request(uri)), "token_missing");
  }
}

BOOST_AUTO_TEST_CASE(a_token_in_a_header_or_cookie_is_none) {
  const std::string token = *fresh().sign(site_key());
  BOOST_CHECK_EQUAL(
      redeemed(with(request(kReport), "authorization", "Bearer " + token)),
      "token_missing");
  BOOST_CHECK_EQUAL(
      redeemed(with(request(kReport), "cookie", "token=" + token)),
      "token_missing");
}

BOOST_AUTO_TEST_CASE(dotfiles_do_not_exist_for_a_good_token) {
  BOOST_CHECK_EQUAL(redeemed(get("/downloads/.htaccess", fresh())),
                    "not_found");
  BOOST_CHECK_EQUAL(redeemed(get("/downloads/.git/config", fresh())),
                    "not_found");
}

BOOST_AUTO_TEST_CASE(a_prefetch_is_refused_and_leaves_the_token) {
  FakeWorld world = site_world();
  const Request click = get(kReport, fresh());
  for (const char* purpose :
       {"prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"}) {
    BOOST_CHECK_EQUAL(
        code_of(claimcheck::redeem(site_config(),
                                   with(click, "sec-purpose", purpose), world)),
        "prefetch");
  }
  BOOST_CHECK_EQUAL(code_of(claimcheck::redeem(site_config(), click, world)),
                    "ok");
}

// ---- what the token is for

BOOST_AUTO_TEST_CASE(a_bound_token_is_good_for_its_resource_alone) {
  const TokenBuilder token = fresh().resource(kReport);
  BOOST_CHECK_EQUAL(redeemed(get(kReport, token)), "ok");
  BOOST_CHECK_EQUAL(redeemed(get("/downloads/report.csv?utm=x", token)), "ok");
  BOOST_CHECK_EQUAL(redeemed(get("/downloads/%72eport.csv", token)), "ok");
  for (const char* url : {"/downloads/2026/a%20b.txt", "/bound/one.zip",
                          "/v1/api/downloadX?name=alex"}) {
    BOOST_CHECK_EQUAL(redeemed(get(url, token)), "token_not_for_this");
  }
  BOOST_CHECK_EQUAL(redeemed(get(kReport, fresh().resource(""))),
                    "token_not_for_this");
}

BOOST_AUTO_TEST_CASE(declared_parameters_belong_to_the_resource) {
  const TokenBuilder token = fresh().resource("/v1/api/downloadX?name=alex");
  BOOST_CHECK_EQUAL(redeemed(get("/v1/api/downloadX?name=alex", token)), "ok");
  BOOST_CHECK_EQUAL(redeemed(get("/v1/api/downloadX?name=bob", token)),
                    "token_not_for_this");
}

BOOST_AUTO_TEST_CASE(bind_required_and_users_take_bound_tokens_alone) {
  BOOST_CHECK_EQUAL(redeemed(get("/bound/one.zip", fresh())),
                    "token_not_for_this");
  BOOST_CHECK_EQUAL(
      redeemed(get("/bound/one.zip", fresh().resource("/bound/one.zip"))),
      "ok");
  BOOST_CHECK_EQUAL(redeemed(get("/staff/plan.pdf", fresh().subject("alice"))),
                    "token_not_for_this");
}

BOOST_AUTO_TEST_CASE(users_are_checked_again) {
  const auto plan = [](const char* sub) {
    TokenBuilder token = fresh().resource("/staff/plan.pdf");
    return get("/staff/plan.pdf", sub == nullptr ? token : token.subject(sub));
  };
  BOOST_CHECK_EQUAL(redeemed(plan("alice")), "ok");
  BOOST_CHECK_EQUAL(redeemed(plan("mallory")), "not_allowed");
  BOOST_CHECK_EQUAL(redeemed(plan(nullptr)), "not_allowed");
  BOOST_CHECK_EQUAL(redeemed(plan("")), "not_allowed");
  BOOST_CHECK_EQUAL(redeemed(by(plan("alice"), "bob")), "ok");
  BOOST_CHECK_EQUAL(redeemed(by(plan("alice"), "mallory")), "not_allowed");
  BOOST_CHECK_EQUAL(redeemed(by(plan("mallory"), "alice")), "not_allowed");
}

BOOST_AUTO_TEST_CASE(a_token_with_cnf_is_good_in_its_browser_alone) {
  const Request bound = get(kReport, fresh().confirm_cookie(kClient));
  BOOST_CHECK_EQUAL(redeemed(from_client(bound)), "ok");
  BOOST_CHECK_EQUAL(redeemed(bound), "token_other_client");
  BOOST_CHECK_EQUAL(redeemed(from_client(bound, kOtherClient)),
                    "token_other_client");
  BOOST_CHECK_EQUAL(redeemed(from_client(bound, "x")), "token_other_client");
}

// The cookie of plain HTTP is not the one of HTTPS.
BOOST_AUTO_TEST_CASE(a_cookie_without_the_host_prefix_is_no_name_on_https) {
  const Request bound = get(kReport, fresh().confirm_cookie(kClient));
  BOOST_CHECK_EQUAL(
      redeemed(with(bound, "cookie", "claimcheck=" + std::string(kClient))),
      "token_other_client");
}

BOOST_AUTO_TEST_CASE(client_required_takes_tokens_with_cnf_alone) {
  Config config = site_config();
  config.client = ClientBinding::kRequired;
  BOOST_CHECK_EQUAL(redeemed(get(kReport, fresh()), config),
                    "token_other_client");
  BOOST_CHECK_EQUAL(redeemed(from_client(get(kReport, fresh())), config),
                    "token_other_client");
  BOOST_CHECK_EQUAL(
      redeemed(from_client(get(kReport, fresh().confirm_cookie(kClient))),
               config),
      "ok");
}

// ---- once

BOOST_AUTO_TEST_CASE(a_second_get_is_refused) {
  FakeWorld world = site_world();
  const Request click = get(kReport, fresh());
  const auto code = [&](const Request& request) {
    return code_of(claimcheck::redeem(site_config(), request, world));
  };
  BOOST_CHECK_EQUAL(code(click), "ok");
  BOOST_CHECK_EQUAL(code(click), "token_used");
  BOOST_CHECK_EQUAL(code(get("/downloads/2026/a%20b.txt", fresh())),
                    "token_used");
  BOOST_CHECK_EQUAL(code(get(kReport, fresh("two"))), "ok");
}

BOOST_AUTO_TEST_CASE(a_token_without_jti_is_good_once_a_client_and_resource) {
  FakeWorld world = site_world();
  const TokenBuilder token =
      TokenBuilder().issued_at(kNow).expires_at(kNow + milliseconds(2000));
  Config config = site_config();
  config.reuse = Reuse::kNever;
  const auto code = [&](const Request& request) {
    return code_of(claimcheck::redeem(config, request, world));
  };
  const Request click = get(kReport, token);
  BOOST_CHECK_EQUAL(code(from_client(click)), "ok");
  BOOST_CHECK_EQUAL(code(from_client(click)), "token_used");
  BOOST_CHECK_EQUAL(code(from_client(click, kOtherClient)), "ok");
  BOOST_CHECK_EQUAL(code(click), "ok");
  BOOST_CHECK_EQUAL(code(click), "token_used");
  BOOST_CHECK_EQUAL(code(get("/downloads/2026/a%20b.txt", token)), "ok");
}

BOOST_AUTO_TEST_CASE(head_is_checked_like_get_and_redeems_nothing) {
  FakeWorld world = site_world();
  const Request click = get(kReport, fresh());
  const Response head =
      claimcheck::redeem(site_config(), method(click, "HEAD"), world);
  BOOST_CHECK_EQUAL(head.status, 200);
  BOOST_CHECK_EQUAL(head.header("Content-Length"), "1234");
  BOOST_CHECK(std::get<std::string>(head.body).empty());
  BOOST_CHECK(head.header("Set-Cookie").empty());
  BOOST_CHECK_EQUAL(world.redeem_calls, 0);
  const Response body = claimcheck::redeem(site_config(), click, world);
  BOOST_CHECK_EQUAL(body.status, 200);
  BOOST_CHECK_EQUAL(body.header("ETag"), head.header("ETag"));
  BOOST_CHECK_EQUAL(
      code_of(claimcheck::redeem(site_config(), method(click, "HEAD"), world)),
      "token_used");
  BOOST_CHECK_EQUAL(redeemed(method(get(kReport, "x"), "HEAD")),
                    "token_invalid");
}

// The contract's events: issued, redeemed, resumed, repeated, refused.
BOOST_AUTO_TEST_CASE(the_audit_never_calls_a_head_redeemed) {
  FakeWorld world = site_world();
  const Response head = claimcheck::redeem(
      site_config(), method(get(kReport, fresh()), "HEAD"), world);
  BOOST_CHECK_NE(head.audit.event, "redeemed");
  BOOST_CHECK_NE(head.audit.event, "refused");
}

BOOST_AUTO_TEST_CASE(reuse_window_lets_a_token_in_until_it_expires) {
  Config config = site_config();
  config.reuse = Reuse::kWindow;
  FakeWorld world = site_world();
  world.state_error = Error{Errc::kUnavailable, "there is no state"};
  const Request click = get(kReport, fresh());
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK_EQUAL(code_of(claimcheck::redeem(config, click, world)), "ok");
  }
  BOOST_CHECK_EQUAL(
      code_of(claimcheck::redeem(config, method(click, "HEAD"), world)), "ok");
  BOOST_CHECK_EQUAL(world.redeem_calls + world.lookups, 0);
  world.time = kNow + milliseconds(2000);
  BOOST_CHECK_EQUAL(code_of(claimcheck::redeem(config, click, world)),
                    "token_expired");
}

// ---- conditions and ranges

BOOST_AUTO_TEST_CASE(a_condition_holds_or_not_under_each_reuse) {
  for (const Reuse reuse : {Reuse::kResume, Reuse::kNever, Reuse::kWindow}) {
    Case test;
    test.config.reuse = reuse;
    const std::string etag(test.answer("HEAD").header("ETag"));
    for (const char* name : {"GET", "HEAD"}) {
      BOOST_CHECK_EQUAL(test.status(name, {{"if-match", etag}}), 200);
      BOOST_CHECK_EQUAL(test.status(name, {{"if-match", "\"x\""}}), 412);
      BOOST_CHECK_EQUAL(test.status(name, {{"if-none-match", "\"x\""}}), 200);
      BOOST_CHECK_EQUAL(test.status(name, {{"if-none-match", etag}}), 304);
      BOOST_CHECK_EQUAL(test.status(name, {{"if-modified-since", kModified}}),
                        304);
      BOOST_CHECK_EQUAL(test.status(name, {{"if-unmodified-since", kLongAgo}}),
                        412);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_304_has_validators_and_redeems_nothing) {
  Case test;
  test.world.state_error = Error{Errc::kUnavailable, "no state"};
  test.request.headers["if-none-match"] = "*";
  for (const char* name : {"GET", "HEAD"}) {
    test.request.method = name;
    const Response response =
        claimcheck::redeem(test.config, test.request, test.world);
    BOOST_CHECK_EQUAL(response.status, 304);
    BOOST_REQUIRE_EQUAL(response.headers.size(), 3u);
    BOOST_CHECK(!response.header("ETag").empty());
    BOOST_CHECK_EQUAL(response.header("Last-Modified"), kModified);
    BOOST_CHECK_EQUAL(response.header("Cache-Control"), "private, no-store");
    BOOST_CHECK_EQUAL(text_of(response), "");
    BOOST_CHECK_EQUAL(response.audit.event, "checked");
    BOOST_CHECK_EQUAL(response.audit.handle, test.handle);
  }
  BOOST_CHECK_EQUAL(test.world.redeem_calls, 0);
}

BOOST_AUTO_TEST_CASE(a_used_token_is_told_before_a_304) {
  Case test;
  test.world.redeemed[test.handle] = {};
  for (const char* name : {"GET", "HEAD"}) {
    BOOST_CHECK_EQUAL(test.status(name, {{"if-none-match", "*"}}), 403);
  }
}

BOOST_AUTO_TEST_CASE(what_a_condition_refuses_leaves_the_token) {
  Case test;
  BOOST_CHECK_EQUAL(test.status("GET", {{"if-match", "\"x\""}}), 412);
  BOOST_CHECK_EQUAL(test.status("GET", {{"if-none-match", "*"}}), 304);
  BOOST_CHECK_EQUAL(test.answer().status, 200);
  BOOST_CHECK_EQUAL(test.status("GET", {}), 403);
}

BOOST_AUTO_TEST_CASE(a_single_range_is_a_slice_and_says_which) {
  Case test = Case::of_window();
  const struct {
    const char* range;
    std::uint64_t offset;
    std::uint64_t length;
    const char* content_range;
  } rows[] = {
      {"bytes=0-99", 0, 100, "bytes 0-99/1234"},
      {"bytes=1233-", 1233, 1, "bytes 1233-1233/1234"},
      {"bytes=-34", 1200, 34, "bytes 1200-1233/1234"},
      {"bytes=0-", 0, 1234, "bytes 0-1233/1234"},
      {"bytes=0-4,5-9", 0, 10, "bytes 0-9/1234"},
      {"bytes=0-4,2000-", 0, 5, "bytes 0-4/1234"},
  };
  for (const auto& row : rows) {
    const Response response = test.answer("GET", {{"range", row.range}});
    BOOST_CHECK_EQUAL(response.status, 206);
    BOOST_CHECK_EQUAL(response.header("Content-Range"), row.content_range);
    BOOST_CHECK_EQUAL(response.header("Content-Length"),
                      std::to_string(row.length));
    BOOST_CHECK_EQUAL(response.header("Content-Type"),
                      "application/octet-stream");
    BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "bytes");
    BOOST_CHECK(!response.header("ETag").empty());
    BOOST_CHECK(!response.header("Set-Cookie").empty());
    const auto& slice = std::get<FileSlice>(response.body);
    BOOST_CHECK_EQUAL(slice.offset, row.offset);
    BOOST_CHECK_EQUAL(slice.length, row.length);
    BOOST_CHECK_EQUAL(response.audit.event, "redeemed");
  }
}

BOOST_AUTO_TEST_CASE(several_ranges_are_a_multipart_body) {
  Case test = Case::of_window();
  const auto answer = [&] {
    return test.answer("GET", {{"range", "bytes=0-0, 100-199, -1"}});
  };
  const Response response = answer();
  BOOST_CHECK_EQUAL(response.status, 206);
  BOOST_CHECK_EQUAL(response.header("Content-Range"), "");
  BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "bytes");
  const auto& body = std::get<FileParts>(response.body);
  BOOST_REQUIRE_EQUAL(body.parts.size(), 4u);
  std::uint64_t length = 0;
  for (const Part& part : body.parts) {
    length += part.text.size() + part.length;
  }
  BOOST_CHECK_EQUAL(response.header("Content-Length"), std::to_string(length));
  BOOST_CHECK_EQUAL(body.parts[1].offset, 100u);
  BOOST_CHECK_EQUAL(body.parts[1].length, 100u);
  BOOST_CHECK(body.parts[2].text.find("Content-Range: bytes 1233-1233/1234") !=
              std::string::npos);
  const std::string type(response.header("Content-Type"));
  const std::string kind = "multipart/byteranges; boundary=";
  BOOST_CHECK(type.starts_with(kind));
  BOOST_CHECK_EQUAL(type.size(), kind.size() + 22);
  BOOST_CHECK(body.parts[0].text.starts_with("--" + type.substr(kind.size())));
  // A boundary of its own for each answer.
  BOOST_CHECK_NE(answer().header("Content-Type"), type);
}

BOOST_AUTO_TEST_CASE(a_416_names_the_size_and_redeems_nothing) {
  Case test = Case::of_window();
  for (const char* accept : {"*/*", "text/html"}) {
    const Response response =
        test.answer("GET", {{"range", "bytes=1234-"}, {"accept", accept}});
    BOOST_CHECK_EQUAL(response.status, 416);
    BOOST_CHECK_EQUAL(code_of(response), "range_not_satisfiable");
    BOOST_CHECK_EQUAL(response.header("Content-Range"), "bytes */1234");
    BOOST_CHECK_EQUAL(response.header("Cache-Control"), "no-store");
    BOOST_CHECK_EQUAL(response.audit.event, "refused");
  }
  test.world.files["/srv/downloads/report.csv"].size = 0;
  for (const char* range : {"bytes=0-", "bytes=-1", "bytes=0-0,-1"}) {
    const Response response = test.answer("GET", {{"range", range}});
    BOOST_CHECK_EQUAL(response.status, 416);
    BOOST_CHECK_EQUAL(response.header("Content-Range"), "bytes */0");
  }
  BOOST_CHECK_EQUAL(test.status("GET", {}), 200);
}

BOOST_AUTO_TEST_CASE(only_a_416_has_a_content_range_among_refusals) {
  for (const Fault& fault : later_faults()) {
    Case test;
    fault.apply(test);
    const Response response =
        claimcheck::redeem(test.config, test.request, test.world);
    BOOST_CHECK_EQUAL(response.header("Content-Range").empty(),
                      response.status != 416);
  }
}

BOOST_AUTO_TEST_CASE(a_range_that_is_ignored_is_the_whole_file) {
  Case test = Case::of_window();
  for (const char* range :
       {"", "bytes=", "bytes=2-1", "items=0-1", "bytes=0-1 ", "bytes=x"}) {
    const Response response = test.answer("GET", {{"range", range}});
    BOOST_CHECK_EQUAL(response.status,
                      std::string_view(range) == "bytes=0-1 " ? 206 : 200);
  }
  BOOST_CHECK_EQUAL(
      test.answer("GET", {{"range", "bytes=9-1"}}).header("Content-Length"),
      "1234");
}

// RFC 9110 section 14.2: Range is for GET.
BOOST_AUTO_TEST_CASE(head_ignores_ranges_and_offers_them) {
  Case test = Case::of_window();
  for (const char* range : {"bytes=0-1", "bytes=1234-", "bytes=0-0,-1"}) {
    const Response response = test.answer("HEAD", {{"range", range}});
    BOOST_CHECK_EQUAL(response.status, 200);
    BOOST_CHECK_EQUAL(response.header("Content-Length"), "1234");
    BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "bytes");
    BOOST_CHECK_EQUAL(response.header("Content-Range"), "");
    BOOST_CHECK_EQUAL(text_of(response), "");
    BOOST_CHECK_EQUAL(response.audit.event, "checked");
  }
}

BOOST_AUTO_TEST_CASE(if_range_decides_between_the_range_and_the_whole) {
  Case test = Case::of_window();
  const std::string etag(test.answer("HEAD").header("ETag"));
  const auto status = [&](const std::string& validator, const char* range) {
    return test.status("GET", {{"range", range}, {"if-range", validator}});
  };
  for (const std::string& good : {etag, std::string(kModified)}) {
    BOOST_CHECK_EQUAL(status(good, "bytes=1-2"), 206);
    BOOST_CHECK_EQUAL(status(good, "bytes=1234-"), 416);
  }
  for (const std::string& bad : {"W/" + etag, std::string("\"x\""),
                                 std::string(kLongAgo), std::string("*")}) {
    BOOST_CHECK_EQUAL(status(bad, "bytes=1-2"), 200);
    BOOST_CHECK_EQUAL(status(bad, "bytes=1234-"), 200);
  }
}

BOOST_AUTO_TEST_CASE(conditions_come_before_ranges) {
  Case test = Case::of_window();
  const std::string etag(test.answer("HEAD").header("ETag"));
  const auto status = [&](const char* condition, const std::string& value) {
    return test.status("GET", {{"range", "bytes=1234-"}, {condition, value}});
  };
  BOOST_CHECK_EQUAL(status("if-match", "\"x\""), 412);
  BOOST_CHECK_EQUAL(status("if-none-match", etag), 304);
  BOOST_CHECK_EQUAL(status("if-match", etag), 416);
}

// Else a client had a file in as many pieces as it has bytes, or in none.
BOOST_AUTO_TEST_CASE(reuse_never_ignores_ranges) {
  for (const char* range : {"bytes=0-1", "bytes=1234-", "bytes=0-0,-1"}) {
    Case test;
    test.config.reuse = Reuse::kNever;
    const Response response = test.answer("GET", {{"range", range}});
    BOOST_CHECK_EQUAL(response.status, 200);
    BOOST_CHECK_EQUAL(response.header("Accept-Ranges"), "none");
    BOOST_CHECK_EQUAL(response.header("Content-Range"), "");
    BOOST_CHECK_EQUAL(std::get<FileSlice>(response.body).length, 1234u);
    BOOST_CHECK_EQUAL(test.status("GET", {{"range", range}}), 403);
  }
  Case test;
  test.config.reuse = Reuse::kNever;
  BOOST_CHECK_EQUAL(
      test.status("GET", {{"range", "bytes=1-2"}, {"if-range", "\"x\""}}), 200);
}

BOOST_AUTO_TEST_CASE(conditions_and_ranges_that_came_twice_are_refused) {
  for (const char* name : {"range", "if-range", "if-match", "if-none-match",
                           "if-modified-since", "if-unmodified-since"}) {
    Case test = Case::of_window();
    test.request.repeated = {name};
    BOOST_CHECK_EQUAL(test.status("GET", {}), 400);
  }
}

// ---- the audit record of a refusal

BOOST_AUTO_TEST_CASE(
    an_expired_token_is_named_in_the_log_and_a_forged_one_not) {
  const auto late = [](const Key& key) {
    FakeWorld world = site_world();
    world.time = kNow + milliseconds(2000);
    return claimcheck::redeem(site_config(),
                              get(kReport, *fresh().subject("alice").sign(key)),
                              world);
  };
  const Response expired = late(site_key());
  BOOST_CHECK_EQUAL(code_of(expired), "token_expired");
  BOOST_CHECK_EQUAL(expired.audit.handle, token_handle(site_key(), "one"));
  BOOST_CHECK_EQUAL(expired.audit.user, "alice");
  const Response forged =
      late(*Key::hs256("another secret that the site does not know"));
  BOOST_CHECK_EQUAL(code_of(forged), "token_invalid");
  BOOST_CHECK_EQUAL(forged.audit.handle + forged.audit.user, "");
}

// ---- the answer to a refusal

BOOST_AUTO_TEST_CASE(a_refusal_is_a_page_or_json_by_accept) {
  FakeWorld world = site_world();
  const Response page = claimcheck::redeem(
      site_config(), with(request(kReport), "accept", "text/html"), world);
  BOOST_CHECK_EQUAL(page.status, 400);
  BOOST_CHECK_EQUAL(page.header("Content-Type"), "text/html; charset=utf-8");
  const Response json =
      claimcheck::redeem(site_config(), request(kReport), world);
  BOOST_CHECK_EQUAL(
      text_of(json),
      R"({"message":"Valid tokens not present ","code":"token_missing"})");
}

// users is a refusal of the token (step 3).
BOOST_AUTO_TEST_CASE(not_allowed_has_the_articles_body_here) {
  FakeWorld world = site_world();
  const Request plan =
      get("/staff/plan.pdf",
          fresh().subject("mallory").resource("/staff/plan.pdf"));
  BOOST_CHECK_EQUAL(
      text_of(claimcheck::redeem(site_config(), plan, world)),
      R"({"message":"Download token expired","code":"not_allowed"})");
}

// CVE lesson, jti burned before the MAC check (libjwt #283); and nothing of an
// unverified token is logged.
BOOST_AUTO_TEST_CASE(an_unverified_token_is_neither_burned_nor_logged) {
  FakeWorld world = site_world();
  const Key stranger = *Key::hs256(std::string(32, 'x'));
  const Response response = claimcheck::redeem(
      site_config(), get(kReport, *fresh().subject("XSECRETX").sign(stranger)),
      world);
  BOOST_CHECK_EQUAL(code_of(response), "token_invalid");
  BOOST_CHECK_EQUAL(response.audit.handle, "");
  BOOST_CHECK_EQUAL(response.audit.user, "");
  BOOST_CHECK(response.audit.detail.find("XSECRETX") == std::string::npos);
  BOOST_CHECK_EQUAL(world.redeem_calls + world.lookups, 0);
  BOOST_CHECK_EQUAL(
      code_of(claimcheck::redeem(site_config(), get(kReport, fresh()), world)),
      "ok");
}

BOOST_AUTO_TEST_CASE(a_refused_token_leaves_its_handle_in_the_log) {
  FakeWorld world = site_world();
  const Response response = claimcheck::redeem(
      site_config(), get(kReport, fresh().resource("/x").subject("alice")),
      world);
  BOOST_CHECK_EQUAL(response.audit.handle, token_handle(site_key(), "one"));
  BOOST_CHECK_EQUAL(response.audit.user, "alice");
  BOOST_CHECK_EQUAL(response.audit.code, "token_not_for_this");
}

BOOST_AUTO_TEST_CASE(the_token_is_in_nothing_that_goes_out_or_is_logged) {
  FakeWorld world = site_world();
  const std::string token = *fresh().sign(site_key());
  const auto texts = [&](const Request& request) {
    const Response response = claimcheck::redeem(site_config(), request, world);
    std::string all = response.audit.event + response.audit.handle +
                      response.audit.user + response.audit.resource +
                      response.audit.code + response.audit.detail;
    for (const Header& header : response.headers) {
      all += header.value;
    }
    const auto* body = std::get_if<std::string>(&response.body);
    return all + (body != nullptr ? *body : "");
  };
  for (int i = 0; i < 2; ++i) {
    BOOST_CHECK(texts(get(kReport, token)).find(token.substr(0, 20)) ==
                std::string::npos);
  }
}

// What a store that lost its records goes by.
BOOST_AUTO_TEST_CASE(tells_since_when_a_token_may_have_been_used) {
  const auto since = [](const TokenBuilder& token) {
    Case test;
    test.request = get(kReport, token);
    test.answer();
    return test.world.redeemed.begin()->second.token.usable_since;
  };
  BOOST_CHECK(since(fresh()) == kNow - milliseconds(1000));
  TokenBuilder without_iat;
  without_iat.expires_at(kNow + milliseconds(4000)).jwt_id("one");
  BOOST_CHECK(since(without_iat) == kNow - milliseconds(7000));
}

BOOST_AUTO_TEST_SUITE_END()
