#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "claimcheck/json.h"
#include "claimcheck/jwt.h"
#include "cli/argument.h"
#include "cli/verb.h"
#include "edge/duration.h"
#include "edge/random.h"
#include "edge/system_world.h"

namespace claimcheck::cli {
namespace {

struct Claim {
  std::string name;
  std::string json;
};

struct Wanted {
  std::string file;
  std::string resource;
  std::chrono::milliseconds lifetime = std::chrono::seconds(2);
  std::vector<Claim> claims;

  bool sets(std::string_view name) const {
    return std::any_of(claims.begin(), claims.end(),
                       [&](const Claim& claim) { return claim.name == name; });
  }
};

// What --claim sets takes the place of what we would have set.
TokenBuilder builder_of(const Wanted& wanted, UnixTime now) {
  TokenBuilder builder;
  if (!wanted.sets("iat")) {
    builder.issued_at(now);
  }
  if (!wanted.sets("exp")) {
    builder.expires_at(now + wanted.lifetime);
  }
  if (!wanted.sets("jti")) {
    builder.jwt_id(base64url_encode(random_bytes<16>()));
  }
  if (!wanted.resource.empty() && !wanted.sets("res")) {
    builder.resource(wanted.resource);
  }
  for (const Claim& claim : wanted.claims) {
    builder.claim(claim.name, claim.json);
  }
  return builder;
}

int print_token(const Wanted& wanted) {
  const Result<KeySet> keys = read_keys(wanted.file);
  if (!keys) {
    return complain(keys.error().detail.c_str(), kRefused);
  }
  const UnixTime now = system_now();
  const Key* key = signing_key(*keys, now);
  if (key == nullptr) {
    return complain("no key of the file may sign: public, or retired",
                    kRefused);
  }
  const Result<std::string> token = builder_of(wanted, now).sign(*key);
  if (!token) {
    return complain(token.error().detail.c_str(), kRefused);
  }
  std::puts(token->c_str());
  return kOk;
}

bool add_claim(Wanted& wanted, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return false;
  }
  wanted.claims.push_back({text.substr(0, equals), text.substr(equals + 1)});
  if (is_json_value(wanted.claims.back().json)) {
    return true;
  }
  complain(("--claim " + text.substr(0, equals) +
            ": the value is not JSON; a text needs its quotes: '" +
            text.substr(0, equals) + "=\"alice\"'")
               .c_str(),
           0);
  return false;
}

bool set_lifetime(Wanted& wanted, const char* text) {
  const auto duration = parse_duration(text);
  wanted.lifetime = duration.value_or(wanted.lifetime);
  return duration.has_value();
}

}  // namespace

int sign(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"key", required_argument, nullptr, 'k'},
      {"for", required_argument, nullptr, 'f'},
      {"lifetime", required_argument, nullptr, 'l'},
      {"claim", required_argument, nullptr, 'c'},
      {}};
  Wanted wanted;
  bool is_good = true;
  for (int flag; is_good && (flag = getopt_long(argc, argv, "", kOptions,
                                                nullptr)) != -1;) {
    switch (flag) {
      case 'k':
        wanted.file = optarg;
        break;
      case 'f':
        wanted.resource = optarg;
        break;
      case 'l':
        is_good = set_lifetime(wanted, optarg);
        break;
      case 'c':
        is_good = add_claim(wanted, optarg);
        break;
      default:
        is_good = false;
    }
  }
  return is_good && !wanted.file.empty() && optind == argc ? print_token(wanted)
                                                           : usage("sign");
}

}  // namespace claimcheck::cli
