// download: verifies a token, redeems it and writes the attachment.

#include "edge/program.h"
#include "policy/redeem.h"
#include "policy/refusal.h"

int main(int argc, char** argv) {
  using namespace claimcheck;
  const auto broken = [](const Config& config, const Request& request,
                         const Error& error) {
    return refuse_navigation(config, request, error, {});
  };
  return run_program({"download", redeem, broken, true}, argc, argv);
}
