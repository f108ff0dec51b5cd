#include "edge/temporary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>

#include "claimcheck/base64url.h"
#include "edge/file.h"
#include "edge/random.h"

namespace claimcheck {
namespace {

bool write_to(const Fd& fd, std::string_view content, Durability durability,
              Mtime mtime) {
  if (!fd.is_open()) {
    return false;
  }
  constexpr timespec kZero[2] = {{0, UTIME_OMIT}, {0, 0}};
  return write_some(fd.get(), content) == content.size() &&
         (mtime == Mtime::kNow || futimens(fd.get(), kZero) == 0) &&
         (durability == Durability::kCached || fsync(fd.get()) == 0);
}

// Temporary removes its name when it goes; a link to it stays.
class Temporary {
 public:
  // `place` is "" or, with its slash, a folder in `folder`.
  Temporary(int folder, std::string_view place)
      : folder_(folder),
        name_(std::string(place) + "tmp." +
              base64url_encode(random_bytes<16>())),
        fd_(openat(folder, name_.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (fd_.is_open()) {
      unlinkat(folder_, name_.c_str(), 0);
    }
  }

  bool write_whole(std::string_view content, Durability durability,
                   Mtime mtime) {
    return write_to(fd_, content, durability, mtime);
  }

  // An NFS server's answer can be lost and the call repeated: then EEXIST is
  // our own success, which the link count tells.
  bool link_to(const std::string& name) {
    if (linkat(folder_, name_.c_str(), folder_, name.c_str(), 0) == 0) {
      return true;
    }
    const int error = errno;
    struct stat status;
    const bool linked = fstat(fd_.get(), &status) == 0 && status.st_nlink == 2;
    errno = error;
    return linked;
  }

  bool has_owner_of(const struct stat& status) {
    return fchown(fd_.get(), status.st_uid, status.st_gid) == 0 &&
           fchmod(fd_.get(), status.st_mode & 0777) == 0;
  }

  bool rename_to(const std::string& name) {
    return renameat(folder_, name_.c_str(), folder_, name.c_str()) == 0;
  }

 private:
  const int folder_;
  const std::string name_;
  const Fd fd_;
};

// Nameless is a file that has no name before the one that it is for: nothing is
// left of it whatever happens, and the folder is changed once and not thrice.
class Nameless {
 public:
  // `place` outlives it.
  Nameless(int folder, const std::string& place)
      : folder_(folder),
        place_(place.empty() ? "." : place.c_str()),
        fd_(openat(folder, place_, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600)) {}

  bool write_whole(std::string_view content, Durability durability,
                   Mtime mtime) {
    return write_to(fd_, content, durability, mtime);
  }

  // Kernels before 6.10 link by the descriptor for root alone, and by the name
  // that /proc has for it for everybody. EOPNOTSUPP: neither, in a folder that
  // is there.
  bool link_to(const std::string& name) {
    if (linkat(fd_.get(), "", folder_, name.c_str(), AT_EMPTY_PATH) == 0) {
      return true;
    }
    if (errno != ENOENT) {
      return false;
    }
    const std::string descriptor = "/proc/self/fd/" + std::to_string(fd_.get());
    if (linkat(AT_FDCWD, descriptor.c_str(), folder_, name.c_str(),
               AT_SYMLINK_FOLLOW) == 0) {
      return true;
    }
    if (errno == ENOENT && faccessat(folder_, place_, F_OK, 0) == 0) {
      errno = EOPNOTSUPP;
    }
    return false;
  }

 private:
  const int folder_;
  const char* const place_;
  const Fd fd_;
};

// passes_by tells what no other way to link gets around. A folder that is not
// there yet is made by whoever asked.
bool passes_by(int error) {
  switch (error) {
    case ENOENT:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
      return true;
    default:
      return false;
  }
}

// link_as makes `file` and gives it its name.
template <typename File>
Result<bool> link_as(int folder, const std::string& place,
                     const std::string& name, std::string_view content,
                     Durability durability, Mtime mtime) {
  File file(folder, place);
  if (!file.write_whole(content, durability, mtime)) {
    return Error{Errc::kUnavailable,
                 system_error("writing to the state directory") +
                     ": see that its disk has space and inodes and is not "
                     "mounted read-only"};
  }
  if (file.link_to(name)) {
    return true;
  }
  if (errno == EEXIST) {
    return false;
  }
  return Error{Errc::kUnavailable,
               system_error("linking in the state directory")};
}

// File systems without nameless files, such as NFS, and places without /proc
// take the other way, from then on.
std::atomic<bool> has_nameless = true;

}  // namespace

Result<bool> link_once(int folder, const std::string& name,
                       std::string_view content, Durability durability,
                       Mtime mtime) {
  const std::string place = name.substr(0, name.rfind('/') + 1);
  if (has_nameless) {
    Result<bool> linked =
        link_as<Nameless>(folder, place, name, content, durability, mtime);
    if (linked || passes_by(errno)) {
      return linked;
    }
  }
  Result<bool> linked =
      link_as<Temporary>(folder, place, name, content, durability, mtime);
  has_nameless = has_nameless && !linked;
  return linked;
}

Result<void> replace_file(const std::string& path, std::string_view content) {
  const std::size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string name = path.substr(slash + 1);
  const Fd opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status;
  if (!opened.is_open() ||
      fstatat(opened.get(), name.c_str(), &status, 0) != 0) {
    return Error{Errc::kUnavailable, system_error(path)};
  }
  Temporary file(opened.get(), "");
  if (!file.write_whole(content, Durability::kSynced, Mtime::kNow) ||
      !file.has_owner_of(status) || !file.rename_to(name)) {
    return Error{Errc::kUnavailable, system_error("replacing " + path)};
  }
  fsync(opened.get());
  return {};
}

}  // namespace claimcheck
