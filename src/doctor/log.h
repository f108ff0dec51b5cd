// Tokens in a log: the last megabytes of it are searched.
#ifndef CLAIMCHECK_DOCTOR_LOG_H_
#define CLAIMCHECK_DOCTOR_LOG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "claimcheck/result.h"

namespace claimcheck::doctor {

// What is searched of a log, from its end.
inline constexpr std::size_t kMaxLog = 16 << 20;

struct Logged {
  // The lines that hold a token, counted from the first of the file.
  std::vector<std::size_t> lines;
  // A mark of doctor's last requests is there: it is this site's log, and all
  // that came before has been written.
  bool has_mark = false;
};

// search_log looks for the tokens and for any of the marks. kUnavailable, and
// why, where the file cannot be read.
Result<Logged> search_log(const std::string& file,
                          const std::vector<std::string>& tokens,
                          const std::vector<std::string>& marks);

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_LOG_H_
