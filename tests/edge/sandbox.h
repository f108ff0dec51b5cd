// A temporary folder for one test case, and a child process that is nobody:
// root may do everything, so that what permissions forbid is tried there.
#ifndef CLAIMCHECK_TESTS_EDGE_SANDBOX_H_
#define CLAIMCHECK_TESTS_EDGE_SANDBOX_H_

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "claimcheck/result.h"
#include "policy/http.h"

namespace claimcheck::testing {

inline constexpr unsigned kNobody = 65534;

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : std::string(refusal_for(result.error().code).code);
}

template <typename T>
std::string detail_of(const Result<T>& result) {
  return result ? "" : result.error().detail;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// numbered makes `size` bytes in which no two places look the same.
inline std::string numbered(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += std::to_string(text.size()) + ' ';
  }
  return text.substr(0, size);
}

class Sandbox {
 public:
  Sandbox() {
    std::string name = "/tmp/claimcheck-edge-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
    give(path_);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox() { std::filesystem::remove_all(path_); }

  std::string operator/(const std::string& name) const {
    return path_ + '/' + name;
  }
  const std::string& path() const { return path_; }

  std::string write(const std::string& name, const std::string& content,
                    unsigned mode = 0600) const {
    const std::string file = *this / name;
    std::ofstream(file) << content;
    chmod(file.c_str(), mode);
    give(file);
    return file;
  }

  std::string folder(const std::string& name, unsigned mode = 0700) const {
    const std::string made = *this / name;
    mkdir(made.c_str(), 0700);
    chmod(made.c_str(), mode);
    give(made);
    return made;
  }

 private:
  static void give(const std::string& name) {
    if (geteuid() == 0) {
      BOOST_REQUIRE(lchown(name.c_str(), kNobody, kNobody) == 0);
    }
  }

  std::string path_;
};

inline std::string read_file(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

inline void drop_privileges() {
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 ||
                         setuid(kNobody) != 0)) {
    _exit(111);
  }
}

// in_child runs `prepare` and `work` in a child and returns the text that work
// makes. What they throw ends the child: it must not go on with the other test
// cases.
inline std::string in_child(const std::function<void()>& prepare,
                            const std::function<std::string()>& work) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    try {
      prepare();
      const std::string said = work();
      const bool written = write(ends[1], said.data(), said.size()) ==
                           static_cast<ssize_t>(said.size());
      _exit(written ? 0 : 112);
    } catch (...) {
      _exit(113);
    }
  }
  close(ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_REQUIRE_MESSAGE(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                        "the child ended with " << status);
  return said;
}

// as_nobody runs `work` in a child that is nobody.
inline std::string as_nobody(const std::function<std::string()>& work) {
  return in_child(drop_privileges, work);
}

// race runs `work` in `count` children at once and returns how many of them
// answered true.
inline int race(int count, const std::function<bool()>& work) {
  int gate[2];
  BOOST_REQUIRE(pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      drop_privileges();
      close(gate[1]);
      char byte;
      // Ends for all at once, when the parent closes the gate.
      while (read(gate[0], &byte, 1) > 0) {
      }
      try {
        _exit(work() ? 0 : 1);
      } catch (...) {
        _exit(113);
      }
    }
  }
  close(gate[0]);
  close(gate[1]);
  int winners = 0;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    BOOST_REQUIRE(WIFEXITED(status));
    winners += WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  return winners;
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_SANDBOX_H_
