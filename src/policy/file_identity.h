// FileIdentity tells one version of a file from another.
#ifndef CLAIMCHECK_POLICY_FILE_IDENTITY_H_
#define CLAIMCHECK_POLICY_FILE_IDENTITY_H_

#include <cstdint>

namespace claimcheck {

struct FileIdentity {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;  // since 1970-01-01T00:00:00Z
  std::uint64_t inode = 0;

  bool operator==(const FileIdentity&) const = default;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_FILE_IDENTITY_H_
