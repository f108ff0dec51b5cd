// One request and its answer, the same for CGI and FastCGI.
#ifndef CLAIMCHECK_EDGE_EXCHANGE_H_
#define CLAIMCHECK_EDGE_EXCHANGE_H_

#include <functional>
#include <string_view>

#include "edge/audit.h"
#include "policy/http.h"

namespace claimcheck {

// Output takes bytes for the web server, all of them or none; false: nobody
// reads any more.
using Output = std::function<bool(std::string_view bytes)>;

// exchange answers the request of these variables ("NAME=value", closed by a
// null), writes the answer to `out` in bounded memory and completes the audit
// line. kCut means that the answer must not be ended as if it were whole.
Delivery::End exchange(const char* const* variables,
                       const std::function<Response(const Request&)>& answer,
                       const Audit& audit, const Output& out,
                       const ErrorStream& errors);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_EXCHANGE_H_
