// Files beneath a root, reached so that no name, link or race leads outside.
#ifndef CLAIMCHECK_EDGE_FILE_H_
#define CLAIMCHECK_EDGE_FILE_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "claimcheck/result.h"
#include "policy/world.h"

namespace claimcheck {

// open_beneath opens the regular file `file.path` for reading. No component of
// the path, the last one included, may be a symbolic link; the root itself may
// be reached by links, it is the admin's. kNotFound for what is not there, not
// readable or not a regular file; kUnavailable if the root cannot be opened or
// the process is out of descriptors or memory.
Result<OpenFile> open_beneath(const FileRef& file);

// has_openat2 tells whether the kernel, and whatever filters our calls, has it:
// else open_beneath() goes component by component.
bool has_openat2();

// nanoseconds is a time of stat(2) since 1970. 64 bits of them reach the year
// 2262, which stands for any later one.
std::int64_t nanoseconds(const timespec& time);

// identity_of is the identity of a file of this status.
FileIdentity identity_of(const struct stat& status);

// open_by_component does what openat2(2) does, for kernels before 5.6 and
// sandboxes without it.
Fd open_by_component(int root, const std::string& path, int flags);

// read_text reads a regular file of this status from its beginning. Empty if it
// cannot be read, is longer than `max_bytes` or grows meanwhile.
std::optional<std::string> read_text(int fd, const struct stat& status,
                                     std::size_t max_bytes);

// write_some writes `bytes` as far as they go and returns how many that is:
// all, or fewer and errno tells why.
std::size_t write_some(int fd, std::string_view bytes);

// system_error says `what`, the reason of errno and, for EACCES, who we are.
std::string system_error(const std::string& what);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_FILE_H_
