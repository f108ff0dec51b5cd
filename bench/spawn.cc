// spawn ROUNDS PROGRAM...: the time from start to exit of programs, run by
// turns, in the environment of this one; a JSON line a program. Here it is the
// clock's time: a client waits for it.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "stopwatch.h"

extern char** environ;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 5;

struct Program {
  std::string path;
  std::vector<double> ns;
};

std::string name_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.starts_with("startup_") ? file : "startup_" + file;
}

// run returns nanoseconds, less than none for a program that fails.
double run(const std::string& path, const posix_spawn_file_actions_t& quiet) {
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  const Clock::time_point start = Clock::now();
  pid_t child = 0;
  int status = -1;
  if (posix_spawn(&child, path.c_str(), &quiet, nullptr, arguments, environ) !=
          0 ||
      waitpid(child, &status, 0) != child || status != 0) {
    return -1;
  }
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::stoi(argv[1]) : 0;
  std::vector<Program> programs;
  for (int i = 2; i < argc; ++i) {
    programs.push_back({argv[i], {}});
  }
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
  }
  for (int round = -kWarmUp; round < rounds; ++round) {
    for (Program& each : programs) {
      const double ns = run(each.path, quiet);
      if (ns < 0) {
        std::fprintf(stderr, "%s failed\n", each.path.c_str());
        return 1;
      }
      if (round >= 0) {
        each.ns.push_back(ns);
      }
    }
  }
  for (Program& each : programs) {
    print_case(name_of(each.path), each.ns);
  }
}
