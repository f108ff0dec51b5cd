#include "policy/refusal.h"

#include <rapidjson/document.h>

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "claimcheck/json.h"
#include "claimcheck/sha256.h"
#include "fake_world.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

struct Row {
  Errc code;
  int status;
  const char* word;
};

// The contract's codes and statuses.
constexpr Row kRows[] = {
    {Errc::kTokenMissing, 400, "token_missing"},
    {Errc::kTokenInvalid, 403, "token_invalid"},
    {Errc::kTokenExpired, 403, "token_expired"},
    {Errc::kTokenUsed, 403, "token_used"},
    {Errc::kTokenNotForThis, 403, "token_not_for_this"},
    {Errc::kTokenOtherClient, 403, "token_other_client"},
    {Errc::kNotAllowed, 403, "not_allowed"},
    {Errc::kPrefetch, 403, "prefetch"},
    {Errc::kBadUrl, 400, "bad_url"},
    {Errc::kMethod, 405, "method"},
    {Errc::kXsrf, 403, "xsrf"},
    {Errc::kNotSignedIn, 401, "not_signed_in"},
    {Errc::kNotFound, 404, "not_found"},
    {Errc::kPreconditionFailed, 412, "precondition_failed"},
    {Errc::kRangeNotSatisfiable, 416, "range_not_satisfiable"},
    {Errc::kTooLarge, 413, "too_large"},
    {Errc::kConfig, 500, "config"},
    {Errc::kUnavailable, 503, "unavailable"},
};

constexpr Errc kOfTheToken[] = {Errc::kTokenInvalid,     Errc::kTokenExpired,
                                Errc::kTokenUsed,        Errc::kTokenNotForThis,
                                Errc::kTokenOtherClient, Errc::kNotAllowed};

Response json_of(Errc code) {
  return refuse_navigation(site_config(), request("/"), {code, "why"}, {});
}

Response page_of(Errc code) {
  return refuse_navigation(site_config(),
                           with(request("/"), "accept", "text/html"),
                           {code, "why"}, {});
}

// between is what stands between two marks; both must be there, once.
std::string between(const std::string& text, const std::string& begin,
                    const std::string& end) {
  const std::size_t from = text.find(begin);
  BOOST_REQUIRE(from != std::string::npos);
  BOOST_CHECK(text.find(begin, from + 1) == std::string::npos);
  const std::size_t start = from + begin.size();
  const std::size_t to = text.find(end, start);
  BOOST_REQUIRE(to != std::string::npos);
  return text.substr(start, to - start);
}

