#include "policy/refusal.h"

#include <algorithm>

#include "claimcheck/base64url.h"
#include "claimcheck/json.h"
#include "claimcheck/sha256.h"
#include "policy/accept.h"

namespace claimcheck {
namespace {

// kStyle is allowed by its hash: the page needs no other file, and nothing
// that found its way into it could run or load. Its palette and type are those
// of htdocs/doctor.css: the status stands on the stub of a ticket.
constexpr std::string_view kStyle =
    ":root{color-scheme:light dark;--paper:#f7f4ee;--card:#fffdf9;"
    "--ink:#231f1a;--quiet:#665e53;--line:#d9d1c3;--accent:#9c2f1f}"
    "@media(prefers-color-scheme:dark){:root{--paper:#191714;--card:#221f1b;"
    "--ink:#ece6dc;--quiet:#a89e90;--line:#3b362f;--accent:#f0927f}}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;"
    "background:var(--paper);color:var(--ink);"
    "font:1.0625rem/1.6 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}"
    "main{display:grid;grid-template-columns:4.5rem 1fr;max-width:32rem;"
    "margin:1rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:.5rem}"
    "b{display:grid;place-items:center;border-right:2px dashed var(--line);"
    "color:var(--accent);font-size:1.25rem}"
    "b,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    "div{min-width:0;padding:1.5rem 1.25rem}"
    "h1{margin:0 0 .6rem;font:600 1.6rem/1.2 \"Iowan Old Style\","
    "\"Palatino Linotype\",Palatino,Georgia,serif;text-wrap:balance}"
    "p{margin:0 0 1rem}p:last-child{margin:0}"
    "a{color:var(--accent);text-underline-offset:.18em}"
    "code{color:var(--quiet);font-size:.85rem}";

std::string html_escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// CSP spells hashes in the base64 of RFC 4648 section 4.
std::string csp_hash(std::string_view text) {
  std::string hash = base64url_encode(Sha256().update(text).finish());
  std::replace(hash.begin(), hash.end(), '-', '+');
  std::replace(hash.begin(), hash.end(), '_', '/');
  return "'sha256-" + hash + "='";
}

// No sandbox: the page's script reads the refusal in its iframe.
const std::string& content_security_policy() {
  static const std::string policy = "default-src 'none'; style-src " +
                                    csp_hash(kStyle) +
                                    "; frame-ancestors 'self'";
  return policy;
}

std::string page(const Refusal& refusal, std::string_view home) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"robots\" content=\"noindex\"><title>";
  html += html_escaped(refusal.title);
  html += "</title><style>";
  html += kStyle;
  html += "</style></head>\n<body data-code=\"";
  html += html_escaped(refusal.code);
  html += "\"><main><b>";
  html += std::to_string(refusal.status);
  html += "</b><div><h1>";
  html += html_escaped(refusal.title);
  html += "</h1>\n<p>";
  html += html_escaped(refusal.advice);
  html += "</p>\n<p><a href=\"";
  html += html_escaped(home);
  html += "\">Back to the site</a></p>\n<p><code>";
  html += html_escaped(refusal.code);
  html += "</code></p></div></main></body></html>\n";
  return html;
}

Response refuse(const Refusal& refusal, const Error& error, AuditRecord audit,
                std::string_view content_type, std::string body) {
  Response response;
  response.status = refusal.status;
  response.headers = {
      {"Content-Type", std::string(content_type)},
      {"Content-Length", std::to_string(body.size())},
      {"Cache-Control", "no-store"},
      {"Content-Security-Policy", content_security_policy()},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
  };
  if (refusal.status == 503) {
    response.headers.push_back({"Retry-After", "2"});
  }
  response.body = std::move(body);
  response.audit = std::move(audit);
  response.audit.event = "refused";
  response.audit.code = refusal.code;
  response.audit.detail = error.detail;
  return response;
}

Response refuse_as_json(const Refusal& refusal, const Error& error,
                        AuditRecord audit) {
  return refuse(refusal, error, std::move(audit), "application/json",
                "{\"message\":" + json_quote(refusal.message) +
                    ",\"code\":" + json_quote(refusal.code) + "}");
}

// The contract gives every refused token the article's message; the same code
// at get-token has no token to speak of.
Refusal refusal_of_token(Errc code) {
  Refusal refusal = refusal_for(code);
  if (code == Errc::kNotAllowed) {
    refusal.message = refusal_for(Errc::kTokenInvalid).message;
  }
  return refusal;
}

}  // namespace

Response refuse_json(const Error& error, AuditRecord audit) {
  return refuse_as_json(refusal_for(error.code), error, std::move(audit));
}

Response refuse_page(const Config& config, const Error& error,
                     AuditRecord audit) {
  const Refusal refusal = refusal_for(error.code);
  return refuse(refusal, error, std::move(audit), "text/html; charset=utf-8",
                page(refusal, config.home));
}

Response refuse_navigation(const Config& config, const Request& request,
                           const Error& error, AuditRecord audit) {
  const std::string* accept = request.header("accept");
  return accept != nullptr && prefers_html(*accept)
             ? refuse_page(config, error, std::move(audit))
             : refuse_as_json(refusal_of_token(error.code), error,
                              std::move(audit));
}

Response allow(Response response, std::string_view methods) {
  if (response.status == 405) {
    response.headers.push_back({"Allow", std::string(methods)});
  }
  return response;
}

}  // namespace claimcheck
