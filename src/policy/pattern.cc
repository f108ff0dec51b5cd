#include "policy/pattern.h"

#include <cctype>

namespace claimcheck {
namespace {

bool has_escaped_letter(const std::string& expression) {
  for (std::size_t i = 0; i + 1 < expression.size(); ++i) {
    if (expression[i] != '\\') {
      continue;
    }
    if (std::isalnum(static_cast<unsigned char>(expression[++i])) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Pattern> Pattern::compile(const std::string& expression) {
  if (expression.find('\0') != std::string::npos) {
    return Error{Errc::kConfig, "a NUL would end the expression"};
  }
  if (has_escaped_letter(expression)) {
    return Error{Errc::kConfig,
                 "a backslash before a letter or digit has no meaning in a "
                 "POSIX extended regular expression: write [0-9], "
                 "[[:alnum:]_] or [[:space:]]"};
  }
  auto compiled = std::make_unique<regex_t>();
  const int status = regcomp(compiled.get(), expression.c_str(), REG_EXTENDED);
  if (status != 0) {
    char why[128];
    regerror(status, compiled.get(), why, sizeof why);
    return Error{
        Errc::kConfig,
        std::string("not a POSIX extended regular expression: ") + why};
  }
  return Pattern(expression, std::shared_ptr<const regex_t>(
                                 compiled.release(), [](const regex_t* regex) {
                                   regfree(const_cast<regex_t*>(regex));
                                   delete regex;
                                 }));
}

// POSIX takes the leftmost match and of these the longest: if the whole value
// matches, that match is the one reported. Wrapping the expression in ^( )$
// would not do: "a)|(b" escapes from it.
bool Pattern::matches(const std::string& value) const {
  regmatch_t match;
  return regexec(regex_.get(), value.c_str(), 1, &match, 0) == 0 &&
         match.rm_so == 0 && match.rm_eo == static_cast<regoff_t>(value.size());
}

}  // namespace claimcheck
