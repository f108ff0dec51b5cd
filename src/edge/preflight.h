// What can be tested of a configuration before the first request, as the user
// that runs this process.
//
//   const Draft draft = load_draft(sources);
//   for (const Finding& finding : preflight({draft, docroot, system_now()})) {
//     print(text_of(finding));   // "FILE:3: keys: what is wrong: what to do"
//   }
//
// Nothing is made or changed, but that a Redis is asked as get-token asks it,
// which leaves a key there that goes by itself.
#ifndef CLAIMCHECK_EDGE_PREFLIGHT_H_
#define CLAIMCHECK_EDGE_PREFLIGHT_H_

#include <sys/resource.h>
#include <sys/statvfs.h>

#include <string>
#include <vector>

#include "claimcheck/unix_time.h"
#include "edge/config_draft.h"

namespace claimcheck {

// Finding is what somebody has to mend: where it stands, at which key, what is
// wrong and what to do. No secret is in it.
struct Finding {
  std::string where;
  std::string key;
  std::string why;
};
using Findings = std::vector<Finding>;

// text_of is "WHERE: KEY: WHY".
std::string text_of(const Finding& finding);

// Site is what is tested. The draft has no mistakes.
struct Site {
  const Draft& draft;
  // The web server's document root; empty: not told.
  std::string docroot;
  UnixTime now{};
};

// preflight makes all the tests that follow.
Findings preflight(const Site& site);

// preflight_notes are what an admin wants to know and need not mend.
std::vector<std::string> preflight_notes(const Site& site);

// The keys are there and theirs whom they may be, and one may sign.
Findings check_keys(const Site& site);
// bearer_keys are, too, and none of them is in keys.
Findings check_bearer_keys(const Site& site);
// Used tokens can be kept, and the secret that makes itself.
Findings check_state(const Site& site);
// Each [[download]] has its folder or its program within reach.
Findings check_downloads(const Site& site);
// Nothing private lies in a root, and no root in the state directory.
Findings check_overlaps(const Site& site);
// Nothing lies in the document root.
Findings check_docroot(const Site& site);
// The audit log can be appended to.
Findings check_audit(const Site& site);
// Enough files may be open.
Findings check_limit(const rlimit& limit);

// needs_state tells whether something is kept in the state directory or Redis;
// makes_secret, whether that is the secret, too.
bool needs_state(const Config& config);
bool makes_secret(const Config& config);

// own_keys are those that `keys`, JWT_SECRET or the state directory holds; none
// where a secret has yet to make itself. Errors as Keyring has them.
Result<KeySet> own_keys(const Config& config);

// state_notes are those of the state directory and its secret.
std::vector<std::string> state_notes(const Config& config);

// why_no_room tells that a file system has no room for used tokens; empty if it
// has.
std::string why_no_room(const struct statvfs& file_system,
                        const std::string& folder);

// what_denies says which folder on the way to `path`, itself included, we may
// not search, and what to do; empty if there is none.
std::string what_denies(const std::string& path);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_PREFLIGHT_H_
