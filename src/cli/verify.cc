#include <getopt.h>

#include <cstdio>

#include "claimcheck/jwt.h"
#include "cli/argument.h"
#include "cli/verb.h"
#include "edge/system_world.h"
#include "policy/http.h"

namespace claimcheck::cli {
namespace {

struct Wanted {
  std::string file;
  bool is_jws = false;
  std::optional<UnixTime> at;
  std::optional<std::string> resource;
};

Result<void> checked(std::string_view token, const KeySet& keys,
                     const Wanted& wanted) {
  const UnixTime now = wanted.at.value_or(system_now());
  if (token.empty()) {
    return Error{Errc::kTokenMissing, "there is no token"};
  }
  if (wanted.is_jws) {
    const Result<Jws> jws = jws_verify(token, keys, JwsRules{}, now);
    return jws ? Result<void>() : jws.error();
  }
  const Result<VerifiedToken> verified =
      claimcheck::verify(token, keys, TokenRules{}, now);
  if (!verified) {
    return verified.error();
  }
  const Claims::Text res = verified->claims().res();
  if (wanted.resource && res && *res != *wanted.resource) {
    return Error{Errc::kTokenNotForThis, "the token is for another resource"};
  }
  return {};
}

int verify_all(const Wanted& wanted, const std::string& given) {
  const Result<KeySet> keys = read_keys(wanted.file);
  if (!keys) {
    return complain(keys.error().detail.c_str(), kUsage);
  }
  return for_each_token(given, [&](std::string_view token) {
    const Result<void> r = checked(token, *keys, wanted);
    if (r) {
      std::puts("ok");
      return kOk;
    }
    std::printf("refused %s\n", refusal_for(r.error().code).code.data());
    return given == "-" ? kRefused
                        : complain(r.error().detail.c_str(), kRefused);
  });
}

}  // namespace

int verify(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"key", required_argument, nullptr, 'k'},
      {"jws", no_argument, nullptr, 'j'},
      {"at", required_argument, nullptr, 'a'},
      {"for", required_argument, nullptr, 'f'},
      {}};
  Wanted wanted;
  for (int flag;
       (flag = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (flag) {
      case 'k':
        wanted.file = optarg;
        break;
      case 'j':
        wanted.is_jws = true;
        break;
      case 'f':
        wanted.resource = optarg;
        break;
      case 'a':
        wanted.at = parse_time(optarg);
        if (wanted.at) {
          break;
        }
        [[fallthrough]];
      default:
        return usage("verify");
    }
  }
  if (wanted.file.empty() || optind + 1 < argc) {
    return usage("verify");
  }
  return verify_all(wanted, optind < argc ? argv[optind] : "-");
}

}  // namespace claimcheck::cli
