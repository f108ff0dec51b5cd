// libfcgi THREADS FILE: a plain thread pool in FCGX_Accept_r, as libfcgi's own
// example has it; sends FILE, or "{}" for any query but "file".
#include <fcgiapp.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

void send_file(FCGX_Request& request, const char* name) {
  FCGX_FPrintF(request.out, "Content-Type: application/octet-stream\r\n\r\n");
  std::FILE* file = std::fopen(name, "rb");
  char buffer[65536];
  std::size_t size = 0;
  while (file != nullptr &&
         (size = std::fread(buffer, 1, sizeof buffer, file)) > 0 &&
         FCGX_PutStr(buffer, static_cast<int>(size), request.out) ==
             static_cast<int>(size)) {
  }
  if (file != nullptr) {
    std::fclose(file);
  }
}

// The end of the input that is not read here is read as the next request.
void drain(FCGX_Request& request) {
  char buffer[4096];
  while (FCGX_GetStr(buffer, sizeof buffer, request.in) > 0) {
  }
}

void serve(const char* file) {
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    const char* uri = FCGX_GetParam("REQUEST_URI", request.envp);
    if (uri != nullptr && std::strstr(uri, "file") != nullptr) {
      send_file(request, file);
    } else {
      FCGX_FPrintF(request.out,
                   "Content-Type: application/json\r\n"
                   "Content-Length: 2\r\n\r\n{}");
    }
    drain(request);
    FCGX_Finish_r(&request);
  }
}

}  // namespace

int main(int argc, char** argv) {
  FCGX_Init();
  // libfcgi's own handler waits for an accept that fails, and none does.
  std::signal(SIGTERM, SIG_DFL);
  std::vector<std::thread> threads;
  for (int i = argc > 2 ? std::stoi(argv[1]) : 0; i > 0; --i) {
    threads.emplace_back(serve, argv[2]);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}
