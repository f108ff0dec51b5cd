#include "edge/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "edge/confinement.h"

namespace claimcheck {
namespace {

// O_NONBLOCK: opening a FIFO must not wait for its other end.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

constexpr auto kNoLinks = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

Fd open_with_openat2(int root, const std::string& path,
                     std::uint64_t resolve = RESOLVE_BENEATH | kNoLinks) {
  open_how how{};
  how.flags = kReadFlags;
  how.resolve = resolve;
  return Fd(static_cast<int>(
      syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// At once, where the root is reached without links too. Without a link and
// without dots nothing leads out of it. Not open: go the long way, which says
// why.
Fd open_at_once(const FileRef& file) {
  const bool may_climb = file.path.find("..") != std::string::npos;
  return may_climb ? Fd()
                   : open_with_openat2(AT_FDCWD, file.root + '/' + file.path,
                                       kNoLinks);
}

Fd open_in(int root, const std::string& path) {
  // EAGAIN: a rename went on beside us and the kernel could not tell whether
  // the path stayed beneath the root.
  for (int tries = 0; tries < 8; ++tries) {
    Fd fd = open_with_openat2(root, path);
    if (fd.is_open()) {
      return fd;
    }
    if (errno == ENOSYS || errno == EPERM) {
      return open_by_component(root, path, kReadFlags);
    }
    if (errno != EAGAIN) {
      return fd;
    }
  }
  return Fd();
}

bool is_our_fault(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM ||
         error == EAGAIN || error == EIO;
}

// Permissions allow it, and yet it was denied: by our own confinement, which a
// tree that was moved since lies outside of.
bool is_out_of_reach(int root, const std::string& path) {
  const int error = errno;
  const bool is = error == EACCES && is_confined() &&
                  faccessat(root, path.c_str(), R_OK, AT_EACCESS) == 0;
  errno = error;
  return is;
}

Error failed_to_open(int root, const FileRef& file) {
  const Errc code = is_our_fault(errno) || is_out_of_reach(root, file.path)
                        ? Errc::kUnavailable
                        : Errc::kNotFound;
  std::string why = system_error(file.root + " / " + file.path);
  if (errno == ELOOP) {
    why += ": symbolic links are not followed";
  }
  return Error{code, std::move(why)};
}

Result<Fd> open_by_root(const FileRef& file) {
  const Fd root(open(file.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) {
    const char* const advice =
        errno == EACCES ? ": let us search it and the folders above it (chmod "
                          "o+x, or setfacl)"
                        : ": mount it, or correct root or file in [[download]]";
    return Error{Errc::kUnavailable,
                 system_error("the folder " + file.root) + advice};
  }
  Fd opened = open_in(root.get(), file.path);
  if (!opened.is_open()) {
    return failed_to_open(root.get(), file);
  }
  return opened;
}

}  // namespace

bool has_openat2() {
  const Fd root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return open_with_openat2(root.get(), ".").is_open() ||
         (errno != ENOSYS && errno != EPERM);
}

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kLimit = 9'200'000'000;
  const std::int64_t seconds =
      std::clamp<std::int64_t>(time.tv_sec, -kLimit, kLimit);
  return seconds * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identity_of(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_size),
          nanoseconds(status.st_mtim), status.st_ino};
}

std::string system_error(const std::string& what) {
  const int error = errno;
  std::string text = what + ": " + std::strerror(error);
  if (error == EACCES || error == EPERM) {
    text += " for uid " + std::to_string(geteuid());
    if (is_confined()) {
      text +=
          ", or it was moved there since we confined ourselves (Landlock): "
          "then restart us";
    }
  }
  errno = error;
  return text;
}

// No more room than the file needs: a CGI program pays for each page that it
// touches.
std::optional<std::string> read_text(int fd, const struct stat& status,
                                     std::size_t max_bytes) {
  const auto expected = static_cast<std::size_t>(status.st_size);
  if (expected > max_bytes) {
    return std::nullopt;
  }
  std::string text(expected + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = pread(fd, text.data() + size, text.size() - size,
                              static_cast<off_t>(size));
    if (got <= 0 && !(got < 0 && errno == EINTR)) {
      text.resize(size);
      return got == 0 ? std::optional(std::move(text)) : std::nullopt;
    }
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return std::nullopt;
}

// The last free block takes the beginning; the rest then learns why.
std::size_t write_some(int fd, std::string_view bytes) {
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t written = write(fd, bytes.data() + size, bytes.size() - size);
    if (written <= 0) {
      break;
    }
    size += static_cast<std::size_t>(written);
  }
  return size;
}

Fd open_by_component(int root, const std::string& path, int flags) {
  Fd folder(openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  while (folder.is_open()) {
    const std::size_t slash = path.find('/', begin);
    const std::string name = path.substr(begin, slash - begin);
    if (name.empty() || name == "." || name == "..") {
      errno = ENOENT;
      return Fd();
    }
    if (slash == std::string::npos) {
      return Fd(openat(folder.get(), name.c_str(), flags | O_NOFOLLOW));
    }
    folder = Fd(openat(folder.get(), name.c_str(),
                       O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = slash + 1;
  }
  return folder;
}

Result<OpenFile> open_beneath(const FileRef& file) {
  Result<Fd> fd = open_at_once(file);
  if (!fd->is_open()) {
    fd = open_by_root(file);
  }
  if (!fd) {
    return fd.error();
  }
  struct stat status;
  if (fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Error{Errc::kNotFound,
                 file.root + " / " + file.path + ": not a regular file"};
  }
  OpenFile opened;
  opened.fd = *std::move(fd);
  static_cast<FileIdentity&>(opened) = identity_of(status);
  return opened;
}

}  // namespace claimcheck
