// A World of maps and switches, a site to go with it and short ways to make
// requests: policy is tested without files, sockets or clocks.
#ifndef CLAIMCHECK_TESTS_POLICY_FAKE_WORLD_H_
#define CLAIMCHECK_TESTS_POLICY_FAKE_WORLD_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "claimcheck/base64url.h"
#include "claimcheck/jwt.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck::testing {

inline constexpr UnixTime kNow{1'700'000'000'000};

inline Key site_key() {
  return *Key::hs256("0123456789abcdef0123456789abcdef");
}

inline Key bearer_key() {
  return *Key::hs256("a secret of the server that vouches");
}

struct FakeFile {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
};

// FakeOutput is of a program that never writes.
class FakeOutput : public Output {
 public:
  Look look() override { return {State::kWaits}; }
  int fd() const override { return -1; }
  std::array<int, 2> waits_on() const override { return {-1, -1}; }
  Error failure() const override { return {Errc::kCommandFailed, "fake"}; }
  std::string take_words() override { return {}; }
};

class FakeWorld : public World {
 public:
  UnixTime time = kNow;
  KeySet key_set = {site_key()};
  KeySet bearer_key_set = {bearer_key()};
  // By root, "/" and path; a root's own last slash is not doubled.
  std::map<std::string, FakeFile> files;
  // By handle.
  std::map<std::string, Lease> redeemed;
  std::set<std::string> repeated;
  std::optional<Error> keys_error;
  std::optional<Error> bearer_keys_error;
  std::optional<Error> open_error;
  std::optional<Error> state_error;
  std::optional<Error> start_error;
  std::vector<Command> started;
  int opened = 0;
  int redeem_calls = 0;
  int lookups = 0;

  UnixTime now() override { return time; }

  std::array<unsigned char, 16> random() override {
    std::array<unsigned char, 16> bytes{};
    bytes.back() = ++random_;
    return bytes;
  }

  Result<std::shared_ptr<const KeySet>> keys() override {
    if (keys_error) {
      return *keys_error;
    }
    return std::make_shared<const KeySet>(key_set);
  }

  Result<std::shared_ptr<const KeySet>> bearer_keys() override {
    if (bearer_keys_error) {
      return *bearer_keys_error;
    }
    return std::make_shared<const KeySet>(bearer_key_set);
  }

  Result<OpenFile> open(const FileRef& file) override {
    ++opened;
    if (open_error) {
      return *open_error;
    }
    const std::string slash = file.root.ends_with('/') ? "" : "/";
    const auto found = files.find(file.root + slash + file.path);
    if (found == files.end()) {
      return Error{Errc::kNotFound, "no such file in the fake world"};
    }
    OpenFile open;
    open.size = found->second.size;
    open.mtime_ns = found->second.mtime_ns;
    open.inode = found->second.inode;
    return open;
  }

  Result<std::unique_ptr<Output>> start(const Command& command) override {
    started.push_back(command);
    if (start_error) {
      return *start_error;
    }
    return std::unique_ptr<Output>(std::make_unique<FakeOutput>());
  }

  Result<void> check_redemptions() override {
    return state_error ? Result<void>(*state_error) : Result<void>();
  }

  Result<std::optional<Lease>> find_lease(
      const Redemption& redemption) override {
    ++lookups;
    if (state_error) {
      return *state_error;
    }
    return kept(redemption.handle);
  }

  Result<std::optional<Lease>> redeem(const Lease& lease) override {
    ++redeem_calls;
    if (state_error) {
      return *state_error;
    }
    const std::optional<Lease> before = kept(lease.token.handle);
    redeemed.emplace(lease.token.handle, lease);
    return before;
  }

  Result<bool> repeat(const Redemption& redemption) override {
    if (state_error) {
      return *state_error;
    }
    return repeated.insert(redemption.handle).second;
  }

 private:
  std::optional<Lease> kept(const std::string& handle) const {
    const auto found = redeemed.find(handle);
    return found == redeemed.end() ? std::nullopt
                                   : std::optional(found->second);
  }

  unsigned char random_ = 0;
};

// site_world has what site_config offers.
inline FakeWorld site_world() {
  FakeWorld world;
  const FakeFile file{1234, 1'600'000'000'500'000'000, 42};
  for (const char* name :
       {"/srv/downloads/report.csv", "/srv/downloads/2026/a b.txt",
        "/srv/downloads/.htaccess", "/srv/downloads/.git/config",
        "/srv/exports/alex.csv", "/srv/exports/.alex.csv",
        "/srv/staff/plan.pdf", "/srv/bound/one.zip"}) {
    world.files[name] = file;
  }
  return world;
}

inline Download tree(std::string path, std::string root) {
  Download download;
  download.path = std::move(path);
  download.root = std::move(root);
  return download;
}

// A tree for all, one endpoint with a parameter, a tree for two users, a tree
// that takes bound tokens only.
inline Config site_config() {
  Config config;
  config.downloads.push_back(tree("/downloads/", "/srv/downloads"));
  Download endpoint;
  endpoint.path = "/v1/api/downloadX";
  endpoint.file = "/srv/exports/{name}.csv";
  endpoint.params.emplace("name", *Pattern::compile("[a-z.]{1,300}"));
  config.downloads.push_back(endpoint);
  config.downloads.push_back(tree("/staff/", "/srv/staff"));
  config.downloads.back().users = {"alice", "bob"};
  config.downloads.push_back(tree("/bound/", "/srv/bound"));
  config.downloads.back().bind = Bind::kRequired;
  return config;
}

// request is a GET on https://www.example.org by a program.
inline Request request(std::string uri) {
  Request request;
  request.method = "GET";
  request.uri = std::move(uri);
  request.https = true;
  request.headers["host"] = "www.example.org";
  return request;
}

inline Request with(Request request, std::string name, std::string value) {
  request.headers[std::move(name)] = std::move(value);
  return request;
}

inline Request by(Request request, std::string user) {
  request.remote_user = std::move(user);
  return request;
}

inline Request method(Request request, std::string name) {
  request.method = std::move(name);
  return request;
}

inline constexpr std::string_view kClient = "AAAAAAAAAAAAAAAAAAAAAQ";
inline constexpr std::string_view kOtherClient = "AAAAAAAAAAAAAAAAAAAAAg";

inline Request from_client(Request request, std::string_view client = kClient) {
  return with(std::move(request), "cookie",
              "__Host-claimcheck=" + std::string(client));
}

// code_of is the code of a refusal, "ok" of what is none.
inline std::string code_of(const Response& response) {
  return response.audit.code.empty() ? "ok" : response.audit.code;
}

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : std::string(refusal_for(result.error().code).code);
}

inline const std::string& text_of(const Response& response) {
  return std::get<std::string>(response.body);
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_POLICY_FAKE_WORLD_H_