// RFC 4648 section 4, padded, written here a second time on purpose.
std::string base64(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  for (char& c : text) {
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  while (text.size() % 4 != 0) {
    text += '=';
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refusal)

BOOST_AUTO_TEST_CASE(every_error_has_the_status_and_code_of_the_contract) {
  for (const Row& row : kRows) {
    const Refusal refusal = refusal_for(row.code);
    BOOST_CHECK_EQUAL(refusal.status, row.status);
    BOOST_CHECK_EQUAL(refusal.code, row.word);
    BOOST_CHECK(!refusal.message.empty());
    BOOST_CHECK(!refusal.title.empty());
    BOOST_CHECK(!refusal.advice.empty());
  }
}

// Clients of the article compare these bodies.
BOOST_AUTO_TEST_CASE(has_the_articles_two_bodies_to_the_letter) {
  BOOST_CHECK_EQUAL(
      text_of(json_of(Errc::kTokenMissing)),
      R"({"message":"Valid tokens not present ","code":"token_missing"})");
  for (Errc code : kOfTheToken) {
    BOOST_CHECK_EQUAL(text_of(json_of(code)),
                      R"({"message":"Download token expired","code":")" +
                          std::string(refusal_for(code).code) + "\"}");
  }
}

BOOST_AUTO_TEST_CASE(json_is_message_and_code_alone) {
  for (const Row& row : kRows) {
    for (const Response& response :
         {json_of(row.code), refuse_json({row.code, "why"}, {})}) {
      rapidjson::Document json;
      json.Parse(text_of(response).c_str());
      BOOST_REQUIRE(json.IsObject());
      BOOST_CHECK_EQUAL(json.MemberCount(), 2u);
      BOOST_CHECK_EQUAL(json["code"].GetString(), row.word);
      BOOST_CHECK(json["message"].IsString());
      BOOST_CHECK_EQUAL(response.status, row.status);
      BOOST_CHECK_EQUAL(response.header("Content-Type"), "application/json");
      BOOST_CHECK_EQUAL(response.header("Content-Length"),
                        std::to_string(text_of(response).size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(get_token_does_not_speak_of_an_expired_token) {
  BOOST_CHECK(
      text_of(refuse_json({Errc::kNotAllowed, ""}, {})).find("token expired") ==
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(refusals_are_not_stored_and_may_do_nothing) {
  for (const Row& row : kRows) {
    for (const Response& response : {json_of(row.code), page_of(row.code)}) {
      BOOST_CHECK_EQUAL(response.header("Cache-Control"), "no-store");
      BOOST_CHECK_EQUAL(response.header("X-Content-Type-Options"), "nosniff");
      const std::string policy(response.header("Content-Security-Policy"));
      BOOST_CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
      BOOST_CHECK(policy.ends_with("='; frame-ancestors 'self'"));
      BOOST_CHECK(policy.find("sandbox") == std::string::npos);
      BOOST_CHECK_EQUAL(response.header("Retry-After").empty(),
                        row.status != 503);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_policy_names_the_styles_real_hash) {
  const Response response = page_of(Errc::kTokenUsed);
  const std::string style = between(text_of(response), "<style>", "</style>");
  const std::string hash = base64(bytes_of(Sha256().update(style).finish()));
  BOOST_CHECK_EQUAL(response.header("Content-Security-Policy"),
                    "default-src 'none'; style-src 'sha256-" + hash +
                        "'; frame-ancestors 'self'");
}

BOOST_AUTO_TEST_CASE(the_page_has_the_code_and_the_way_home) {
  for (const Row& row : kRows) {
    const Response response = page_of(row.code);
    BOOST_CHECK_EQUAL(response.status, row.status);
    BOOST_CHECK_EQUAL(response.header("Content-Type"),
                      "text/html; charset=utf-8");
    BOOST_CHECK_EQUAL(response.header("Content-Length"),
                      std::to_string(text_of(response).size()));
    BOOST_CHECK_EQUAL(between(text_of(response), "<body data-code=\"", "\""),
                      row.word);
    BOOST_CHECK_EQUAL(between(text_of(response), "href=\"", "\""), "/");
    BOOST_CHECK(text_of(response).find("<script") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(home_is_escaped) {
  Config config = site_config();
  config.home = "/a?b=\"><script>&c='";
  const Response response = refuse_page(config, {Errc::kTokenUsed, ""}, {});
  BOOST_CHECK_EQUAL(between(text_of(response), "href=\"", "\""),
                    "/a?b=&quot;&gt;&lt;script&gt;&amp;c='");
}

BOOST_AUTO_TEST_CASE(nothing_of_the_request_or_the_reason_is_reflected) {
  Request hostile = request("/XSECRETX?token=XSECRETX&x=<XSECRETX>");
  for (const char* name : {"accept", "host", "origin", "cookie", "referer",
                           "user-agent", "x-xsrf-token"}) {
    hostile.headers[name] = "XSECRETX";
  }
  hostile.headers["accept"] = "text/html,XSECRETX";
  hostile.remote_user = "XSECRETX";
  for (const Row& row : kRows) {
    for (const char* accept : {"text/html,XSECRETX", "XSECRETX"}) {
      hostile.headers["accept"] = accept;
      const Response response =
          refuse_navigation(site_config(), hostile, {row.code, "XSECRETX"}, {});
      std::string all = text_of(response);
      for (const Header& header : response.headers) {
        all += header.name + header.value;
      }
      BOOST_CHECK(all.find("XSECRETX") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(accept_chooses_between_page_and_json) {
  const auto type = [](const char* accept) {
    const Response response =
        refuse_navigation(site_config(), with(request("/"), "accept", accept),
                          {Errc::kTokenUsed, ""}, {});
    return std::string(response.header("Content-Type"));
  };
  BOOST_CHECK_EQUAL(type("text/html,*/*;q=0.8"), "text/html; charset=utf-8");
  BOOST_CHECK_EQUAL(type("application/json"), "application/json");
  BOOST_CHECK_EQUAL(type("*/*"), "application/json");
  BOOST_CHECK_EQUAL(json_of(Errc::kTokenUsed).header("Content-Type"),
                    "application/json");
}

BOOST_AUTO_TEST_CASE(the_log_gets_what_the_client_does_not) {
  AuditRecord audit;
  audit.user = "alice";
  audit.event = "redeemed";
  const Response response =
      refuse_json({Errc::kTokenUsed, "the detail"}, audit);
  BOOST_CHECK_EQUAL(response.audit.event, "refused");
  BOOST_CHECK_EQUAL(response.audit.code, "token_used");
  BOOST_CHECK_EQUAL(response.audit.detail, "the detail");
  BOOST_CHECK_EQUAL(response.audit.user, "alice");
}

BOOST_AUTO_TEST_CASE(a_405_names_the_methods) {
  BOOST_CHECK_EQUAL(
      allow(refuse_json({Errc::kMethod, ""}, {}), "GET, HEAD").header("Allow"),
      "GET, HEAD");
  BOOST_CHECK(
      allow(refuse_json({Errc::kXsrf, ""}, {}), "GET").header("Allow").empty());
}

BOOST_AUTO_TEST_SUITE_END()
