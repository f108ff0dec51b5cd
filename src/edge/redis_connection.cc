#include "edge/redis_connection.h"

#ifdef CLAIMCHECK_HIREDIS

#include <hiredis/hiredis.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "edge/file.h"

namespace claimcheck {
namespace {

Error unavailable(std::string why) {
  return Error{Errc::kUnavailable, std::move(why)};
}

Error overdue() {
  return unavailable(
      "it does not answer in time: see whether it runs, what its SLOWLOG says "
      "and the way to it");
}

std::string spell(const RedisCommand& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* spelled = nullptr;
  const auto size = redisFormatCommandArgv(
      &spelled, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size < 0) {
    throw std::bad_alloc();
  }
  std::string text(spelled, static_cast<std::size_t>(size));
  redisFreeCommand(spelled);
  return text;
}

RedisReply convert(const redisReply& reply) {
  using Kind = RedisReply::Kind;
  switch (reply.type) {
    case REDIS_REPLY_STRING:
      return {Kind::kText, std::string(reply.str, reply.len)};
    case REDIS_REPLY_STATUS:
      return {Kind::kStatus, std::string(reply.str, reply.len)};
    case REDIS_REPLY_ERROR:
      return {Kind::kError, std::string(reply.str, reply.len)};
    case REDIS_REPLY_INTEGER:
      return {Kind::kNumber, std::to_string(reply.integer)};
    default:
      return {};
  }
}

// hiredis makes room for as many elements as an array says that it has. No
// command of ours is answered by one, nor by what RESP3 adds.
bool begins_well(const redisReader& reader) {
  constexpr std::string_view kTypes = "+-:$";
  const bool is_at_begin = reader.ridx == -1 && reader.pos < reader.len;
  return !is_at_begin ||
         kTypes.find(reader.buf[reader.pos]) != std::string_view::npos;
}

struct ReaderDeleter {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

class HiredisConnection : public RedisConnection {
 public:
  explicit HiredisConnection(Fd fd)
      : fd_(std::move(fd)), reader_(redisReaderCreate()) {
    if (reader_ == nullptr) {
      throw std::bad_alloc();
    }
  }

  Result<void> send(const std::vector<RedisCommand>& commands,
                    Deadline deadline) override;
  Result<RedisReply> read(Deadline deadline) override;

  bool is_quiet() const override {
    pollfd entry{fd_.get(), POLLIN | POLLRDHUP, 0};
    return reader_->pos == reader_->len && poll(&entry, 1, 0) == 0;
  }

  bool was_closed() const override { return was_closed_; }

 private:
  Result<void> receive(Deadline deadline);

  const Fd fd_;
  const std::unique_ptr<redisReader, ReaderDeleter> reader_;
  std::size_t received_ = 0;
  bool was_closed_ = false;
};

Result<void> HiredisConnection::send(const std::vector<RedisCommand>& commands,
                                     Deadline deadline) {
  std::string text;
  for (const RedisCommand& command : commands) {
    text += spell(command);
  }
  for (std::string_view left = text; !left.empty();) {
    const ssize_t sent =
        ::send(fd_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN && !wait_for(fd_.get(), POLLOUT, deadline)) {
      return overdue();
    } else if (errno != EAGAIN && errno != EINTR) {
      // It may have said why it left.
      return {};
    }
  }
  return {};
}

Result<void> HiredisConnection::receive(Deadline deadline) {
  char bytes[8192];
  if (!wait_for(fd_.get(), POLLIN, deadline)) {
    return overdue();
  }
  const ssize_t size = recv(fd_.get(), bytes, sizeof bytes, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return {};
  }
  if (size <= 0) {
    was_closed_ = true;
    return unavailable(
        "it closed the connection: see whether it runs, its maxclients and its "
        "log");
  }
  received_ += static_cast<std::size_t>(size);
  if (received_ > kMaxRedisReply) {
    return unavailable("it answers with more than " +
                       std::to_string(kMaxRedisReply) +
                       " bytes: see who else writes to our keys");
  }
  if (redisReaderFeed(reader_.get(), bytes, static_cast<std::size_t>(size)) !=
      REDIS_OK) {
    throw std::bad_alloc();
  }
  return {};
}

Result<RedisReply> HiredisConnection::read(Deadline deadline) {
  received_ = 0;
  for (;;) {
    void* reply = nullptr;
    if (!begins_well(*reader_) ||
        redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return unavailable(
          "it does not speak Redis' protocol: see that state names a Redis");
    }
    if (reply != nullptr) {
      const RedisReply taken = convert(*static_cast<redisReply*>(reply));
      freeReplyObject(reply);
      return taken;
    }
    if (Result<void> r = receive(deadline); !r) {
      return r.error();
    }
  }
}

}  // namespace

std::unique_ptr<RedisConnection> speak_redis(Fd fd) {
  return std::make_unique<HiredisConnection>(std::move(fd));
}

}  // namespace claimcheck

#else

namespace claimcheck {

std::unique_ptr<RedisConnection> speak_redis(Fd) { return nullptr; }

}  // namespace claimcheck

#endif  // CLAIMCHECK_HIREDIS
