#include "claimcheck/keygen.h"

#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "claimcheck/sha256.h"
#include "cli/verb.h"

namespace claimcheck::cli {
namespace {

// `claimcheck keygen > key.jwk` makes the file before we run, by the umask:
// readable by all, most often.
void make_private(int fd) {
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & (S_IRWXG | S_IRWXO)) != 0 && fchmod(fd, 0600) != 0) {
    complain("others may read the key: chmod 0600 the file", 0);
  }
}

}  // namespace

int keygen(int argc, char** argv) {
  static constexpr option kOptions[] = {
      {"alg", required_argument, nullptr, 'a'},
      {"kid", required_argument, nullptr, 'k'},
      {}};
  std::optional<Algorithm> algorithm = Algorithm::kHs256;
  std::string kid;
  for (int flag;
       (flag = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (flag == 'a') {
      algorithm = algorithm_named(optarg);
    } else if (flag == 'k') {
      kid = optarg;
    } else {
      return usage("keygen");
    }
  }
  if (!algorithm || optind != argc) {
    return usage("keygen");
  }
  Result<std::string> jwk = generate_jwk(*algorithm, kid);
  if (!jwk) {
    return complain(jwk.error().detail.c_str(), kRefused);
  }
  make_private(STDOUT_FILENO);
  std::puts(jwk->c_str());
  cleanse(*jwk);
  return std::fflush(stdout) == 0
             ? kOk
             : complain("the key could not be written", kRefused);
}

}  // namespace claimcheck::cli
