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

// What was wrong with a file that was refused need not have been the file's: it
// is read again, whether or not it has changed.
constexpr std::chrono::seconds kPatience{1};

std::int64_t now_ns() {
  return std::chrono::nanoseconds(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Either clock may be ahead, as on a network file system.
bool is_older_than_a_tick(const FileVersion& version, std::int64_t now) {
  return std::abs(now - version.changed_ns) > kTickNs;
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

Result<Keyring::Loaded> Keyring::load() const {
  // Before the file is read: it may change while it is.
  const std::int64_t now = now_ns();
  const auto at = [now](std::string path,
                        Result<KeyFile> file) -> Result<Loaded> {
    if (!file) {
      return file.error();
    }
    return Loaded{std::make_shared<const KeySet>(std::move(file->keys)),
                  std::move(path), file->version,
                  is_older_than_a_tick(file->version, now)};
  };
  if (state_ == nullptr || !file_.empty()) {
    return at(file_, in_setting(setting_, open_key_file(file_)));
  }
  if (!secret_.empty()) {
    Result<Key> key = Key::hs256(secret_);
    return key ? at("", KeyFile{{*std::move(key)}, {}})
               : Error{Errc::kConfig, "JWT_SECRET: " + key.error().detail};
  }
  Result<HeldFile::Use> folder = state_->open();
  if (!folder) {
    return folder.error();
  }
  return at(state_->path() + '/' + kSecretName, secret_in((*folder)->get()));
}

std::shared_ptr<const Keyring::Loaded> Keyring::newest() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

// Without a path the keys are the environment's, and stay.
bool Keyring::is_current(const Loaded& loaded) {
  if (loaded.path.empty()) {
    return true;
  }
  const bool may_wait = !loaded.try_again || Clock::now() < *loaded.try_again;
  return may_wait && loaded.is_settled &&
         version_at(loaded.path) == loaded.version;
}

std::shared_ptr<const KeySet> Keyring::take(Loaded loaded) {
  const std::lock_guard lock(mutex_);
  loaded_ = std::make_shared<const Loaded>(std::move(loaded));
  return loaded_->keys;
}

std::shared_ptr<const KeySet> Keyring::keep_old(Loaded old,
                                                const FileVersion& refused,
                                                const Error& error) {
  old.version = refused;
  old.is_settled = is_older_than_a_tick(refused, now_ns());
  old.try_again = Clock::now() + kPatience;
  if (error.detail != problem_) {
    problem_ = error.detail;
    const std::lock_guard lock(mutex_);
    notice_ = problem_ + "; the keys of before stay in force";
  }
  return take(std::move(old));
}

// The look at the file is not behind a lock: no thread waits for another's.
Result<std::shared_ptr<const KeySet>> Keyring::keys() {
  if (const auto loaded = newest(); loaded && is_current(*loaded)) {
    return loaded->keys;
  }
  const std::lock_guard lock(loading_);
  const auto old = newest();
  if (old && is_current(*old)) {
    return old->keys;
  }
  const FileVersion before = version_at(old ? old->path : file_);
  Result<Loaded> loaded = load();
  if (loaded) {
    problem_.clear();
    return take(*std::move(loaded));
  }
  return old ? keep_old(*old, before, loaded.error())
             : Result<std::shared_ptr<const KeySet>>(loaded.error());
}

Result<void> Keyring::check() {
  if (newest() != nullptr) {
    return {};
  }
  const auto loaded = keys();
  return loaded ? Result<void>() : loaded.error();
}

std::string Keyring::take_notice() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notice_, {});
}

}  // namespace claimcheck
