// What the site wants: read once at start by edge/config_file, never changed.
// The defaults stand here, the units in the types.
#ifndef CLAIMCHECK_POLICY_CONFIG_H_
#define CLAIMCHECK_POLICY_CONFIG_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "claimcheck/jwt.h"
#include "policy/pattern.h"

namespace claimcheck {

// Who may ask for a token.
enum class Access {
  kServer,     // whom the web server authenticated: REMOTE_USER
  kAnonymous,  // any page of this origin
  kBearer,     // for whom another server vouches: Bearer
};

enum class Xsrf { kAuto, kRequired };
enum class ClientBinding { kAuto, kRequired, kOff };
enum class Https { kAuto, kAlways };

// How often a token is good for a body.
enum class Reuse {
  kResume,  // once, and again for who resumes: keeps a lease
  kNever,   // once, ever
  kWindow,  // until it expires: keeps nothing
};

// By what else than its cookie a client is known.
enum class ClientFallback { kOff, kAddress };

// Whether a download takes tokens that name no resource.
enum class Bind { kAuto, kRequired };

// Bearer is what the JWT has to be that vouches for a caller.
struct Bearer {
  // A file with the keys that verify it, none of them in Config::keys.
  std::string keys;
  std::string issuer;    // its iss
  std::string audience;  // what its aud is or holds
  // The cookie that may carry it in place of Authorization; empty: none.
  std::string cookie;
};

// Who sends a file: we, or the web server that we hand it to by a header.
enum class Deliver {
  kStream,
  kXSendfile,          // Apache with mod_xsendfile
  kXLighttpdSendFile,  // lighttpd
  kXAccelRedirect,     // nginx
};

// Download is one [[download]]: either a tree of files beneath `root`, whose
// `path` ends in a slash, or one endpoint with `file` or `command`.
struct Download {
  std::string path;
  std::string root;
  std::string file;
  // A program, by its absolute name, and its arguments.
  std::vector<std::string> command;
  // How long it may take to its first byte, and from one byte to the next.
  // Shorter than any web server waits for us.
  std::chrono::milliseconds command_timeout{30000};
  // Declared query parameters and what their values must match, whole.
  std::map<std::string, Pattern> params;
  // What the browser saves it as; empty: the file's own name, or where there is
  // none the last of the path.
  std::string filename;
  std::string type = "application/octet-stream";
  // Who may have it; nobody set: everyone.
  std::optional<std::vector<std::string>> users;
  Bind bind = Bind::kAuto;
  Deliver deliver = Deliver::kStream;
  // Of kXAccelRedirect: the internal location's prefix, "/protected/", whose
  // alias is the folder of root or file.
  std::string internal;

  bool is_tree() const { return path.ends_with('/'); }
  bool is_command() const { return !command.empty(); }
  // takes_unbound tells whether a token without `res` may be good for it.
  bool takes_unbound() const { return bind == Bind::kAuto && !users; }
};

struct Config {
  std::chrono::milliseconds token_lifetime{2000};
  TokenRules token;
  Access access = Access::kServer;
  // Complete where access is kBearer (cookie is optional), else empty.
  Bearer bearer;
  Xsrf xsrf = Xsrf::kAuto;
  std::string xsrf_cookie = "XSRF-TOKEN";
  std::string xsrf_header = "X-XSRF-TOKEN";
  // Further origins of this site, "https://www.example.org".
  std::vector<std::string> origins;
  ClientBinding client = ClientBinding::kAuto;
  Https https = Https::kAuto;
  ClientFallback client_fallback = ClientFallback::kOff;
  Reuse reuse = Reuse::kResume;
  // How long after a token's exp its download may be resumed.
  std::chrono::milliseconds resume_window{3'600'000};
  // Parts of a User-Agent, by which browsers are known that ask once before
  // their prompt and again after the tap.
  std::vector<std::string> repeat_agents = {"CriOS", "FxiOS"};
  // Records that the state may hold. In Redis its maxmemory is the bound.
  std::uint64_t state_max = 1'000'000;
  // Where the refusal page's link leads.
  std::string home = "/";
  std::vector<Download> downloads;

  // The configuration file, if it was come upon and not named: then it has to
  // lie outside every document root.
  std::string found_file;
  // A file with the keys (claimcheck/key_set.h); empty: jwt_secret, and where
  // that is empty too a secret that is made in the state directory.
  std::string keys;
  // The name in the Redis of state_url that holds them in place of a file.
  std::string redis_keys;
  std::string jwt_secret;
  // Folders that may keep the state, the best first.
  std::vector<std::string> state;
  // The URL of a Redis that keeps it in their place; they are none then.
  std::string state_url;
  bool state_is_named = false;
  // Whether one that is missing is made: a default, and one that was named
  // relative to the configuration file.
  bool state_is_made = true;
  // "stderr", "syslog" or a file.
  std::string audit = "stderr";
  // Threads of a FastCGI program; 0: one for each core.
  unsigned threads = 0;
  // How long a FastCGI program that is told to stop goes on with what is in
  // flight.
  std::chrono::milliseconds shutdown_grace{30000};
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_CONFIG_H_
