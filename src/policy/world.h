// World is all that policy needs from outside, and the only way to it. edge/
// has the real one, tests a fake.
#ifndef CLAIMCHECK_POLICY_WORLD_H_
#define CLAIMCHECK_POLICY_WORLD_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "claimcheck/jwt.h"
#include "claimcheck/key.h"
#include "claimcheck/result.h"
#include "policy/fd.h"
#include "policy/file_identity.h"
#include "policy/name_template.h"
#include "policy/output.h"

namespace claimcheck {

// FileRef names a file beneath a folder: `path` is relative, without empty or
// dot segments.
struct FileRef {
  std::string root;
  std::string path;
};

// OpenFile is a regular file, open for reading, and its identity.
struct OpenFile : FileIdentity {
  Fd fd;

  const FileIdentity& identity() const { return *this; }
};

// CommandCall is what a visitor's request decides of a command: which one it
// is, by the path of its download, and for whom.
struct CommandCall {
  std::string path;
  ParamValues params;
  std::string user;  // empty where nobody is known

  bool operator==(const CommandCall&) const = default;
};

// Command is a program to run, and the call that it was made of by
// command_of(): whoever will not trust us makes it again. The first of its
// arguments is its absolute name, its environment is "NAME=value" and holds
// nothing else. `timeout` is for its first byte, and from one byte to the next
// as far as they are taken. No text holds a NUL.
struct Command {
  CommandCall call;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::chrono::milliseconds timeout{};
};

// Redemption names a used token: by its handle, and by its exp, which tells how
// long it has to be remembered.
struct Redemption {
  std::string handle;
  UnixTime expires{};
  // Before then nobody can have used it.
  UnixTime usable_since{};
};

// Lease is what is kept of a used token: which version of what it was good
// for, and who may ask for it again (policy/lease.h).
struct Lease {
  Redemption token;
  std::string resource;
  FileIdentity file;
  std::string etag;
  // Whose it is: the confirmation of a client cookie (cookie_confirmation()),
  // the hash of an address, both or neither.
  std::string cookie;
  std::string address;
  UnixTime redeemed{};
  // When it ends.
  UnixTime deadline{};
};

class World {
 public:
  virtual ~World() = default;

  virtual UnixTime now() = 0;

  // random returns 128 bits that nobody can guess.
  virtual std::array<unsigned char, 16> random() = 0;

  // keys returns the keys in force. kConfig or kUnavailable.
  virtual Result<std::shared_ptr<const KeySet>> keys() = 0;

  // bearer_keys returns the keys that verify bearer tokens. kConfig.
  virtual Result<std::shared_ptr<const KeySet>> bearer_keys() = 0;

  // open returns the regular file that `file` names, reached without following
  // a link or leaving the root. kNotFound, or kUnavailable where the root or
  // the process is at fault.
  virtual Result<OpenFile> open(const FileRef& file) = 0;

  // start starts a program, without waiting for it: that it could not be
  // started may come out later. kUnavailable where there is no room for one
  // more.
  virtual Result<std::unique_ptr<Output>> start(const Command& command) = 0;

  // check_redemptions tells whether redeem() could work now. kUnavailable.
  virtual Result<void> check_redemptions() = 0;

  // find_lease returns what is kept of a used token; nothing if it was not
  // used. kUnavailable.
  virtual Result<std::optional<Lease>> find_lease(
      const Redemption& redemption) = 0;

  // redeem keeps `lease` and returns nothing for exactly one caller among all
  // threads, processes and hosts: its token is used from now on. The others get
  // what is kept already. kUnavailable.
  virtual Result<std::optional<Lease>> redeem(const Lease& lease) = 0;

  // repeat is true for exactly one caller after redeem(), in the same sense.
  // kUnavailable.
  virtual Result<bool> repeat(const Redemption& redemption) = 0;
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_WORLD_H_
