#include "policy/redeem.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;
using std::chrono::milliseconds;

namespace {

constexpr const char* kReport = "/downloads/report.csv";

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
      {"token_used", [](Case& c) { c.world.redeemed.insert(c.handle); }},
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
                    "Accept-Ranges: none\n"
                    "Cache-Control: private, no-store\n"
                    "X-Content-Type-Options: nosniff\n"
                    "Content-Security-Policy: sandbox; default-src 'none'\n"
                    "Referrer-Policy: no-referrer\n"
                    "Cross-Origin-Resource-Policy: same-origin\n"
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

BOOST_AUTO_TEST_CASE(the_tokens_own_faults_come_before_the_later_ones) {
  std::vector<Fault> own = token_faults();
  own.pop_back();
  check_order(own, later_faults());
}

// The contract counts token_used among the token's refusals (step 3), before
// prefetch (4) and a file that is gone (5).
BOOST_AUTO_TEST_CASE(a_used_token_is_told_before_prefetch_and_not_found) {
  check_pair(token_faults().back(), later_faults()[0]);
  check_pair(token_faults().back(), later_faults()[1]);
}

BOOST_AUTO_TEST_CASE(prefetch_comes_before_the_file_and_the_state) {
  check_pair(later_faults()[0], later_faults()[1]);
  check_pair(later_faults()[0], later_faults()[2]);
  check_pair(later_faults()[1], later_faults()[2]);
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
  const auto code = [&](const Request& request) {
    return code_of(claimcheck::redeem(site_config(), request, world));
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

BOOST_AUTO_TEST_SUITE_END()
