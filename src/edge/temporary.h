// Files that appear whole or not at all, and once.
#ifndef CLAIMCHECK_EDGE_TEMPORARY_H_
#define CLAIMCHECK_EDGE_TEMPORARY_H_

#include <string>
#include <string_view>

#include "claimcheck/result.h"

namespace claimcheck {

enum class Durability {
  kCached,  // a power cut may lose it
  kSynced,  // on the disk before it has its name
};

enum class Mtime {
  kNow,
  kZero,  // 1970, where it stands for a time that nobody has told yet
};

// link_once writes `content` to a temporary file (mode 0600) beside `name`, a
// path in `folder`, and links it to that (link(2), atomic on NFS too): true for
// the one caller that gave the name its file, false for those that found it
// taken. kUnavailable if the folder or the disk refuses; errno is then ENOENT
// if a folder on the way is missing.
Result<bool> link_once(int folder, const std::string& name,
                       std::string_view content, Durability durability,
                       Mtime mtime = Mtime::kNow);

// replace_file puts `content` in the place of the file `path` (rename(2)):
// whoever reads it finds the old file or the new one, whole. Mode and owner
// stay, and it is on the disk before it has its name. kUnavailable if the
// folder or the disk refuses; the old file is then as it was.
Result<void> replace_file(const std::string& path, std::string_view content);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_TEMPORARY_H_
