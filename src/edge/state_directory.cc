#include "edge/state_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "edge/file.h"

namespace claimcheck {
namespace {

Error unavailable(std::string why) {
  return Error{Errc::kUnavailable, std::move(why)};
}

Result<Fd> open_folder(const std::string& path) {
  const std::string what = "the state directory " + path;
  Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status;
  if (!folder.is_open() || fstat(folder.get(), &status) != 0) {
    const std::string uid = std::to_string(geteuid());
    return unavailable(system_error(what) + ": run `install -d -m 0700 -o " +
                       uid + " " + path + "`");
  }
  if (status.st_uid != geteuid()) {
    return unavailable(what + " belongs to uid " +
                       std::to_string(status.st_uid) + " and we run as uid " +
                       std::to_string(geteuid()) +
                       ": chown it, or run get-token and download as its "
                       "owner");
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return unavailable(what + " may be written by others: run `chmod 0700 " +
                       path + "`, after a look at what is in it");
  }
  return folder;
}

}  // namespace

Result<Fd> StateDirectory::open() {
  const std::lock_guard lock(mutex_);
  return settled_.empty() ? settle() : open_folder(settled_);
}

Result<Fd> StateDirectory::settle() {
  std::string reasons;
  for (const bool may_make : {false, true}) {
    for (const std::string& path : candidates_) {
      if (may_make && (is_named_ || mkdir(path.c_str(), 0700) != 0)) {
        continue;
      }
      Result<Fd> folder = open_folder(path);
      if (folder) {
        settled_ = path;
        return folder;
      }
      reasons += reasons.empty() ? "" : "; ";
      reasons += folder.error().detail;
    }
  }
  return unavailable(reasons + (is_named_ ? "" : "; or set state"));
}

}  // namespace claimcheck
