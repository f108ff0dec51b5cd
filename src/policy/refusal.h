// Refusals: one shape for programs, one page for people.
#ifndef CLAIMCHECK_POLICY_REFUSAL_H_
#define CLAIMCHECK_POLICY_REFUSAL_H_

#include "claimcheck/result.h"
#include "policy/config.h"
#include "policy/http.h"

namespace claimcheck {

// refuse_json answers {"message":…,"code":…} with the status of `error`. What
// `audit` knows already stays in it.
Response refuse_json(const Error& error, AuditRecord audit);

// refuse_page answers the same as a page in words, with a way to config.home
// and nothing of the request in it.
Response refuse_page(const Config& config, const Error& error,
                     AuditRecord audit);

// refuse_navigation answers with the page where the caller prefers HTML, else
// with JSON.
Response refuse_navigation(const Config& config, const Request& request,
                           const Error& error, AuditRecord audit);

// allow adds the methods that a 405 must name (RFC 9110 section 15.5.6).
Response allow(Response response, std::string_view methods);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_REFUSAL_H_
