// The query of a URL: name=value pairs separated by "&", percent-encoded, "+"
// for a space (WHATWG URL, application/x-www-form-urlencoded).
#ifndef CLAIMCHECK_POLICY_QUERY_H_
#define CLAIMCHECK_POLICY_QUERY_H_

#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"

namespace claimcheck {

// percent_decode decodes `text` once. kBadUrl for a "%" without two
// hexadecimal digits.
Result<std::string> percent_decode(std::string_view text);

// percent_encode encodes all of `text` but ASCII letters and digits and what is
// in `plain` (RFC 3986 section 2.1).
std::string percent_encode(std::string_view text, std::string_view plain);

// decode_text decodes `text` once and takes what a name may hold: well-formed
// UTF-8 without control characters (C0, DEL, C1). kBadUrl otherwise.
Result<std::string> decode_text(std::string_view text);

// query_of returns what follows the first "?" of a URL, or nothing.
std::string_view query_of(std::string_view url);

// query_values returns the still encoded values of the parameter `name`, in
// order. Other parameters are never decoded, so they cannot matter.
std::vector<std::string_view> query_values(std::string_view query,
                                           std::string_view name);

// decode_query_value is decode_text with "+" for a space.
Result<std::string> decode_query_value(std::string_view encoded);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_QUERY_H_
