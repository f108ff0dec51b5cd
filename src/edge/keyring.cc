#include "edge/keyring.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "claimcheck/base64url.h"
#include "edge/file.h"
#include "edge/random.h"
#include "edge/temporary.h"

namespace claimcheck {
namespace {

constexpr const char* kSecretName = "secret";
constexpr std::size_t kMaxSecretFile = 4096;

Error config_error(const std::string& file, std::string_view why) {
  return Error{Errc::kConfig, "keys: " + file + ": " + std::string(why)};
}

Result<void> check_private(int fd, const std::string& file) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return config_error(file, "not a regular file");
  }
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return config_error(file,
                        "belongs to another user: chown it to root or "
                        "to the user that runs us");
  }
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return config_error(file,
                        "others may read or write the secret: chmod "
                        "0600 it, or 0640, and make a new secret if it "
                        "was exposed");
  }
  return {};
}

// A secret is a line of text as `claimcheck keygen` or openssl prints it, or
// any bytes; the line's end is not part of it.
std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  return text;
}

Result<Key> key_of_text(const std::string& file, std::string_view text) {
  const std::string_view secret = without_line_end(text);
  if (secret.find('\n') != std::string_view::npos || secret.starts_with('{') ||
      secret.starts_with("-----BEGIN")) {
    return config_error(file,
                        "expected a raw secret, one line of at least 32 "
                        "bytes; this looks like another kind of key");
  }
  Result<Key> key = Key::hs256(secret);
  return key ? std::move(key) : config_error(file, key.error().detail);
}

Result<Key> read_key(int fd, const std::string& file) {
  if (Result<void> r = check_private(fd, file); !r) {
    return r.error();
  }
  std::string text(kMaxSecretFile + 1, '\0');
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  if (size < 0 || size > static_cast<ssize_t>(kMaxSecretFile)) {
    return config_error(file, "cannot be read, or is longer than 4096 bytes");
  }
  Result<Key> key = key_of_text(file, std::string_view(text).substr(0, size));
  cleanse(text);
  return key;
}

Result<Key> read_key_file(const std::string& file) {
  const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) {
    return Error{Errc::kConfig, "keys: " + system_error(file) +
                                    ": expected a file with a secret of at "
                                    "least 32 bytes that others cannot read"};
  }
  return read_key(fd.get(), file);
}

// Whoever comes second finds the first one's secret.
Result<void> make_secret(int state) {
  std::string text = base64url_encode(random_bytes<32>()) + '\n';
  const Result<bool> made =
      link_once(state, kSecretName, text, Durability::kSynced);
  cleanse(text);
  return made ? Result<void>() : made.error();
}

Result<Key> secret_in(int state) {
  for (const bool made : {false, true}) {
    const Fd fd(openat(state, kSecretName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd.is_open()) {
      return read_key(fd.get(), "the secret in the state directory");
    }
    if (errno != ENOENT || made) {
      break;
    }
    if (Result<void> r = make_secret(state); !r) {
      return r.error();
    }
  }
  return Error{Errc::kUnavailable,
               system_error("the secret in the state directory")};
}

}  // namespace

Result<Key> Keyring::load() {
  if (!file_.empty()) {
    return read_key_file(file_);
  }
  if (!secret_.empty()) {
    Result<Key> key = Key::hs256(secret_);
    return key ? std::move(key)
               : Error{Errc::kConfig, "JWT_SECRET: " + key.error().detail};
  }
  Result<Fd> folder = state_.open();
  if (!folder) {
    return folder.error();
  }
  return secret_in(folder->get());
}

Result<std::shared_ptr<const KeySet>> Keyring::keys() {
  const std::lock_guard lock(mutex_);
  if (keys_ == nullptr) {
    Result<Key> key = load();
    if (!key) {
      return key.error();
    }
    keys_ = std::make_shared<const KeySet>(KeySet{*std::move(key)});
  }
  return keys_;
}

}  // namespace claimcheck
