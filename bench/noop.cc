// noop THREADS [FILE [HANDED]]: our gateway, answering a constant: two bytes,
// which is what it costs to be asked at all; or what FILE holds, lines of
// headers, an empty one and the body, which is what it costs to give an answer
// that long; or HANDED, which has the server send a file, where the URL has
// "/handed/".
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
  const Response constant = argc > 2 ? answer_in(argv[2]) : nothing();
  const Response handed = argc > 3 ? answer_in(argv[3]) : nothing();
  const auto answer = [&](const Request& request) {
    const bool is_handed =
        argc > 3 && request.uri.find("/handed/") != std::string::npos;
    const Response& from = is_handed ? handed : constant;
    Response response;
    response.headers = from.headers;
    response.body = std::get<std::string>(from.body);
    return response;
  };
  const auto refuse = [&](const Request& request, const Error&) {
    return answer(request);
  };
  const int threads = argc > 1 ? std::stoi(argv[1]) : 1;
  return Gateway{answer, refuse, audit, static_cast<unsigned>(threads)}.run();
}
