// A configuration that is being read: what it says so far, where it says so,
// and what is wrong with it.
#ifndef CLAIMCHECK_EDGE_CONFIG_DRAFT_H_
#define CLAIMCHECK_EDGE_CONFIG_DRAFT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/config.h"

namespace claimcheck {

struct Draft {
  Config config;
  // Where a flat key stands, well or badly set, "FILE:LINE" or "environment:
  // VARIABLE"; the last counts.
  std::map<std::string, std::string, std::less<>> places;
  // Where each of config.downloads stands.
  std::vector<std::string> download_places;
  // Whether others may read the configuration file.
  bool is_readable_by_others = false;
  // A line for each mistake.
  std::string mistakes;

  // add_mistake adds the line "WHERE: KEY: WHY".
  void add_mistake(std::string_view where, std::string_view key,
                   std::string_view why);
};

// check_whole adds what can only be seen with everything read: values that do
// not go together, downloads that are never reached, none at all. `where` is
// the place of what stands nowhere.
void check_whole(std::string_view where, Draft& draft);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFIG_DRAFT_H_
