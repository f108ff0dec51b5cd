#include "edge/body.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace claimcheck {
namespace {

constexpr std::size_t kCopied = 65536;

ssize_t read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) {
  ssize_t got;
  do {
    got = pread(fd, buffer, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got;
}

// Some file systems and some outputs know no sendfile(2). What was read and
// not taken is read again.
ssize_t copy_slice(const FileSlice& slice, int out, std::size_t size) {
  std::array<char, kCopied> buffer;
  const ssize_t got = read_at(slice.fd.get(), buffer.data(),
                              std::min(size, buffer.size()), slice.offset);
  return got <= 0 ? got
                  : write(out, buffer.data(), static_cast<std::size_t>(got));
}

Body::Supply supply_of(const FileSlice& slice, std::size_t most) {
  return slice.length == 0
             ? Body::Supply{Body::kEnd}
             : Body::Supply{Body::kBytes,
                            static_cast<std::size_t>(
                                std::min<std::uint64_t>(slice.length, most))};
}

Body::Supply supply_of(const Pipe& pipe, std::size_t most) {
  if (pipe.length == 0) {
    return {Body::kEnd};
  }
  int there = 0;
  // Asked before FIONREAD: what is written in between is no end.
  pollfd ready = {pipe.fd.get(), POLLIN, 0};
  if (poll(&ready, 1, 0) < 0 || ioctl(pipe.fd.get(), FIONREAD, &there) != 0) {
    return {Body::kCut};
  }
  if (there > 0) {
    const auto size = std::min(static_cast<std::size_t>(there), most);
    return {Body::kBytes,
            static_cast<std::size_t>(std::min<std::uint64_t>(
                pipe.length.value_or(size), size))};
  }
  if ((ready.revents & POLLHUP) == 0) {
    return {Body::kWait};
  }
  return {pipe.length ? Body::kCut : Body::kEnd};
}

}  // namespace

Body::Supply Body::next(std::size_t most) {
  if (const auto* slice = std::get_if<FileSlice>(&source_)) {
    return supply_of(*slice, most);
  }
  if (const auto* pipe = std::get_if<Pipe>(&source_)) {
    return supply_of(*pipe, most);
  }
  return {kEnd};
}

ssize_t Body::move(int out, std::size_t size) {
  if (auto* slice = std::get_if<FileSlice>(&source_)) {
    return move_slice(*slice, out, size);
  }
  return move_pipe(std::get<Pipe>(source_), out, size);
}

ssize_t Body::move_slice(FileSlice& slice, int out, std::size_t size) {
  off_t offset = static_cast<off_t>(slice.offset);
  ssize_t moved = sendfile(out, slice.fd.get(), &offset, size);
  if (moved < 0 && (errno == EINVAL || errno == ENOSYS)) {
    moved = copy_slice(slice, out, size);
  }
  if (moved > 0) {
    slice.offset += static_cast<std::uint64_t>(moved);
    slice.length -= static_cast<std::uint64_t>(moved);
  }
  return moved;
}

ssize_t Body::move_pipe(Pipe& pipe, int out, std::size_t size) {
  const ssize_t moved = splice(pipe.fd.get(), nullptr, out, nullptr, size,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (moved > 0 && pipe.length) {
    *pipe.length -= static_cast<std::uint64_t>(moved);
  }
  return moved;
}

bool Body::take_small(std::string& text, std::size_t most) {
  auto* slice = std::get_if<FileSlice>(&source_);
  if (slice == nullptr || slice->length > most) {
    return false;
  }
  const std::size_t size = text.size();
  const auto length = static_cast<std::size_t>(slice->length);
  text.resize(size + length);
  if (read_at(slice->fd.get(), text.data() + size, length, slice->offset) !=
      static_cast<ssize_t>(length)) {
    text.resize(size);
    return false;
  }
  source_ = std::monostate();
  return true;
}

int Body::waits_on() const {
  const auto* pipe = std::get_if<Pipe>(&source_);
  return pipe != nullptr ? pipe->fd.get() : -1;
}

}  // namespace claimcheck
