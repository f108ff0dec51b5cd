// A host with FTP alone cannot restart a program: mod_fcgid keeps it for as
// long as the server runs. Where the configuration was found above the
// executable, or is yet to be, the program ends when it is another one, as on
// SIGTERM, and the web server starts it anew.
//
//   ConfigWatch watch(sources);
//   const Result<Config> config = load_config(sources);
//   watch.start(std::chrono::seconds(2));
#ifndef CLAIMCHECK_EDGE_CONFIG_WATCH_H_
#define CLAIMCHECK_EDGE_CONFIG_WATCH_H_

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>

#include "edge/config_lookup.h"

namespace claimcheck {

// ConfigWatch remembers the version that is there when it is made. A
// configuration that somebody named, or the system's, is not watched.
class ConfigWatch {
 public:
  explicit ConfigWatch(ConfigSources sources);
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;
  ~ConfigWatch();

  // has_changed tells whether there is another version now.
  bool has_changed() const;

  // start looks every `pause`, in a thread of its own, until the destructor,
  // or a change: then it sends SIGTERM to this process. Call it once, when all
  // is done that wants a process of one thread.
  void start(std::chrono::milliseconds pause);

 private:
  // What tells one version from another; of a file that is not there, nothing.
  using Version = std::tuple<std::string, dev_t, ino_t, off_t, time_t, long>;

  static Version version_of(const ConfigFile& file);
  void run(std::chrono::milliseconds pause);

  const ConfigSources sources_;
  const ConfigFile file_;
  const Version version_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_WATCH_H_
