// A kernel or a file system that has not every call.
#ifndef CLAIMCHECK_TESTS_EDGE_REFUSE_H_
#define CLAIMCHECK_TESTS_EDGE_REFUSE_H_

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace claimcheck::testing {

// refuse makes a call fail from here on whose argument of that number, counted
// from 0, has one of `bits`.
inline void refuse(unsigned call, unsigned argument, unsigned bits,
                   unsigned error) {
  const auto number = static_cast<unsigned>(offsetof(seccomp_data, nr));
  const auto value = static_cast<unsigned>(offsetof(seccomp_data, args) +
                                           argument * sizeof(std::uint64_t));
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, value),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {std::size(steps), steps};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    _exit(115);
  }
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_REFUSE_H_
