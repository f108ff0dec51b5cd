#include "edge/config_watch.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "edge/audit.h"

namespace claimcheck {
namespace {

bool is_watched(const ConfigFile& file) {
  return file.name.empty() || file.by == ConfigFile::By::kExecutable;
}

}  // namespace

ConfigWatch::Version ConfigWatch::version_of(const ConfigFile& file) {
  struct stat status;
  if (file.name.empty() || stat(file.name.c_str(), &status) != 0) {
    return {file.name, 0, 0, 0, 0, 0};
  }
  return {file.name,      status.st_dev,         status.st_ino,
          status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

ConfigWatch::ConfigWatch(ConfigSources sources)
    : sources_(std::move(sources)),
      file_(find_config_file(sources_)),
      version_(version_of(file_)) {}

ConfigWatch::~ConfigWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool ConfigWatch::has_changed() const {
  if (!is_watched(file_)) {
    return false;
  }
  const ConfigFile now = find_config_file(sources_);
  return is_watched(now) && version_of(now) != version_;
}

void ConfigWatch::start(std::chrono::milliseconds pause) {
  if (!is_watched(file_)) {
    return;
  }
  // Signals are the event loop's, never this thread's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this, pause] { run(pause); });
  } catch (const std::system_error& refused) {
    write_error(admin_lines(std::string("the configuration is not watched: ") +
                            refused.what()));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ConfigWatch::run(std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pause, [this] { return is_over_; })) {
    if (has_changed()) {
      kill(getpid(), SIGTERM);
      return;
    }
  }
}

}  // namespace claimcheck
