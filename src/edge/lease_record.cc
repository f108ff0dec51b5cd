#include "edge/lease_record.h"

#include <charconv>
#include <concepts>
#include <optional>

#include "claimcheck/json.h"

namespace claimcheck {
namespace {

// In bytes, so that most are allocated once.
constexpr std::size_t kUsualRecord = 384;

void add_text(std::string& record, std::string_view name,
              std::string_view value) {
  if (!value.empty()) {
    json_name_to(record, name);
    json_quote_to(record, value);
  }
}

void add_time(std::string& record, std::string_view name, UnixTime time) {
  json_name_to(record, name);
  record += std::to_string(time.count());
}

// Reader takes members off a record, and remembers whether all were there.
class Reader {
 public:
  explicit Reader(const JsonObject& object) : object_(object) {}

  std::string text(std::string_view name) {
    const JsonValue* value = object_.find(name);
    is_whole_ = is_whole_ && value != nullptr && value->is_string();
    return is_whole_ ? std::string(value->text()) : std::string();
  }

  std::string optional_text(std::string_view name) {
    return object_.find(name) == nullptr ? std::string() : text(name);
  }

  template <std::integral T>
  T number(std::string_view name) {
    const std::string digits = text(name);
    const char* const end = digits.data() + digits.size();
    T value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    is_whole_ = is_whole_ && error == std::errc() && stop == end;
    return value;
  }

  UnixTime time(std::string_view name) {
    const JsonValue* value = object_.find(name);
    is_whole_ = is_whole_ && value != nullptr && value->is_number() &&
                value->number >= 0 && value->number <= kMaxNumericDate * 1000;
    return UnixTime(is_whole_ ? static_cast<std::int64_t>(value->number) : 0);
  }

  bool is_whole() const { return is_whole_; }

 private:
  const JsonObject& object_;
  bool is_whole_ = true;
};

std::optional<Lease> read(const JsonObject& object, const Redemption& token) {
  Reader reader(object);
  Lease lease;
  lease.token = token;
  lease.resource = reader.text("resource");
  lease.etag = reader.optional_text("etag");
  lease.file.size = reader.number<std::uint64_t>("size");
  lease.file.mtime_ns = reader.number<std::int64_t>("mtime_ns");
  lease.file.inode = reader.number<std::uint64_t>("inode");
  lease.cookie = reader.optional_text("cookie");
  lease.address = reader.optional_text("address");
  lease.redeemed = reader.time("redeemed_ms");
  lease.deadline = reader.time("deadline_ms");
  return reader.is_whole() ? std::optional(lease) : std::nullopt;
}

}  // namespace

std::string lease_record(const Lease& lease) {
  std::string record;
  record.reserve(kUsualRecord);
  record += '{';
  json_name_to(record, "resource");
  json_quote_to(record, lease.resource);
  add_text(record, "etag", lease.etag);
  add_text(record, "size", std::to_string(lease.file.size));
  add_text(record, "mtime_ns", std::to_string(lease.file.mtime_ns));
  add_text(record, "inode", std::to_string(lease.file.inode));
  add_text(record, "cookie", lease.cookie);
  add_text(record, "address", lease.address);
  add_time(record, "redeemed_ms", lease.redeemed);
  add_time(record, "deadline_ms", lease.deadline);
  return record += "}\n";
}

Lease read_lease_record(std::string_view record, const Redemption& token) {
  Lease unreadable;
  unreadable.token = token;
  if (record.size() > kMaxLeaseRecord || !record.ends_with('\n')) {
    return unreadable;
  }
  record.remove_suffix(1);
  const Result<JsonDocument> document = JsonDocument::parse(record);
  return document ? read(document->object(), token).value_or(unreadable)
                  : unreadable;
}

}  // namespace claimcheck
