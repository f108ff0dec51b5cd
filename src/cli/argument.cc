#include "cli/argument.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "claimcheck/jws.h"
#include "claimcheck/sha256.h"
#include "cli/verb.h"
#include "edge/file.h"
#include "policy/fd.h"

namespace claimcheck::cli {
namespace {

void complain_of_readers(int fd, const std::string& file) {
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & S_IRWXO) != 0) {
    complain(("others can read the private key in " + file +
              ": chmod 0600 it; get-token and download refuse it")
                 .c_str(),
             0);
  }
}

Result<std::string> read_all(int fd, const std::string& file) {
  std::string text(kMaxKeyText + 1, '\0');
  std::size_t size = 0;
  ssize_t more = 1;
  while (more > 0 && size < text.size()) {
    more = read(fd, text.data() + size, text.size() - size);
    size += more > 0 ? static_cast<std::size_t>(more) : 0;
  }
  if (more < 0 || size > kMaxKeyText) {
    cleanse(text);
    return Error{Errc::kConfig,
                 file + ": cannot be read, or is longer than 65536 bytes"};
  }
  text.resize(size);
  return text;
}

Fd open_text(const std::string& file) {
  return Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

Result<std::string> read_text(const std::string& file) {
  const Fd fd = open_text(file);
  return fd.is_open() ? read_all(fd.get(), file)
                      : Error{Errc::kConfig, system_error(file)};
}

Result<KeySet> read_keys(const std::string& file) {
  const Fd fd = open_text(file);
  if (!fd.is_open()) {
    return Error{Errc::kConfig, system_error(file)};
  }
  Result<std::string> text = read_all(fd.get(), file);
  if (!text) {
    return text.error();
  }
  Result<KeySet> keys = parse_keys(*text);
  cleanse(*text);
  if (!keys) {
    return Error{keys.error().code, file + ": " + keys.error().detail};
  }
  if (is_private(*keys)) {
    complain_of_readers(fd.get(), file);
  }
  return keys;
}

std::optional<UnixTime> parse_time(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == '\0' && std::abs(seconds) <= kMaxNumericDate) {
    return UnixTime(std::llround(seconds * 1000));
  }
  std::tm utc{};
  end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (end == nullptr || *end != '\0') {
    return std::nullopt;
  }
  return std::chrono::seconds(timegm(&utc));
}

int for_each_token(const std::string& given,
                   const std::function<int(std::string_view)>& take) {
  if (given != "-") {
    return take(given);
  }
  int worst = kOk;
  std::string line;
  bool is_started = false;
  for (int c; (c = std::getc(stdin)) != EOF;) {
    is_started = c != '\n';
    if (c == '\n') {
      worst = std::max(worst, take(line));
      line.clear();
    } else if (line.size() <= kMaxTokenSize) {
      line.push_back(static_cast<char>(c));
    }
  }
  return is_started ? std::max(worst, take(line)) : worst;
}

}  // namespace claimcheck::cli
