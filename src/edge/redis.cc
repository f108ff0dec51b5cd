#include "edge/redis.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace claimcheck {
namespace {

// One for each thread that is at it is enough; descriptors are few.
constexpr std::size_t kMostIdle = 16;
constexpr std::size_t kMostQuoted = 200;

struct Advice {
  std::string_view code;
  std::string_view words;
};

// What Redis' error replies begin with, and what to do.
constexpr Advice kAdvice[] = {
    {"OOM", "it is full: raise its maxmemory, or give us a Redis of our own"},
    {"READONLY", "it is a replica: name the primary in state"},
    {"MISCONF", "it cannot save its data: see its log and the disk"},
    {"LOADING", "it is loading its data: wait"},
    {"NOREPLICAS", "too few replicas follow it: see min-replicas-to-write"},
    {"BUSY", "a script of somebody else's holds it up: see its log"},
    {"NOAUTH", "it wants a password: state has to hold it"},
    {"NOPERM",
     "its ACL has to let us: ~claimcheck:* +eval +get +set +time +info "
     "+select"},
    {"MOVED", "it is part of a cluster: name one that is not"},
    {"CLUSTERDOWN", "it is part of a cluster: name one that is not"},
};

// Scripts of old versions put the code amid the error, after a "-".
std::string_view advice_for(const std::string& reply) {
  for (const auto& [code, words] : kAdvice) {
    const std::string begin = std::string(code) + ' ';
    if (reply.starts_with(begin) ||
        reply.find('-' + begin) != std::string::npos) {
      return words;
    }
  }
  return "see its log and configuration";
}

// quote bounds a text, for a log. What follows "with args" is the command's.
std::string quote(std::string_view text) {
  text = text.substr(0, std::min(text.find(", with args"), kMostQuoted));
  std::string quoted;
  for (const char c : text) {
    quoted += c >= ' ' && c <= '~' ? c : '?';
  }
  return '"' + quoted + '"';
}

// value_of returns the value of one of INFO's lines, "NAME:VALUE\r\n".
Result<std::string_view> value_of(std::string_view info,
                                  const std::string& name) {
  const std::string begin = '\n' + name + ':';
  const std::size_t found = info.find(begin);
  if (found == std::string_view::npos) {
    return Error{Errc::kUnavailable,
                 "its INFO has no " + name + ": see that it is a Redis"};
  }
  info.remove_prefix(found + begin.size());
  return info.substr(0, info.find_first_of("\r\n"));
}

Result<void> check_policy(std::string_view info) {
  const Result<std::string_view> policy = value_of(info, "maxmemory_policy");
  if (!policy) {
    return policy.error();
  }
  if (*policy != "noeviction") {
    return Error{Errc::kUnavailable,
                 "its maxmemory-policy is " + quote(*policy) +
                     ", by which it may forget used tokens: set "
                     "`maxmemory-policy noeviction` in its redis.conf, or by "
                     "CONFIG SET"};
  }
  return {};
}

UnixTime time_of_day() {
  return std::chrono::floor<UnixTime>(
      std::chrono::system_clock::now().time_since_epoch());
}

std::string how_to_reach(const RedisAddress& address) {
  return address.socket.empty()
             ? ": see that it runs, that state names it and that no firewall "
               "stands between"
             : ": see that it runs, that state names its socket and that uid " +
                   std::to_string(geteuid()) +
                   " may write to that (unixsocketperm)";
}

}  // namespace

Error Redis::unavailable(const std::string& why) const {
  return Error{Errc::kUnavailable,
               "Redis at " + place_of(address_) + ": " + why};
}

// A Redis that is not itself may send our password back.
Error Redis::refused(const std::string& reply) const {
  const bool is_told = address_.password.empty() ||
                       reply.find(address_.password) == std::string::npos;
  return Error{Errc::kUnavailable,
               "it refuses: " + (is_told ? quote(reply) + ": " : "") +
                   std::string(advice_for(reply))};
}

Result<Redis::Kept> Redis::take_idle() {
  const std::lock_guard lock(mutex_);
  const SteadyClock::time_point now = SteadyClock::now();
  if (now < closed_until_) {
    return unavailable(problem_);
  }
  while (!idle_.empty()) {
    Kept kept = std::move(idle_.back());
    idle_.pop_back();
    if (now - kept.made < times_.max_age && kept.connection->is_quiet()) {
      return kept;
    }
  }
  return Kept{};
}

Error Redis::give_up(const Error& error) {
  const std::lock_guard lock(mutex_);
  idle_.clear();
  closed_until_ = SteadyClock::now() + times_.pause;
  problem_ = error.detail;
  return unavailable(error.detail);
}

