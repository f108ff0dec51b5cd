#include "edge/held_file.h"

#include <utility>

namespace claimcheck {

HeldFile::Identity HeldFile::identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_uid, status.st_mode};
}

HeldFile::Use HeldFile::use(const std::string& path) const {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  return identity_ == identity_of(status) ? file_ : nullptr;
}

HeldFile::Use HeldFile::hold(Fd fd) {
  struct stat status;
  if (!fd.is_open() || fstat(fd.get(), &status) != 0) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  file_ = std::make_shared<const Fd>(std::move(fd));
  identity_ = identity_of(status);
  return file_;
}

}  // namespace claimcheck
