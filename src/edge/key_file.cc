#include "edge/key_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "claimcheck/sha256.h"
#include "edge/file.h"
#include "policy/fd.h"

namespace claimcheck {
namespace {

Error config_error(const std::string& file, std::string_view why) {
  return Error{Errc::kConfig, file + ": " + std::string(why)};
}

Result<void> check_owner(const struct stat& status, const std::string& file) {
  if (!S_ISREG(status.st_mode)) {
    return config_error(file, "not a regular file");
  }
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return config_error(file,
                        "belongs to another user: chown it to root or "
                        "to the user that runs us");
  }
  if ((status.st_mode & (S_IWOTH | S_IWGRP)) != 0) {
    return config_error(file,
                        "others may write to it, and who writes keys signs "
                        "tokens: chmod 0600 it, or 0640");
  }
  return {};
}

Result<void> check_private(const struct stat& status, const std::string& file) {
  if ((status.st_mode & S_IRWXO) != 0) {
    return config_error(file,
                        "others may read the secret: chmod 0600 it, or 0640, "
                        "and make a new secret if it was exposed");
  }
  return {};
}

Result<KeySet> parse(std::string_view text, const std::string& file) {
  Result<KeySet> keys = parse_keys(text);
  return keys ? std::move(keys) : config_error(file, keys.error().detail);
}

}  // namespace

FileVersion version_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size,
          nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

Result<KeyFile> read_key_file(int fd, const std::string& name) {
  struct stat status;
  if (fstat(fd, &status) != 0) {
    return config_error(name, "cannot be looked at");
  }
  if (Result<void> r = check_owner(status, name); !r) {
    return r.error();
  }
  std::optional<std::string> text = read_text(fd, status, kMaxKeyText);
  if (!text) {
    return config_error(name, "cannot be read, or is longer than 65536 bytes");
  }
  Result<KeySet> keys = parse(*text, name);
  cleanse(*text);
  if (!keys) {
    return keys.error();
  }
  if (Result<void> r = check_private(status, name); is_private(*keys) && !r) {
    return r.error();
  }
  return KeyFile{*std::move(keys), version_of(status)};
}

Result<KeyFile> open_key_file(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) {
    return Error{Errc::kConfig,
                 system_error(path) +
                     ": expected a file with keys that others cannot read, as "
                     "`claimcheck keygen` makes one"};
  }
  return read_key_file(fd.get(), path);
}

}  // namespace claimcheck
