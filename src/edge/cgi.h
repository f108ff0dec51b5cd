// CGI/1.1 (RFC 3875): the variables of a request and the head of an answer.
// FastCGI has the same two.
#ifndef CLAIMCHECK_EDGE_CGI_H_
#define CLAIMCHECK_EDGE_CGI_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/http.h"

namespace claimcheck {

// Variables are names and values that somebody else holds.
using Variables = std::vector<std::pair<std::string_view, std::string_view>>;

// variables_of views an environment, "NAME=value" strings closed by a null.
Variables variables_of(const char* const* environment);

// request_of makes a Request of a request's variables. What is not known by
// name or an HTTP_ header is left out.
Request request_of(const Variables& variables);

// head_of spells status and headers, with the empty line that closes them, and
// has room for so many bytes behind it.
std::string head_of(const Response& response, std::size_t room = 0);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CGI_H_
