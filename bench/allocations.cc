// allocations: for LD_PRELOAD. Counts the allocations of a program and writes
// them at its end into the file that the variable ALLOCATIONS names, as a line
// of JSON.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

// glibc's own, behind the names that are taken here.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

std::atomic<unsigned long> allocations;
std::atomic<unsigned long> allocated;

void count(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  allocated.fetch_add(size, std::memory_order_relaxed);
}

// Opened at the start: later the program may have confined itself.
class Report {
 public:
  Report() {
    const char* const name = std::getenv("ALLOCATIONS");
    if (name != nullptr) {
      fd_ = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
  }
  ~Report() {
    dprintf(fd_, "{\"allocations\":%lu,\"bytes\":%lu}\n", allocations.load(),
            allocated.load());
  }

 private:
  int fd_ = -1;
};

const Report report;

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t count_of, std::size_t size) {
  count(count_of * size);
  return __libc_calloc(count_of, size);
}

void* realloc(void* old, std::size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  *out = memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}
