#include "edge/mistakes_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "edge/relative_name.h"
#include "policy/fd.h"

namespace claimcheck {
namespace {

std::string beside(const std::string& file) {
  return folder_above(file) + "/mistakes.txt";
}

}  // namespace

void write_mistakes(const std::string& file, const std::string& mistakes) {
  const Fd fd(open(beside(file).c_str(),
                   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                   0600));
  const std::string text =
      "get-token and download answer 500 until this is mended:\n" + mistakes +
      '\n';
  if (fd.is_open() && write(fd.get(), text.data(), text.size()) < 0) {
    unlink(beside(file).c_str());
  }
}

void remove_mistakes(const std::string& file) { unlink(beside(file).c_str()); }

}  // namespace claimcheck
