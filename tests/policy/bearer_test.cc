#include "policy/bearer.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "claimcheck/jws.h"
#include "fake_world.h"
#include "policy/issue.h"
#include "policy/redeem.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr std::string_view kIssuer = R"("iss":"https://www.example.org")";
constexpr std::string_view kAudience = R"("aud":"claimcheck")";
constexpr std::string_view kSubject = R"("sub":"alice")";
constexpr std::string_view kHour = R"("iat":1700000000,"exp":1700003600)";

Config vouched(std::string cookie = "bearer") {
  Config config = site_config();
  config.access = Access::kBearer;
  config.bearer = {"/keys", "https://www.example.org", "claimcheck",
                   std::move(cookie)};
  return config;
}

std::string mint(std::vector<std::string_view> members,
                 std::string_view type = "JWT", const Key& key = bearer_key()) {
  std::string json = "{";
  for (const std::string_view member : members) {
    json += json.size() > 1 ? "," : "";
    json += member;
  }
  return *jws_sign(key, type, json + '}');
}

// good is what every rule lets pass.
std::string good(std::string_view type = "JWT", const Key& key = bearer_key()) {
  return mint({kIssuer, kAudience, kSubject, kHour}, type, key);
}

Request with_header(const std::string& value, Request page = request("/")) {
  return with(std::move(page), "authorization", value);
}

Request with_cookie(const std::string& value, Request page = request("/")) {
  return with(std::move(page), "cookie", value);
}

// said is the user, or why there is none.
std::string said(const Request& page, const Config& config = vouched(),
                 FakeWorld world = {}) {
  const Result<std::string> user = bearer_user(config, page, world);
  return user ? *user : code_of(user) + ": " + user.error().detail;
}

