// CGI/1.1 (RFC 3875): the variables of a request and the head of an answer.
// FastCGI has the same two.
#ifndef CLAIMCHECK_EDGE_CGI_H_
#define CLAIMCHECK_EDGE_CGI_H_

#include <string>

#include "policy/http.h"

namespace claimcheck {

// request_of makes a Request of "NAME=value" strings, closed by a null. What
// is not known by name or an HTTP_ header is left out.
Request request_of(const char* const* variables);

// head_of spells status and headers, with the empty line that closes them.
std::string head_of(const Response& response);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CGI_H_
