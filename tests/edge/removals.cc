// Takes the place of unlinkat(2) and renameat(2) (--wrap), so that what the
// spool removes can be counted.
#include "spool_load.h"

namespace claimcheck::testing {

int& removals() {
  static thread_local int count = 0;
  return count;
}

}  // namespace claimcheck::testing

extern "C" {

int __real_unlinkat(int folder, const char* path, int flags);
int __real_renameat(int from, const char* old, int to, const char* name);

int __wrap_unlinkat(int folder, const char* path, int flags) {
  const int result = __real_unlinkat(folder, path, flags);
  claimcheck::testing::removals() += result == 0 ? 1 : 0;
  return result;
}

int __wrap_renameat(int from, const char* old, int to, const char* name) {
  const int result = __real_renameat(from, old, to, name);
  claimcheck::testing::removals() += result == 0 ? 1 : 0;
  return result;
}

}  // extern "C"
