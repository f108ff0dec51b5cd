// A file that holds keys: read whole, bounded, and kept by whom it may be.
#ifndef CLAIMCHECK_EDGE_KEY_FILE_H_
#define CLAIMCHECK_EDGE_KEY_FILE_H_

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "claimcheck/key_set.h"
#include "claimcheck/result.h"
#include "claimcheck/unix_time.h"

namespace claimcheck {

// FileVersion tells one content of a path from another, as far as stat(2) can.
struct FileVersion {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const FileVersion&) const = default;
};

FileVersion version_of(const struct stat& status);

struct KeyFile {
  KeySet keys;
  FileVersion version;
};

// read_key_file reads the keys from an open file; `name` stands for it in
// errors. kConfig if it is no regular file, belongs to another user than root
// and us, may be written by others or, with private keys in it, read by them,
// or if it holds no keys (parse_keys).
Result<KeyFile> read_key_file(int fd, const std::string& name);

// open_key_file opens `path` and reads it; kConfig if it cannot be opened.
Result<KeyFile> open_key_file(const std::string& path);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_KEY_FILE_H_
