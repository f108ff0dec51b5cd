// Strict JSON (RFC 8259) for JWS headers, JWT claims and JWKs, on RapidJSON.
//
//   Result<JsonDocument> claims =
//   JsonDocument::parse(R"({"cnf":{"kid":"a"}})"); const JsonValue* cnf =
//   claims->object().find("cnf"); const JsonValue* kid = cnf ?
//   claims->object().find_in(*cnf, "kid") : nullptr;
//
// What RapidJSON lets pass is refused here: duplicate members (compared after
// unescaping), a NUL or a byte order mark, invalid UTF-8, lone surrogates.
#ifndef CLAIMCHECK_JSON_H_
#define CLAIMCHECK_JSON_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"

namespace claimcheck {

inline constexpr std::size_t kMaxJsonDepth = 16;

// kMaxJsonMembers, of all objects in a token's text, bounds the search for
// duplicates, which grows with the square of an object's members. A token of
// 4 KiB has room for more, none needs them.
inline constexpr std::size_t kMaxJsonMembers = 256;

// kMaxJsonValues is what a token's text of 3 KiB has room for, `[1,1,…`.
inline constexpr std::size_t kMaxJsonValues = 1536;

// JsonValue is one value of a parsed text. It has no constructor, so that a
// table of them on the stack costs nothing.
struct JsonValue {
  enum class Type : std::uint8_t {
    kNull,
    kBool,
    kNumber,
    kString,
    kObject,
    kArray
  };

  const char* name_data;
  const char* text_data;
  double number;  // of a number, rounded
  std::uint32_t name_size;
  std::uint32_t text_size;
  std::uint32_t parent;
  Type type;

  // name is the member's, unescaped; empty for an element of an array.
  std::string_view name() const { return {name_data, name_size}; }
  // text is a string's, unescaped; empty for other types.
  std::string_view text() const { return {text_data, text_size}; }
  // is_named is name() == other, without a call where the first byte differs.
  bool is_named(std::string_view other) const {
    return name_size == other.size() &&
           (name_size == 0 || (name_data[0] == other[0] && name() == other));
  }
  bool is_string() const { return type == Type::kString; }
  bool is_number() const { return type == Type::kNumber; }
};

// JsonTable is room for the values of a token's text and their object.
using JsonTable = JsonValue[kMaxJsonValues + 1];

// JsonObject views a parsed text; it is good as long as the text and the table
// that it was given.
class JsonObject {
 public:
  // parse takes a text that is one object and nothing else, followed by one
  // byte that is no part of it. The text is overwritten (strings are unescaped
  // in place), `table` filled. Allocates nothing when it succeeds.
  // kTokenInvalid for all else, and for more values than `table` holds.
  static Result<JsonObject> parse(std::span<char> text,
                                  std::span<JsonValue> table,
                                  std::size_t max_members = kMaxJsonMembers);

  // find returns the top-level member `name`, or nullptr.
  const JsonValue* find(std::string_view name) const;

  // find_in returns the member `name` of `object`, or nullptr; also when
  // `object` is no object.
  const JsonValue* find_in(const JsonValue& object,
                           std::string_view name) const;

  // next_in returns the member or element of `container` that follows
  // `previous`, the first after nullptr, nullptr after the last.
  const JsonValue* next_in(const JsonValue& container,
                           const JsonValue* previous) const;

  // root is the object itself, for next_in().
  const JsonValue& root() const { return values_.front(); }

 private:
  explicit JsonObject(std::span<const JsonValue> values) : values_(values) {}

  std::span<const JsonValue> values_;
};

// JsonDocument is a parsed text with its own memory, which is cleansed when it
// goes: keys are read through it.
class JsonDocument {
 public:
  // parse copies `text`; errors as JsonObject::parse.
  static Result<JsonDocument> parse(std::string_view text,
                                    std::size_t max_values = kMaxJsonValues,
                                    std::size_t max_members = kMaxJsonMembers);

  JsonDocument(JsonDocument&&) = default;
  JsonDocument& operator=(JsonDocument&&) = delete;
  ~JsonDocument();

  const JsonObject& object() const { return object_; }

 private:
  JsonDocument(std::vector<char> text, std::vector<JsonValue> table,
               JsonObject object);

  // The views point into them. A vector's storage, unlike a short string's,
  // stays where it is when the vector moves.
  std::vector<char> text_;
  std::vector<JsonValue> table_;
  JsonObject object_;
};

// is_json_value tells whether `text` is one JSON value and nothing else.
bool is_json_value(std::string_view text);

// json_quote returns `text` as a JSON string with its quotes. Controls (C0, C1
// and DEL), line separators and bidirectional formatting characters are
// escaped, so that a log line reads as it was written; bytes that are not
// UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);
// json_quote_to adds it to `out`.
void json_quote_to(std::string& out, std::string_view text);

// json_name_to adds the name of a member, which needs no escapes, to an object
// that is being written: its value is to follow.
void json_name_to(std::string& out, std::string_view name);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JSON_H_
