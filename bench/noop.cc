// noop THREADS [FILE]: our gateway, answering a constant: two bytes, which is
// what it costs to be asked at all; or what FILE holds, lines of headers, an
// empty one and the body, which is what it costs to give an answer that long.
#include <fstream>
#include <iterator>

#include "edge/gateway.h"

namespace {

claimcheck::Response nothing() {
  claimcheck::Response response;
  response.headers = {{"Content-Type", "application/json"},
                      {"Content-Length", "2"}};
  response.body = std::string("{}");
  return response;
}

claimcheck::Response answer_in(const char* name) {
  claimcheck::Response response;
  std::ifstream file(name);
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::size_t colon = line.find(": ");
    response.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
  }
  response.body = std::string(std::istreambuf_iterator<char>(file), {});
  return response;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace claimcheck;
  const Audit audit("noop", "/dev/null");
  const char* const file = argc > 2 ? argv[2] : nullptr;
  const Response constant = file != nullptr ? answer_in(file) : nothing();
  const auto answer = [&](const Request&) {
    Response response;
    response.headers = constant.headers;
    response.body = std::get<std::string>(constant.body);
    return response;
  };
  const auto refuse = [&](const Request& request, const Error&) {
    return answer(request);
  };
  const int threads = argc > 1 ? std::stoi(argv[1]) : 1;
  return Gateway{answer, refuse, audit, static_cast<unsigned>(threads)}.run();
}
