// get-token: issues a token to a caller that the site knows.

#include "edge/program.h"
#include "policy/issue.h"
#include "policy/refusal.h"

int main(int argc, char** argv) {
  using namespace claimcheck;
  const auto broken = [](const Config&, const Request&, const Error& error) {
    return refuse_json(error, {});
  };
  return run_program({"get-token", issue, broken, false}, argc, argv);
}
