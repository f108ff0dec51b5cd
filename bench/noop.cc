// noop: our gateway, answering a constant; what it costs to be asked at all.
#include "edge/gateway.h"

int main(int argc, char** argv) {
  using namespace claimcheck;
  const Audit audit("noop", "/dev/null");
  const auto answer = [](const Request&) {
    Response response;
    response.headers = {{"Content-Type", "application/json"},
                        {"Content-Length", "2"}};
    response.body = std::string("{}");
    return response;
  };
  const auto refuse = [answer](const Request& request, const Error&) {
    return answer(request);
  };
  const int threads = argc > 1 ? std::stoi(argv[1]) : 1;
  return Gateway{answer, refuse, audit, static_cast<unsigned>(threads)}.run();
}
