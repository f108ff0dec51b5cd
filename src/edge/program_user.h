// The user that the programs run as, for who tests in their place.
#ifndef CLAIMCHECK_EDGE_PROGRAM_USER_H_
#define CLAIMCHECK_EDGE_PROGRAM_USER_H_

#include <sys/types.h>

#include <string>

#include "edge/config_lookup.h"

namespace claimcheck {

// user_name is "www-data (uid 33)", or "uid 1234" of a user without a name.
std::string user_name(uid_t uid);

// Owned is a file or folder that only its owner's programs can use.
struct Owned {
  std::string path;
  uid_t uid = 0;
  gid_t gid = 0;
};

// program_user returns what tells who runs the programs: of the state
// directory, the keys and the configuration file, the first that is there and
// not root's. Empty if there is none. Root alone can tell for sure.
Owned program_user(const ConfigSources& sources);

// become makes root its owner, for ever and with his groups. False for who is
// not root, or may not.
bool become(const Owned& owned);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_PROGRAM_USER_H_
