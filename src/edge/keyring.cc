#include "edge/keyring.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "claimcheck/base64url.h"
#include "claimcheck/sha256.h"
#include "edge/file.h"
#include "edge/random.h"
#include "edge/temporary.h"

namespace claimcheck {
namespace {

// Linux stamps files by a tick of at most 10 ms.
constexpr std::int64_t kTickNs = 50'000'000;

FileVersion version_at(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 ? version_of(status) : FileVersion{};
}

// Either clock may be ahead, as on a network file system.
bool is_older_than_a_tick(const FileVersion& version) {
  const auto now = std::chrono::nanoseconds(
      std::chrono::system_clock::now().time_since_epoch());
  return std::abs(now.count() - version.changed_ns) > kTickNs;
}

Result<KeyFile> in_setting(const std::string& name, Result<KeyFile> file) {
  return file ? std::move(file)
              : Error{file.error().code, name + ": " + file.error().detail};
}

// Whoever comes second finds the first one's secret.
Result<void> make_secret(int state) {
  std::string text = base64url_encode(random_bytes<32>()) + '\n';
  const Result<bool> made =
      link_once(state, kSecretName, text, Durability::kSynced);
  cleanse(text);
  return made ? Result<void>() : made.error();
}

Result<KeyFile> secret_in(int state) {
  for (const bool made : {false, true}) {
    const Fd fd(openat(state, kSecretName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd.is_open()) {
      return read_key_file(fd.get(), "the secret in the state directory");
    }
    if (errno != ENOENT || made) {
      break;
    }
    if (Result<void> r = make_secret(state); !r) {
      return r.error();
    }
  }
  const char* const advice =
      errno == EACCES ? ": chown it and the directory to us" : "";
  return Error{Errc::kUnavailable,
               system_error("the secret in the state directory") + advice};
}

}  // namespace

Result<KeyFile> Keyring::load() {
  if (state_ == nullptr || !file_.empty()) {
    path_ = file_;
    return in_setting(setting_, open_key_file(file_));
  }
  if (!secret_.empty()) {
    Result<Key> key = Key::hs256(secret_);
    return key ? Result<KeyFile>(KeyFile{{*std::move(key)}, {}})
               : Error{Errc::kConfig, "JWT_SECRET: " + key.error().detail};
  }
  Result<HeldFile::Use> folder = state_->open();
  if (!folder) {
    return folder.error();
  }
  path_ = state_->path() + '/' + kSecretName;
  return secret_in((*folder)->get());
}

// Without a path the keys are the environment's, and stay.
bool Keyring::is_current() const {
  return keys_ != nullptr &&
         (path_.empty() || (is_settled_ && version_at(path_) == seen_));
}

void Keyring::take(KeyFile loaded) {
  keys_ = std::make_shared<const KeySet>(std::move(loaded.keys));
  seen_ = loaded.version;
  problem_.clear();
}

void Keyring::keep_old(const FileVersion& refused, const Error& error) {
  seen_ = refused;
  if (error.detail != problem_) {
    problem_ = error.detail;
    notice_ = problem_ + "; the keys of before stay in force";
  }
}

Result<std::shared_ptr<const KeySet>> Keyring::keys() {
  const std::lock_guard lock(mutex_);
  if (is_current()) {
    return keys_;
  }
  const FileVersion before = version_at(path_);
  Result<KeyFile> loaded = load();
  if (!loaded && keys_ == nullptr) {
    return loaded.error();
  }
  if (loaded) {
    take(*std::move(loaded));
  } else {
    keep_old(before, loaded.error());
  }
  is_settled_ = is_older_than_a_tick(seen_);
  return keys_;
}

std::string Keyring::take_notice() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notice_, {});
}

}  // namespace claimcheck
