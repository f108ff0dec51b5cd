#include "edge/held_file.h"

#include <utility>

#include "edge/recent.h"

namespace claimcheck {

HeldFile::Identity HeldFile::identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_uid, status.st_mode};
}

HeldFile::Use HeldFile::use(const std::string& path) const {
  const std::int64_t tick = this_tick();
  {
    const std::lock_guard lock(mutex_);
    if (tick == tick_) {
      return file_;
    }
  }
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  if (identity_ != identity_of(status)) {
    return nullptr;
  }
  tick_ = tick;
  return file_;
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
