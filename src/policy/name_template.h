// Names with variables, as in file = "/srv/exports/{name}.csv":
//
//   template = *( text / "{" name "}" )     name = 1*( ALPHA / DIGIT / "_" /
//   "-" )
//
//   Result<std::vector<std::string>> names = template_variables("{a}-{b}.csv");
//   Result<std::string> filled = fill("{a}.csv", {{"a", "x"}});   // "x.csv"
#ifndef CLAIMCHECK_POLICY_NAME_TEMPLATE_H_
#define CLAIMCHECK_POLICY_NAME_TEMPLATE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"

namespace claimcheck {

using ParamValues = std::map<std::string, std::string>;

// is_param_name tells whether `name` can be a parameter's.
bool is_param_name(std::string_view name);

// template_variables returns the names in `text`. kConfig for braces that are
// no variable.
Result<std::vector<std::string>> template_variables(std::string_view text);

// fill puts the values in. kBadUrl if one is missing. `text` has passed
// template_variables().
Result<std::string> fill(std::string_view text, const ParamValues& values);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_NAME_TEMPLATE_H_
