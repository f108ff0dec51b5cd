#include <fcntl.h>
#include <getopt.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>

#include "claimcheck/base64url.h"
#include "claimcheck/keygen.h"
#include "claimcheck/sha256.h"
#include "cli/argument.h"
#include "cli/verb.h"
#include "edge/duration.h"
#include "edge/file.h"
#include "edge/random.h"
#include "edge/system_world.h"
#include "edge/temporary.h"
#include "policy/fd.h"

namespace claimcheck::cli {
namespace {

struct Wanted {
  std::string file;
  std::optional<Algorithm> algorithm;
  std::chrono::milliseconds retire_after = std::chrono::hours(1);
};

bool is_same_file(int fd, const std::string& file) {
  struct stat opened;
  struct stat named;
  return fstat(fd, &opened) == 0 && stat(file.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// Of two who rotate at once, the second waits and then finds another file.
Result<Fd> lock(const std::string& file) {
  while (true) {
    Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) {
      return Error{Errc::kConfig,
                   system_error(file) +
                       ": the first key is made with `claimcheck keygen > "
                       "FILE`"};
    }
    if (flock(fd.get(), LOCK_EX) != 0 || is_same_file(fd.get(), file)) {
      return fd;
    }
  }
}

// The name of a new key: its day, for the admin, and 48 random bits.
std::string new_kid(UnixTime now) {
  const std::time_t seconds = now.count() / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char day[16];
  std::strftime(day, sizeof day, "%F.", &utc);
  return day + base64url_encode(random_bytes<6>());
}

Result<std::string> rotated(const std::string& text, const Wanted& wanted,
                            UnixTime now) {
  const Result<KeySet> keys = parse_keys(text);
  if (!keys) {
    return keys.error();
  }
  const Key* signer = signing_key(*keys, now);
  const Algorithm algorithm = wanted.algorithm.value_or(
      (signer != nullptr ? *signer : keys->front()).algorithm());
  Result<std::string> jwk = generate_jwk(algorithm, new_kid(now));
  if (!jwk) {
    return jwk;
  }
  const Cleanser cleanser(*jwk);
  return rotate_keys(text, *jwk, now, wanted.retire_after);
}

Result<void> rotate_file(const Wanted& wanted) {
  // A link stays a link: what it leads to is replaced.
  char* resolved = realpath(wanted.file.c_str(), nullptr);
  const std::string file = resolved != nullptr ? resolved : wanted.file;
  std::free(resolved);
  const Result<Fd> locked = lock(file);
  if (!locked) {
    return locked.error();
  }
  Result<std::string> text = read_text(file);
  if (!text) {
    return text.error();
  }
  const Cleanser text_cleanser(*text);
  Result<std::string> set = rotated(*text, wanted, system_now());
  if (!set) {
    return Error{set.error().code, file + ": " + set.error().detail};
  }
  const Cleanser set_cleanser(*set);
  return replace_file(file, *set);
}

}  // namespace

int rotate(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"keys", required_argument, nullptr, 'f'},
      {"alg", required_argument, nullptr, 'a'},
      {"retire-after", required_argument, nullptr, 'r'},
      {}};
  Wanted wanted;
  for (int flag;
       (flag = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (flag == 'f') {
      wanted.file = optarg;
    } else if (flag == 'a') {
      wanted.algorithm = algorithm_named(optarg);
      if (!wanted.algorithm) {
        return usage("rotate");
      }
    } else if (flag == 'r') {
      const auto duration = parse_duration(optarg);
      if (!duration) {
        return usage("rotate");
      }
      wanted.retire_after = *duration;
    } else {
      return usage("rotate");
    }
  }
  if (wanted.file.empty() || optind != argc) {
    return usage("rotate");
  }
  const Result<void> r = rotate_file(wanted);
  return r ? kOk : complain(r.error().detail.c_str(), kRefused);
}

}  // namespace claimcheck::cli
