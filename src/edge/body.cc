#include "edge/body.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "edge/file.h"

namespace claimcheck {
namespace {

// In bytes, of one copy; so many are the last of a file.
constexpr std::size_t kCopied = 65536;

constexpr std::string_view kShrunk = "the file has shrunk while it was sent";
constexpr std::string_view kChanged = "the file has changed while it was sent";

ssize_t read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) {
  ssize_t got;
  do {
    got = pread(fd, buffer, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got;
}

// Some file systems and some outputs know no sendfile(2). What was read and
// not taken is read again.
ssize_t copy_file(int file, std::uint64_t from, int out, std::size_t size) {
  std::array<char, kCopied> buffer;
  const ssize_t got =
      read_at(file, buffer.data(), std::min(size, buffer.size()), from);
  return got <= 0 ? got
                  : write(out, buffer.data(), static_cast<std::size_t>(got));
}

ssize_t move_file(int file, std::uint64_t from, int out, std::size_t size) {
  off_t offset = static_cast<off_t>(from);
  const ssize_t moved = sendfile(out, file, &offset, size);
  return moved < 0 && (errno == EINVAL || errno == ENOSYS)
             ? copy_file(file, from, out, size)
             : moved;
}

Body::Supply bytes_of(std::uint64_t there, std::size_t most) {
  return {Body::kBytes,
          static_cast<std::size_t>(std::min<std::uint64_t>(there, most))};
}

Body::Supply supply_of(Output& output, std::size_t most) {
  const Output::Look look = output.look();
  switch (look.state) {
    case Output::State::kBytes:
      return bytes_of(look.size, most);
    case Output::State::kWaits:
      return {Body::kWait};
    case Output::State::kEnded:
      return {Body::kEnd};
    case Output::State::kFailed:
      return {Body::kCut};
  }
  __builtin_unreachable();
}

// is_last tells whether part `at` is the last one that has bytes of the file.
bool is_last(const FileParts& source, std::size_t at) {
  return std::none_of(source.parts.begin() + static_cast<long>(at) + 1,
                      source.parts.end(),
                      [](const Part& part) { return part.length > 0; });
}

// Each is compared before it is added: lengths may be anything.
bool is_small(const FileParts& source, std::size_t most) {
  std::uint64_t left = most;
  for (const Part& part : source.parts) {
    if (part.text.size() > left || part.length > left - part.text.size()) {
      return false;
    }
    left -= part.text.size() + part.length;
  }
  return true;
}

bool is_another_version(const FileParts& source) {
  struct stat status;
  return source.version && (fstat(source.fd.get(), &status) != 0 ||
                            identity_of(status) != *source.version);
}

bool append_file(std::string& text, int file, const Part& part) {
  const std::size_t size = text.size();
  const auto length = static_cast<std::size_t>(part.length);
  text.resize(size + length);
  return length == 0 || read_at(file, text.data() + size, length,
                                part.offset) == static_cast<ssize_t>(length);
}

}  // namespace

Body::Body(FileSlice slice) {
  FileParts whole{std::move(slice.fd), {}, slice.version};
  whole.parts.push_back({"", slice.offset, slice.length});
  source_ = std::move(whole);
}

Body::Supply Body::next(std::size_t most) {
  if (const auto* source = std::get_if<FileParts>(&source_)) {
    return next_part(*source, most);
  }
  return output() != nullptr ? supply_of(*output(), most) : Supply{kEnd};
}

Body::Supply Body::next_part(const FileParts& source, std::size_t most) {
  for (; at_ < source.parts.size(); ++at_, text_sent_ = 0) {
    const Part& part = source.parts[at_];
    if (text_sent_ < part.text.size()) {
      return bytes_of(part.text.size() - text_sent_, most);
    }
    if (part.length > kCopied && is_last(source, at_)) {
      return bytes_of(part.length - kCopied, most);
    }
    if (part.length > 0) {
      return bytes_of(part.length, most);
    }
  }
  return {kEnd};
}

ssize_t Body::move(int out, std::size_t size) {
  if (auto* source = std::get_if<FileParts>(&source_)) {
    return move_part(*source, out, size);
  }
  return splice(output()->fd(), nullptr, out, nullptr, size,
                SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

ssize_t Body::move_part(FileParts& source, int out, std::size_t size) {
  Part& part = source.parts[at_];
  if (text_sent_ < part.text.size()) {
    const ssize_t sent = write(out, part.text.data() + text_sent_, size);
    text_sent_ += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    return sent;
  }
  const bool is_checked = part.length <= kCopied && is_last(source, at_);
  const ssize_t moved =
      is_checked ? move_last(source, out, size)
                 : move_file(source.fd.get(), part.offset, out, size);
  if (moved == 0 && why_cut_.empty()) {
    why_cut_ = kShrunk;
  }
  if (moved > 0) {
    part.offset += static_cast<std::uint64_t>(moved);
    part.length -= static_cast<std::uint64_t>(moved);
  }
  return moved;
}

bool Body::is_same(const FileParts& source) {
  const bool is = !is_another_version(source);
  if (!is) {
    why_cut_ = kChanged;
  }
  return is;
}

bool Body::is_another() const {
  const auto* source = std::get_if<FileParts>(&source_);
  return source != nullptr && is_another_version(*source);
}

// Looked at between reading and writing: what was read is of the version.
ssize_t Body::move_last(const FileParts& source, int out, std::size_t size) {
  std::array<char, kCopied> buffer;
  const ssize_t got =
      read_at(source.fd.get(), buffer.data(), std::min(size, buffer.size()),
              source.parts[at_].offset);
  if (got <= 0 || !is_same(source)) {
    return std::min<ssize_t>(got, 0);
  }
  return write(out, buffer.data(), static_cast<std::size_t>(got));
}

bool Body::take_small(std::string& text, std::size_t most) {
  const auto* source = std::get_if<FileParts>(&source_);
  if (source == nullptr || !is_small(*source, most)) {
    return false;
  }
  const std::size_t before = text.size();
  for (const Part& part : source->parts) {
    text += part.text;
    if (!append_file(text, source->fd.get(), part)) {
      text.resize(before);
      return false;
    }
  }
  if (!is_same(*source)) {
    text.resize(before);
    return false;
  }
  source_ = std::monostate();
  return true;
}

std::array<int, 2> Body::waits_on() const {
  return output() != nullptr ? output()->waits_on() : std::array{-1, -1};
}

Output* Body::output() const {
  const auto* output = std::get_if<std::unique_ptr<Output>>(&source_);
  return output != nullptr ? output->get() : nullptr;
}

}  // namespace claimcheck
