// Programs without shared libraries, which run on hosts with an older libc, or
// in a chroot without any. Some calls load modules of the host at run time, and
// with them its own libc, another one than ours: such programs do without.
#ifndef CLAIMCHECK_EDGE_STATIC_PROGRAM_H_
#define CLAIMCHECK_EDGE_STATIC_PROGRAM_H_

#include <cstdlib>

namespace claimcheck {

#ifdef CLAIMCHECK_STATIC
inline constexpr bool kIsStatic = true;
#else
inline constexpr bool kIsStatic = false;
#endif

// leave_out_host_modules keeps a static program from libcrypto's configuration
// file, which may name modules. Call it first of all.
inline void leave_out_host_modules() {
  if constexpr (kIsStatic) {
    setenv("OPENSSL_CONF", "", 1);
  }
}

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_STATIC_PROGRAM_H_
