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

// link_once writes `content` to a temporary file (mode 0600) in `folder` and
// links it to `name` (link(2), atomic on NFS too): true for the one caller
// that gave the name its file, false for those that found it taken.
// kUnavailable if the folder or the disk refuses.
Result<bool> link_once(int folder, const std::string& name,
                       std::string_view content, Durability durability);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_TEMPORARY_H_
