#include "edge/config_draft.h"

#include <chrono>

#include "edge/download_table.h"
#include "edge/redis_connection.h"
#include "edge/redis_url.h"

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

// A token that vouches is pinned whole or not asked for: one of these that is
// forgotten would let in whom the site did not mean, or nobody.
void check_bearer(Draft& draft) {
  const Config& config = draft.config;
  const bool is_wanted = config.access == Access::kBearer;
  for (const char* key :
       {"bearer_keys", "bearer_issuer", "bearer_audience", "bearer_cookie"}) {
    const auto place = draft.places.find(key);
    const bool is_set = place != draft.places.end();
    if (is_set && !is_wanted) {
      draft.add_mistake(place->second, key,
                        "means nothing without access = \"bearer\"");
    } else if (!is_set && is_wanted &&
               key != std::string_view("bearer_cookie")) {
      draft.add_mistake(draft.places.at("access"), key,
                        "is missing, and access = \"bearer\" needs it");
    }
  }
  if (!config.keys.empty() && config.bearer.keys == config.keys) {
    draft.add_mistake(draft.places.at("bearer_keys"), "bearer_keys",
                      "is the file of keys: expected another file, with keys "
                      "of its own");
  }
}

// `where` is the place of the URL.
void check_redis_url(const std::string& where, Draft& draft) {
  const Result<RedisAddress> address = parse_redis_url(draft.config.state_url);
  if (!address) {
    draft.add_mistake(where, "state", address.error().detail);
  } else if (!kHasHiredis) {
    draft.add_mistake(where, "state",
                      "this was built without hiredis, by which Redis is "
                      "asked: install it (Debian: libhiredis-dev), remove "
                      "config.mk and build again");
  } else if (!address->password.empty() && draft.is_readable_by_others &&
             !where.starts_with("environment")) {
    draft.add_mistake(where, "state",
                      "holds a password, and others may read this file: chmod "
                      "0640 it and give it the group that runs us");
  }
}

// Several hosts have no folder in common that could make them a secret.
void check_redis(Draft& draft) {
  const Config& config = draft.config;
  if (config.state_url.empty()) {
    const auto keys = draft.places.find("keys");
    if (!config.redis_keys.empty() && keys != draft.places.end()) {
      draft.add_mistake(keys->second, "keys",
                        "redis:NAME means nothing without a Redis in state");
    }
    return;
  }
  const std::string& where = draft.places.at("state");
  check_redis_url(where, draft);
  if (config.keys.empty() && config.redis_keys.empty() &&
      config.jwt_secret.empty()) {
    draft.add_mistake(where, "keys",
                      "is missing, and the hosts that share a Redis need the "
                      "same: name a file that all have, or redis:NAME");
  }
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
            draft.download_places[i].of("path"), "path",
            "\"" + later + "\" is never reached: \"" + earlier +
                "\" stands before it and takes it; change their order");
      }
    }
  }
}

// nginx knows one folder by a name: the other's files would be taken for files
// of the first, whoever may have these.
void check_internal(Draft& draft) {
  const std::vector<Download>& downloads = draft.config.downloads;
  for (std::size_t i = 0; i < downloads.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const std::string& internal = downloads[i].internal;
      if (!internal.empty() && internal == downloads[j].internal &&
          folder_of(downloads[i]) != folder_of(downloads[j])) {
        draft.add_mistake(
            draft.download_places[i].of("internal"), "internal",
            "\"" + internal + "\" stands for " + folder_of(downloads[j]) +
                " already, and the folder here is " + folder_of(downloads[i]) +
                ": expected a location of its own");
      }
    }
  }
}

std::string why_no_download(const ConfigFile& file) {
  if (file.by == ConfigFile::By::kNothing) {
    return std::string(
               "there is no configuration: put claimcheck/claimcheck.toml into "
               "a folder above the program and outside the document root, or "
               "make ") +
           kSystemConfigFile + ", or set CLAIMCHECK_ROOT";
  }
  return "nothing can be downloaded: add a [[download]] with path and root, or "
         "set CLAIMCHECK_ROOT";
}

}  // namespace

const std::string& DownloadPlaces::of(std::string_view key) const {
  const auto found = keys.find(key);
  return found == keys.end() ? table : found->second;
}

std::string Draft::place_of(std::string_view key) const {
  const auto found = places.find(key);
  return found == places.end() ? "default" : found->second;
}

void Draft::add_mistake(std::string_view where, std::string_view key,
                        std::string_view why) {
  mistakes += mistakes.empty() ? "" : "\n";
  mistakes += std::string(where) + ": " + std::string(key) +
              (key.empty() ? "" : ": ") + std::string(why);
}

void check_whole(std::string_view where, Draft& draft) {
  check_lifetime(where, draft);
  check_bearer(draft);
  check_redis(draft);
  check_order(draft);
  check_internal(draft);
  if (draft.config.downloads.empty()) {
    draft.add_mistake(where, "download", why_no_download(draft.file));
  }
}

}  // namespace claimcheck
