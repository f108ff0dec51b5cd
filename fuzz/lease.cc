// Reads any bytes as the record of a used token, as from a disk or a Redis, and
// writes leases made of them.
// Holds: a lease is its token's, whatever the record says; it is what a second
// reading by other means finds, or nobody's; what was read is written and read
// again as the same; a record is one line without controls; and one that is cut
// is never another lease.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "claimcheck/utf8.h"
#include "edge/lease_record.h"
#include "json_tree.h"
#include "policy/world.h"
#include "property.h"

namespace claimcheck::fuzz {
namespace {

const Redemption kToken{std::string(64, 'a'), UnixTime(1'800'000'002'000),
                        UnixTime(1'800'000'000'000)};
constexpr auto kLatest = static_cast<std::uint64_t>(kMaxNumericDate * 1000);

bool is_same(const Lease& a, const Lease& b) {
  return a.resource == b.resource && a.file == b.file && a.etag == b.etag &&
         a.cookie == b.cookie && a.address == b.address &&
         a.redeemed == b.redeemed && a.deadline == b.deadline;
}

bool is_unreadable(const Lease& lease) { return is_same(lease, Lease()); }

Lease read(std::string_view record) {
  Lease lease = read_lease_record(record, kToken);
  require(lease.token.handle == kToken.handle &&
              lease.token.expires == kToken.expires &&
              lease.token.usable_since == kToken.usable_since,
          "a lease is its token's");
  return lease;
}

void check_text(const JsonNode& json, const char* name,
                const std::string& text) {
  const JsonNode* value = member(json, name);
  require(value == nullptr ? text.empty()
                           : value->is_string() && value->text == text,
          "a text is what the record says");
}

template <typename T>
void check_number(const JsonNode& json, const char* name, T number) {
  const JsonNode* value = member(json, name);
  require(value != nullptr && value->is_string(), "a number is a string");
  std::string_view digits = value->text;
  const bool is_negative = digits.starts_with('-');
  require(!is_negative || number <= 0, "a number has its sign");
  digits.remove_prefix(is_negative ? 1 : 0);
  digits.remove_prefix(
      std::min(digits.find_first_not_of('0'), digits.size() - 1));
  const std::string spelt = std::to_string(number);
  require(digits == std::string_view(spelt).substr(number < 0 ? 1 : 0),
          "a number is what the record says");
}

void check_time(const JsonNode& json, const char* name, UnixTime time) {
  const JsonNode* value = member(json, name);
  require(time >= UnixTime(0) && time <= UnixTime(kLatest),
          "a time is one that can be");
  require(value != nullptr && value->type == JsonNode::Type::kNumber &&
              std::floor(value->number) == static_cast<double>(time.count()),
          "a time is what the record says");
}

void check_second_reading(std::string_view record, const Lease& lease) {
  require(record.size() <= kMaxLeaseRecord && record.ends_with('\n'),
          "what is read is bounded and was written to its end");
  const JsonNode json = read_object(std::string(record));
  require(member(json, "resource") != nullptr, "a lease is of a resource");
  check_text(json, "resource", lease.resource);
  check_text(json, "etag", lease.etag);
  check_text(json, "cookie", lease.cookie);
  check_text(json, "address", lease.address);
  check_number(json, "size", lease.file.size);
  check_number(json, "mtime_ns", lease.file.mtime_ns);
  check_number(json, "inode", lease.file.inode);
  check_time(json, "redeemed_ms", lease.redeemed);
  check_time(json, "deadline_ms", lease.deadline);
}

// check_writing returns what is read of the lease that it writes.
Lease check_writing(const Lease& lease) {
  const std::string record = lease_record(lease);
  require(is_utf8(record), "a record is UTF-8");
  require(std::find_if(record.begin(), record.end(),
                       [](unsigned char c) { return c < 0x20 || c == 0x7f; }) ==
                  record.end() - 1 &&
              record.back() == '\n',
          "a record is one line without controls");
  const Lease again = read(record);
  // Written by nobody: no resource is that long.
  if (record.size() > kMaxLeaseRecord) {
    require(is_unreadable(again), "a record that is too long is nobody's");
    return lease;
  }
  require(lease_record(again) == record,
          "a record that is read is written as it was");
  return again;
}

void check_reading(std::string_view record) {
  const Lease lease = read(record);
  if (is_unreadable(lease)) {
    return;
  }
  check_second_reading(record, lease);
  require(is_same(check_writing(lease), lease),
          "what is read is written and read as the same");
  for (const std::size_t size : {record.size() / 2, record.size() - 1}) {
    const Lease cut = read(record.substr(0, size));
    require(is_unreadable(cut) || is_same(cut, lease),
            "a record that is cut is the same or nobody's");
  }
}

void check_any_lease(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, sizeof number)) {
    number = number << 8 | static_cast<unsigned char>(c);
  }
  const std::string text(bytes);
  Lease lease;
  lease.resource = text;
  lease.etag = text.substr(text.size() / 2);
  lease.cookie = text.substr(text.size() / 3);
  lease.address = text.substr(text.size() - text.size() / 4);
  lease.file = {number, static_cast<std::int64_t>(number), ~number};
  lease.redeemed = UnixTime(number % (kLatest + 1));
  lease.deadline = UnixTime(~number % (kLatest + 1));
  const Lease again = check_writing(lease);
  const bool is_text = is_utf8(lease.resource) && is_utf8(lease.etag) &&
                       is_utf8(lease.cookie) && is_utf8(lease.address);
  require(!is_text || is_same(again, lease),
          "a lease of UTF-8 is read as it was written");
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck::fuzz;
  const std::string_view bytes = text_of(data, size);
  check_reading(bytes);
  check_any_lease(bytes);
  return 0;
}