std::string by_header(const std::string& token) {
  return said(with_header("Bearer " + token));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void check_refused(const std::string& got, std::string_view why) {
  BOOST_CHECK_MESSAGE(got.starts_with("not_signed_in: ") && contains(got, why),
                      got << " is not " << why);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bearer)

BOOST_AUTO_TEST_CASE(names_the_subject_of_a_header_or_of_a_cookie) {
  BOOST_CHECK_EQUAL(by_header(good()), "alice");
  BOOST_CHECK_EQUAL(said(with_cookie("a=1; bearer=" + good())), "alice");
  BOOST_CHECK_EQUAL(
      said(with_cookie("__Host-x=" + good()), vouched("__Host-x")), "alice");
}

BOOST_AUTO_TEST_CASE(a_cookie_is_looked_for_by_its_name_alone) {
  check_refused(said(with_cookie("other=" + good())), "no bearer token");
  check_refused(said(with_cookie("bearer=" + good()), vouched("")),
                "no bearer token");
}

// RFC 9110 section 11.1.
BOOST_AUTO_TEST_CASE(takes_the_scheme_in_any_case_and_more_spaces) {
  for (const char* scheme : {"bearer ", "BEARER ", "bEaReR ", "Bearer    "}) {
    BOOST_CHECK_EQUAL(said(with_header(scheme + good())), "alice");
  }
}

// What begins as a bearer token and is none is refused, whatever the cookie
// says.
BOOST_AUTO_TEST_CASE(refuses_a_malformed_header_beside_a_good_cookie) {
  const std::string token = good();
  for (const std::string& value :
       {std::string("Bearer"),
        std::string("Bearer "),
        std::string("Bearer   "),
        "Bearer\t" + token,
        "Bearer \t" + token,
        "Bearer," + token,
        "Bearer " + token + ' ',
        "Bearer " + token + ", Bearer " + token,
        "Bearer " + token + ", Basic eDp5",
        "Bearer " + token + ' ' + token,
        "Bearer \"" + token + '"',
        "Bearer token=" + token,
        "Bearer " + token + '\0',
        "Bearer " + token + '=',
        "Bearer " + token + "\r\nX: y",
        std::string("Bearer ..."),
        std::string("Bearer a.b.c"),
        "Bearer " + std::string(kMaxTokenSize + 1, 'a'),
        "Bearer " + std::string(60000, '.'),
        "Bearer " + std::string(60000, ' ')}) {
    check_refused(said(with_header(value, with_cookie("bearer=" + token))),
                  "bearer token (Authorization): ");
  }
}

BOOST_AUTO_TEST_CASE(leaves_another_scheme_to_whom_it_belongs) {
  for (const char* value :
       {"", "Basic eDp5", "Negotiate Bearer", "BearerX a",
        "Basic eDp5, Bearer a", " Bearer a", "\"Bearer\""}) {
    BOOST_CHECK_EQUAL(said(with_header(value, with_cookie("bearer=" + good()))),
                      "alice");
    check_refused(said(with_header(value)), "no bearer token");
  }
}

BOOST_AUTO_TEST_CASE(a_good_header_decides_over_any_cookie) {
  for (const char* cookies : {"bearer=x", "bearer=x; bearer=y", "bearer="}) {
    BOOST_CHECK_EQUAL(
        said(with_header("Bearer " + good(), with_cookie(cookies))), "alice");
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_cookie_that_came_twice) {
  const std::string pair = "bearer=" + good();
  check_refused(said(with_cookie(pair + "; " + pair)), "came twice");
  check_refused(said(with_cookie("bearer=; " + pair)), "came twice");
}

BOOST_AUTO_TEST_CASE(an_empty_cookie_is_none) {
  check_refused(said(with_cookie("bearer=")), "no bearer token");
}

BOOST_AUTO_TEST_CASE(pins_the_issuer) {
  for (const char* iss :
       {R"("iss":"https://www.example.org/")",
        R"("iss":"https://evil.example")", R"("iss":"HTTPS://www.example.org")",
        R"("iss":"")", R"("x":1)"}) {
    check_refused(by_header(mint({iss, kAudience, kSubject, kHour})),
                  "iss is not the configured issuer");
  }
  check_refused(by_header(mint({R"("iss":["https://www.example.org"])",
                                kAudience, kSubject, kHour})),
                "iss is not a string");
}

BOOST_AUTO_TEST_CASE(pins_the_audience) {
  for (const char* aud :
       {R"("aud":["x","claimcheck"])", R"("aud":["claimcheck"])"}) {
    BOOST_CHECK_EQUAL(by_header(mint({kIssuer, aud, kSubject, kHour})),
                      "alice");
  }
  for (const char* aud :
       {R"("aud":"Claimcheck")", R"("aud":"claimcheck ")", R"("aud":[])",
        R"("aud":[["claimcheck"]])", R"("aud":{"claimcheck":1})",
        R"("aud":null)", R"("x":1)"}) {
    check_refused(by_header(mint({kIssuer, aud, kSubject, kHour})),
                  "aud does not name the configured audience");
  }
}

BOOST_AUTO_TEST_CASE(wants_a_subject) {
  for (const char* sub : {R"("sub":"")", R"("x":1)"}) {
    check_refused(by_header(mint({kIssuer, kAudience, sub, kHour})), "no sub");
  }
  check_refused(by_header(mint({kIssuer, kAudience, R"("sub":7)", kHour})),
                "sub is not a string");
}

// Only its issuer knows whether it is a session's or a server's: years are
// taken, an absent exp is not.
BOOST_AUTO_TEST_CASE(lives_as_long_as_its_exp_and_not_without) {
  const auto times = [](const char* members) {
    return by_header(mint({kIssuer, kAudience, kSubject, members}));
  };
  BOOST_CHECK_EQUAL(times(R"("exp":1700000001)"), "alice");
  BOOST_CHECK_EQUAL(times(R"("iat":1700000000,"exp":2000000000)"), "alice");
  check_refused(times(R"("iat":1700000000)"), "no exp");
  check_refused(times(R"("exp":"1700003600")"), "exp is not a time");
  check_refused(times(R"("exp":1700003600000)"), "exp is not a time");
  check_refused(times(R"("exp":1700000000)"), "expired 0 ms ago");
  check_refused(times(R"("iat":1699990000,"exp":1699993600)"), "expired");
}

BOOST_AUTO_TEST_CASE(leeway_is_for_clocks_that_differ_and_never_extends_exp) {
  const std::string early = mint(
      {kIssuer, kAudience, kSubject, R"("iat":1700000060,"exp":1700003600)"});
  check_refused(by_header(early), "iat is in the future");
  Config config = vouched();
  config.token.leeway = std::chrono::minutes(1);
  BOOST_CHECK_EQUAL(said(with_header("Bearer " + early), config), "alice");
  const std::string late =
      mint({kIssuer, kAudience, kSubject, R"("exp":1699999999)"});
  check_refused(said(with_header("Bearer " + late), config), "expired");
}

BOOST_AUTO_TEST_CASE(takes_the_types_of_such_tokens_alone) {
  for (const char* type :
       {"JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"}) {
    BOOST_CHECK_EQUAL(by_header(good(type)), "alice");
  }
  for (const char* type : {"download+jwt", "application/download+jwt",
                           "Download+JWT", "dpop+jwt", "logout+jwt", ""}) {
    check_refused(by_header(good(type)), "another kind of token");
  }
}

BOOST_AUTO_TEST_CASE(takes_no_download_token) {
  const std::string token = *TokenBuilder()
                                 .issuer("https://www.example.org")
                                 .audience("claimcheck")
                                 .subject("alice")
                                 .expires_at(kNow + std::chrono::seconds(2))
                                 .sign(bearer_key());
  check_refused(by_header(token), "another kind of token");
  check_refused(by_header(good("JWT", site_key())), "signature");
}

BOOST_AUTO_TEST_CASE(takes_none_that_is_bound_to_something) {
  for (const char* cnf : {R"("cnf":{"jkt":"x"})",
                          R"("cnf":{"cookie#S256":"x"})", R"("cnf":{})"}) {
    check_refused(by_header(mint({kIssuer, kAudience, kSubject, kHour, cnf})),
                  "cnf");
  }
}

// A key of both would make a bearer token of what signs downloads.
BOOST_AUTO_TEST_CASE(its_keys_are_its_own) {
  const Key again = *Key::hs256("0123456789abcdef0123456789abcdef", "a name");
  for (const KeySet& keys : {KeySet{site_key()}, KeySet{bearer_key(), again}}) {
    FakeWorld world;
    world.bearer_key_set = keys;
    for (const Request& page :
         {request("/"), with_header("Bearer " + good("JWT", site_key()))}) {
      const std::string got = said(page, vouched(), world);
      BOOST_CHECK_MESSAGE(got.starts_with("config: bearer_keys: one of the"),
                          got);
    }
  }
}

BOOST_AUTO_TEST_CASE(keys_that_are_none_refuse_before_any_token) {
  FakeWorld world;
  world.bearer_keys_error = Error{Errc::kConfig, "bearer_keys: /keys: none"};
  BOOST_CHECK_EQUAL(said(with_header("Bearer " + good()), vouched(), world),
                    "config: bearer_keys: /keys: none");
}

BOOST_AUTO_TEST_CASE(tells_nothing_of_the_token) {
  for (const std::string& token :
       {mint({kIssuer, kAudience, R"("sub":7,"x":"XSECRETX")", kHour}),
        mint({R"("iss":"XSECRETX")", kAudience, kSubject, kHour}),
        std::string("XSECRETX"), std::string("XSECRETX.XSECRETX.XSECRETX")}) {
    const std::string got = by_header(token);
    BOOST_CHECK_MESSAGE(
        got.starts_with("not_signed_in") && !contains(got, "XSECRETX"), got);
    BOOST_CHECK(!contains(got, token));
  }
}

// RFC 6750 section 3: no error for whom showed nothing.
BOOST_AUTO_TEST_CASE(challenges_with_an_error_whom_showed_a_token) {
  const auto challenge = [](const Request& page) {
    const Header header = bearer_challenge(vouched(), page);
    BOOST_CHECK_EQUAL(header.name, "WWW-Authenticate");
    return header.value;
  };
  const std::string bare = "Bearer realm=\"get-token\"";
  for (const Request& page :
       {request("/"), with_header("Basic eDp5"), with_cookie("bearer=")}) {
    BOOST_CHECK_EQUAL(challenge(page), bare);
  }
  for (const Request& page :
       {with_header("Bearer"), with_header("bearer x"), with_cookie("bearer=x"),
        with_cookie("bearer=x; bearer=y")}) {
    BOOST_CHECK_EQUAL(challenge(page), bare + ", error=\"invalid_token\"");
  }
}

BOOST_AUTO_TEST_CASE(get_token_knows_the_caller_by_it) {
  FakeWorld world = site_world();
  // Whom the web server knows does not count.
  const Request page =
      by(with_header("Bearer " + good(),
                     request("/v1/api/get-token?for=/staff/plan.pdf")),
         "mallory");
  const Response response = issue(vouched(), page, world);
  BOOST_REQUIRE_EQUAL(code_of(response), "ok");
  BOOST_CHECK_EQUAL(response.audit.user, "alice");
  const std::string text = text_of(response);
  const std::size_t begin = text.find("ey");
  const auto token = verify(text.substr(begin, text.find('"', begin) - begin),
                            {site_key()}, {}, kNow);
  BOOST_REQUIRE(token.has_value());
  BOOST_CHECK_EQUAL(*token->claims().sub(), "alice");
}

BOOST_AUTO_TEST_CASE(get_token_refuses_users_that_are_not_meant) {
  FakeWorld world = site_world();
  const std::string token =
      mint({kIssuer, kAudience, R"("sub":"carol")", kHour});
  const Response response =
      issue(vouched(),
            with_header("Bearer " + token,
                        request("/v1/api/get-token?for=/staff/plan.pdf")),
            world);
  BOOST_CHECK_EQUAL(code_of(response), "not_allowed");
  BOOST_CHECK_EQUAL(response.audit.user, "carol");
}

// A page of another site can make a browser send the cookie, and has to be
// told so, signed in or not.
BOOST_AUTO_TEST_CASE(method_and_xsrf_come_before_any_token) {
  for (const std::string& value :
       {"bearer=" + good(), std::string("bearer=x")}) {
    FakeWorld world = site_world();
    world.bearer_keys_error = Error{Errc::kConfig, "none"};
    const Request page = with_cookie(value, request("/v1/api/get-token"));
    BOOST_CHECK_EQUAL(code_of(issue(vouched(), method(page, "PUT"), world)),
                      "method");
    BOOST_CHECK_EQUAL(
        code_of(issue(vouched(), with(page, "sec-fetch-site", "cross-site"),
                      world)),
        "xsrf");
    BOOST_CHECK_EQUAL(
        code_of(issue(vouched(), with(page, "origin", "https://evil.example"),
                      world)),
        "xsrf");
  }
}

BOOST_AUTO_TEST_CASE(get_token_challenges_where_a_bearer_token_would_help) {
  FakeWorld world = site_world();
  const Request page = request("/v1/api/get-token");
  const auto header = [&](const Request& asked, const Config& config) {
    return std::string(issue(config, asked, world).header("WWW-Authenticate"));
  };
  BOOST_CHECK_EQUAL(header(page, vouched()), "Bearer realm=\"get-token\"");
  BOOST_CHECK_EQUAL(header(with_header("Bearer x", page), vouched()),
                    "Bearer realm=\"get-token\", error=\"invalid_token\"");
  BOOST_CHECK_EQUAL(header(with_header("Bearer " + good(), page), vouched()),
                    "");
  BOOST_CHECK_EQUAL(header(method(page, "PUT"), vouched()), "");
  BOOST_CHECK_EQUAL(header(page, site_config()), "");
}

// Even where the audience were the same and the token short.
BOOST_AUTO_TEST_CASE(downloads_take_none) {
  FakeWorld world = site_world();
  Config config = vouched();
  config.token.audience = config.bearer.audience;
  config.token.issuer = config.bearer.issuer;
  const std::string token = mint(
      {kIssuer, kAudience, kSubject, R"("iat":1700000000,"exp":1700000002)"});
  BOOST_CHECK_EQUAL(by_header(token), "alice");
  const Response response =
      redeem(config, request("/downloads/report.csv?token=" + token), world);
  BOOST_CHECK_EQUAL(code_of(response), "token_invalid");
}

BOOST_AUTO_TEST_SUITE_END()
