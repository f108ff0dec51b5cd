// A configuration that is being read: what it says so far, where it says so,
// and what is wrong with it.
#ifndef CLAIMCHECK_EDGE_CONFIG_DRAFT_H_
#define CLAIMCHECK_EDGE_CONFIG_DRAFT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "edge/config_lookup.h"
#include "policy/config.h"

namespace claimcheck {

// DownloadPlaces is where a [[download]] stands, and each of its keys.
struct DownloadPlaces {
  std::string table;
  std::map<std::string, std::string, std::less<>> keys;

  const std::string& of(std::string_view key) const;
};

struct Draft {
  Config config;
  // What was read; kNothing where the environment is all.
  ConfigFile file;
  // False: the file cannot be read or is no TOML, and nothing is known of what
  // it wants.
  bool is_read = true;
  // Where a flat key stands, well or badly set, "FILE:LINE" or "environment:
  // VARIABLE"; the last counts.
  std::map<std::string, std::string, std::less<>> places;
  // Where each of config.downloads stands.
  std::vector<DownloadPlaces> download_places;
  // Whether others may read the configuration file.
  bool is_readable_by_others = false;
  // A line for each mistake.
  std::string mistakes;

  // add_mistake adds the line "WHERE: KEY: WHY".
  void add_mistake(std::string_view where, std::string_view key,
                   std::string_view why);

  // place_of returns where a flat key stands; "default" if nowhere.
  std::string place_of(std::string_view key) const;
};

// check_whole adds what can only be seen with everything read: values that do
// not go together, downloads that are never reached, none at all. `where` is
// the place of what stands nowhere.
void check_whole(std::string_view where, Draft& draft);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_DRAFT_H_
