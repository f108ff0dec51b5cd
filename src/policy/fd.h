// Fd owns a file descriptor. Policy passes it on and never looks into it.
#ifndef CLAIMCHECK_POLICY_FD_H_
#define CLAIMCHECK_POLICY_FD_H_

#include <unistd.h>

#include <utility>

namespace claimcheck {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_FD_H_
