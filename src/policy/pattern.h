// Pattern: a POSIX extended regular expression that a whole value must match
// (IEEE 1003.1 section 9.4). libc's matcher takes time linear in the value
// where a backtracking one can be made to take for ever; backreferences, the
// exception, are refused.
//
//   Result<Pattern> name = Pattern::compile("[a-z]{1,32}");
//   name->matches("alex");   // true
//   name->matches("alex!");  // false
#ifndef CLAIMCHECK_POLICY_PATTERN_H_
#define CLAIMCHECK_POLICY_PATTERN_H_

#include <regex.h>

#include <memory>
#include <string>

#include "claimcheck/result.h"

namespace claimcheck {

class Pattern {
 public:
  // compile returns kConfig, in words, for what is no expression, and for
  // \d and the like, which POSIX reads as the plain letter.
  static Result<Pattern> compile(const std::string& expression);

  // text is the expression.
  const std::string& text() const { return text_; }

  // matches tells whether all of `value`, which holds no NUL, matches.
  bool matches(const std::string& value) const;

 private:
  Pattern(std::string text, std::shared_ptr<const regex_t> regex)
      : text_(std::move(text)), regex_(std::move(regex)) {}

  std::string text_;
  std::shared_ptr<const regex_t> regex_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_PATTERN_H_