Result<Redis::Kept> Redis::open(Deadline deadline) {
  Result<Fd> fd = address_.socket.empty()
                      ? dial_host(lookup_, deadline)
                      : dial_socket(address_.socket, deadline);
  if (!fd) {
    return Error{fd.error().code, fd.error().detail + how_to_reach(address_)};
  }
  Kept made{speak_redis(*std::move(fd)), SteadyClock::now(), ""};
  const Result<Server> server = greet(*made.connection, deadline);
  if (!server) {
    return server.error();
  }
  meet(*server);
  made.run_id = server->run_id;
  return made;
}

Result<Redis::Server> Redis::read_server(std::string_view info) {
  const Result<std::string_view> run_id = value_of(info, "run_id");
  const Result<std::string_view> uptime = value_of(info, "uptime_in_seconds");
  if (!run_id || !uptime) {
    return (run_id ? uptime : run_id).error();
  }
  std::int64_t seconds = 0;
  std::from_chars(uptime->data(), uptime->data() + uptime->size(), seconds);
  return Server{std::string(*run_id), std::chrono::seconds(seconds)};
}

// All at once, and the command after that: plain CGI pays for it each time.
Result<Redis::Server> Redis::greet(RedisConnection& connection,
                                   Deadline deadline) const {
  std::vector<RedisCommand> commands;
  if (!address_.password.empty()) {
    commands.push_back({"AUTH"});
    if (!address_.user.empty()) {
      commands.back().push_back(address_.user);
    }
    commands.back().push_back(address_.password);
  }
  if (address_.database != "0") {
    commands.push_back({"SELECT", address_.database});
  }
  commands.push_back({"INFO", "server"});
  commands.push_back({"INFO", "memory"});
  if (Result<void> r = connection.send(commands, deadline); !r) {
    return r.error();
  }
  std::string info;
  for (const RedisCommand& command : commands) {
    const Result<RedisReply> reply = connection.read(deadline);
    if (!reply) {
      return reply.error();
    }
    if (reply->kind == RedisReply::Kind::kError) {
      return command[0] == "AUTH"
                 ? Error{Errc::kUnavailable,
                         "it does not take the user and the password that "
                         "state holds: correct them"}
                 : refused(reply->text);
    }
    info += '\n' + reply->text;
  }
  const Result<void> policy = check_policy(info);
  return policy ? read_server(info) : policy.error();
}

// A process that was not there when the last one was heard has lost at most
// what came before its start. One that was is another host's, a replica that
// was promoted at any time since.
void Redis::meet(const Server& server) {
  const std::lock_guard lock(mutex_);
  const UnixTime now = time_of_day();
  if (!run_id_.empty() && server.run_id != run_id_) {
    const UnixTime started = now - server.uptime;
    lost_before_ = started > heard_ ? started : now;
    idle_.clear();
  }
  run_id_ = server.run_id;
  heard_ = now;
}

bool Redis::has_lost_since(UnixTime since) {
  const std::lock_guard lock(mutex_);
  return since < lost_before_;
}

void Redis::keep(Kept kept) {
  const std::lock_guard lock(mutex_);
  if (kept.run_id == run_id_ && idle_.size() < kMostIdle) {
    idle_.push_back(std::move(kept));
  }
}

// After a refusal the next may be asked: what is a replica now was the primary
// when its connection was made.
Result<RedisReply> Redis::finish(Kept kept, Result<RedisReply> reply) {
  if (!reply) {
    return give_up(reply.error());
  }
  if (reply->kind == RedisReply::Kind::kError) {
    return unavailable(refused(reply->text).detail);
  }
  {
    const std::lock_guard lock(mutex_);
    heard_ = kept.run_id == run_id_ ? time_of_day() : heard_;
  }
  keep(std::move(kept));
  return reply;
}

Result<RedisReply> Redis::call(const RedisCommand& command,
                               UnixTime known_since) {
  const Deadline deadline = SteadyClock::now() + times_.timeout;
  Result<Kept> kept = take_idle();
  if (!kept) {
    return kept.error();
  }
  for (;;) {
    const bool is_new = kept->connection == nullptr;
    if (is_new) {
      kept = open(deadline);
      if (!kept) {
        return give_up(kept.error());
      }
    }
    if (has_lost_since(known_since)) {
      keep(*std::move(kept));
      return unavailable(
          "it was started again, or gave way to another, and may have lost "
          "which tokens were used before: those are refused, newer ones are "
          "not");
    }
    RedisConnection& connection = *kept->connection;
    const Result<void> sent = connection.send({command}, deadline);
    Result<RedisReply> reply = sent ? connection.read(deadline) : sent.error();
    if (reply || is_new || !connection.was_closed()) {
      return finish(*std::move(kept), std::move(reply));
    }
    kept->connection.reset();
  }
}

}  // namespace claimcheck
