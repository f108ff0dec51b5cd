#include "edge/state_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "edge/file.h"

namespace claimcheck {
namespace {

Error unavailable(std::string why) {
  return Error{Errc::kUnavailable, std::move(why)};
}

bool exists(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 ||
         (errno != ENOENT && errno != ENOTDIR);
}

// errno tells why the folder cannot be opened or made.
std::string how_to_make(const std::string& path) {
  return system_error("the state directory " + path) +
         ": run `install -d -m 0700 -o " + std::to_string(geteuid()) + ' ' +
         path + "`";
}

// What is in it may be its owner's too.
Error of_another(const std::string& path, uid_t owner) {
  const std::string us = std::to_string(geteuid());
  return unavailable("the state directory " + path + " belongs to uid " +
                     std::to_string(owner) + " and we run as uid " + us +
                     ": run `chown -R " + us + ' ' + path +
                     "`, or get-token and download as its owner");
}

// errno tells why it is not open.
Error not_open(const std::string& path) {
  const int why = errno;
  struct stat status;
  if (why == EACCES && stat(path.c_str(), &status) == 0 &&
      status.st_uid != geteuid()) {
    return of_another(path, status.st_uid);
  }
  errno = why;
  return unavailable(how_to_make(path));
}

Result<Fd> open_folder(const std::string& path) {
  Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status;
  if (!folder.is_open() || fstat(folder.get(), &status) != 0) {
    return not_open(path);
  }
  if (status.st_uid != geteuid()) {
    return of_another(path, status.st_uid);
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return unavailable("the state directory " + path +
                       " may be written by others: run `chmod 0700 " + path +
                       "`, after a look at what is in it");
  }
  return folder;
}

}  // namespace

std::string first_there(const std::vector<std::string>& candidates) {
  const auto found = std::find_if(candidates.begin(), candidates.end(), exists);
  return found == candidates.end() ? "" : *found;
}

Result<HeldFile::Use> StateDirectory::open() {
  if (const std::string settled = path(); !settled.empty()) {
    if (HeldFile::Use folder = folder_.use(settled)) {
      return folder;
    }
  }
  const std::lock_guard lock(mutex_);
  return settled_.empty() ? settle() : settle_on(settled_);
}

std::string StateDirectory::path() {
  const std::lock_guard lock(mutex_);
  return settled_;
}

// Only what is not there gives way to the next candidate: a folder that is not
// as it should be holds used tokens all the same.
Result<HeldFile::Use> StateDirectory::settle() {
  if (const std::string path = first_there(candidates_); !path.empty()) {
    return settle_on(path);
  }
  std::string reasons;
  for (const std::string& path : candidates_) {
    // EEXIST: another process was first.
    if (is_made_ && (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)) {
      return settle_on(path);
    }
    reasons += reasons.empty() ? "" : "; ";
    reasons += how_to_make(path);
  }
  return unavailable(reasons + (is_made_ ? "; or set state" : ""));
}

Result<HeldFile::Use> StateDirectory::settle_on(const std::string& path) {
  Result<Fd> folder = open_folder(path);
  if (!folder) {
    return folder.error();
  }
  settled_ = path;
  return folder_.hold(*std::move(folder));
}

}  // namespace claimcheck
