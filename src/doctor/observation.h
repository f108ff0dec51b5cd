// What doctor saw, a line each, told as it goes.
#ifndef CLAIMCHECK_DOCTOR_OBSERVATION_H_
#define CLAIMCHECK_DOCTOR_OBSERVATION_H_

#include <functional>
#include <string>
#include <string_view>

#include "doctor/advice.h"

namespace claimcheck::doctor {

enum class Kind {
  kOk,
  // Somebody has to mend it; its code is in advice.h.
  kFound,
  // It could not be told, and why.
  kNotSeen,
  // Worth knowing, and nobody's fault.
  kNote,
};

struct Observation {
  Kind kind;
  std::string_view code;  // of kFound alone
  std::string what;
  // Whose remedies apply.
  Server server = Server::kUnknown;
};

using Report = std::function<void(const Observation&)>;

}  // namespace claimcheck::doctor

#endif  // CLAIMCHECK_DOCTOR_OBSERVATION_H_
