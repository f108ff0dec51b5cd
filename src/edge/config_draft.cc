#include "edge/config_draft.h"

#include <chrono>

namespace claimcheck {
namespace {

void check_lifetime(std::string_view where, Draft& draft) {
  const Config& config = draft.config;
  if (config.token_lifetime >= std::chrono::milliseconds(100) &&
      config.token_lifetime <= config.token.max_lifetime) {
    return;
  }
  // One of the two was set: the defaults go together.
  for (const char* key : {"token_lifetime", "max_lifetime"}) {
    const auto place = draft.places.find(key);
    if (place != draft.places.end()) {
      where = place->second;
      break;
    }
  }
  draft.add_mistake(where, "token_lifetime",
                    "expected \"100ms\" up to max_lifetime, which is \"" +
                        std::to_string(config.token.max_lifetime.count()) +
                        "ms\"");
}

// The first match decides: what an earlier tree takes, with its own users, is
// never asked for.
void check_order(Draft& draft) {
  const std::vector<Download>& downloads = draft.config.downloads;
  for (std::size_t i = 0; i < downloads.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const std::string& earlier = downloads[j].path;
      const std::string& later = downloads[i].path;
      const bool is_taken = later == earlier || (downloads[j].is_tree() &&
                                                 later.starts_with(earlier));
      if (is_taken && !later.empty()) {
        draft.add_mistake(
            draft.download_places[i], "path",
            "\"" + later + "\" is never reached: \"" + earlier +
                "\" stands before it and takes it; change their order");
      }
    }
  }
}

}  // namespace

void Draft::add_mistake(std::string_view where, std::string_view key,
                        std::string_view why) {
  mistakes += mistakes.empty() ? "" : "\n";
  mistakes += std::string(where) + ": " + std::string(key) +
              (key.empty() ? "" : ": ") + std::string(why);
}

void check_whole(std::string_view where, Draft& draft) {
  check_lifetime(where, draft);
  check_order(draft);
  if (draft.config.downloads.empty()) {
    draft.add_mistake(where, "download",
                      "nothing can be downloaded: add a [[download]] with path "
                      "and root, or set CLAIMCHECK_ROOT");
  }
}

}  // namespace claimcheck
