// explain says in words what a token says and why it is refused. What it
// prints of a token whose signature is not verified is marked as such; only
// verify() decides.
#include <getopt.h>

#include <cstdio>

#include "claimcheck/json.h"
#include "claimcheck/jwt.h"
#include "cli/argument.h"
#include "cli/reading.h"
#include "cli/verb.h"
#include "edge/system_world.h"
#include "policy/http.h"
#include "policy/resource.h"

namespace claimcheck::cli {
namespace {

struct Wanted {
  std::string file;
  std::optional<std::string> url;
  std::optional<UnixTime> at;
};

void print(const std::string& line) { std::puts(line.c_str()); }

// The names of the parameters in a resource; a doubled "?" is the path's.
std::vector<std::string> parameters_of(std::string_view resource) {
  std::vector<std::string> names;
  std::size_t mark = resource.find('?');
  while (mark != std::string_view::npos &&
         resource.substr(mark + 1, 1) == "?") {
    mark = resource.find('?', mark + 2);
  }
  while (mark != std::string_view::npos) {
    resource.remove_prefix(mark + 1);
    names.emplace_back(resource.substr(0, resource.find('=')));
    mark = resource.find('&');
  }
  return names;
}

// The resource is computed as download does, for a site that declares the
// parameters that the token has.
Result<std::string> resource_of(std::string url, std::string_view token_res) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string::npos) {
    const std::size_t path = url.find('/', scheme + 3);
    url = path != std::string::npos ? url.substr(path) : "/";
  }
  const Result<Target> target = parse_target(url.substr(0, url.find('#')));
  if (!target) {
    return target.error();
  }
  Config config;
  config.downloads.resize(1);
  config.downloads[0].path = target->path;
  for (const std::string& name : parameters_of(token_res)) {
    config.downloads[0].params.emplace(name, *Pattern::compile(".*"));
  }
  const Result<Resource> resource = find_resource(config, *target);
  return resource ? Result<std::string>(resource->name) : resource.error();
}

Result<void> check_resource(const Claims& claims, const Wanted& wanted) {
  if (!wanted.url || !claims.res()) {
    return {};
  }
  const Result<std::string> resource = resource_of(*wanted.url, *claims.res());
  if (!resource) {
    return resource.error();
  }
  if (*resource != *claims.res()) {
    return Error{Errc::kTokenNotForThis,
                 "the token is for " + json_quote(*claims.res()) +
                     ", and the URL is " + json_quote(*resource)};
  }
  return {};
}

void print_refusal(const Error& error, const std::string& token, UnixTime now) {
  const Refusal refusal = refusal_for(error.code);
  print("\nrefused: " + std::to_string(refusal.status) + ' ' +
        std::string(refusal.code));
  print("  why: " + error.detail);
  for (const std::string& advice : advice_for(token, now)) {
    print("  see: " + advice);
  }
}

void print_good(const VerifiedToken& token) {
  print(
      "\nok, as far as the token goes: its use (once), the client cookie and");
  print("`users` are download's to check");
  if (token.claims().jti()) {
    print("  handle: " + token.handle("", "") +
          "\n  the audit log calls it so");
    return;
  }
  print(
      "  no jti: single use counts for each client cookie, since two callers "
      "of\n  jwt.sign({}) in one second get the same token");
}

int judge(const std::string& token, const KeySet& keys, const Wanted& wanted,
          UnixTime now) {
  const Result<VerifiedToken> verified =
      claimcheck::verify(token, keys, TokenRules{}, now);
  const Result<void> r = verified ? check_resource(verified->claims(), wanted)
                                  : Result<void>(verified.error());
  if (!r) {
    print_refusal(r.error(), token, now);
    return kRefused;
  }
  print_good(*verified);
  return kOk;
}

void print_keys(const KeySet& keys, UnixTime now) {
  print("keys");
  for (const Key& key : keys) {
    std::string line = "  " + std::string(name_of(key.algorithm())) +
                       (key.is_private() ? "" : ", public");
    line +=
        key.kid().empty() ? ", without kid" : ", kid " + json_quote(key.kid());
    if (key.exp()) {
      line += (key.is_retired(now) ? ", retired " : ", retires ") +
              time_in_words(*key.exp(), now);
    }
    print(line);
  }
}

int explain_one(const std::string& token, const Wanted& wanted) {
  const UnixTime now = wanted.at.value_or(system_now());
  for (const std::string& line : reading_of(token, now)) {
    print(line);
  }
  if (wanted.file.empty()) {
    print("\nnot verified: anybody can write the above; --key FILE tells");
    for (const std::string& advice : advice_for(token, now)) {
      print("  see: " + advice);
    }
    return kOk;
  }
  const Result<KeySet> keys = read_keys(wanted.file);
  if (!keys) {
    return complain(keys.error().detail.c_str(), kUsage);
  }
  print_keys(*keys, now);
  return judge(token, *keys, wanted, now);
}

}  // namespace

int explain(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"key", required_argument, nullptr, 'k'},
      {"for", required_argument, nullptr, 'f'},
      {"at", required_argument, nullptr, 'a'},
      {}};
  Wanted wanted;
  for (int flag;
       (flag = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (flag) {
      case 'k':
        wanted.file = optarg;
        break;
      case 'f':
        wanted.url = optarg;
        break;
      case 'a':
        wanted.at = parse_time(optarg);
        if (wanted.at) {
          break;
        }
        [[fallthrough]];
      default:
        return usage("explain");
    }
  }
  if (optind + 1 != argc) {
    return usage("explain");
  }
  return for_each_token(argv[optind], [&](std::string_view token) {
    return explain_one(std::string(token), wanted);
  });
}

}  // namespace claimcheck::cli
