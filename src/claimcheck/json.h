// Strict JSON (RFC 8259) for JWS headers and JWT claims, on RapidJSON.
//
//   Result<JsonObject> claims = JsonObject::parse(R"({"cnf":{"kid":"a"}})");
//   const JsonValue* cnf = claims->find("cnf");
//   const JsonValue* kid = cnf ? claims->find_in(*cnf, "kid") : nullptr;
//
// What RapidJSON lets pass is refused here: duplicate members (compared after
// unescaping), a NUL or a byte order mark, invalid UTF-8, lone surrogates.
#ifndef CLAIMCHECK_JSON_H_
#define CLAIMCHECK_JSON_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "claimcheck/result.h"

namespace claimcheck {

inline constexpr std::size_t kMaxJsonDepth = 16;
// kMaxJsonMembers, of all objects in a text, bounds the work of looking for
// duplicates, which grows with the square of an object's members. A token of
// 4 KiB has room for more, none needs them.
inline constexpr std::size_t kMaxJsonMembers = 256;

// JsonValue is one value. `text` holds a string, unescaped; `number` a number,
// rounded to a double.
struct JsonValue {
  enum class Type { kNull, kBool, kNumber, kString, kObject, kArray };

  std::string_view name;
  Type type = Type::kNull;
  std::string_view text;
  double number = 0;
  std::size_t parent = 0;

  bool is_string() const { return type == Type::kString; }
  bool is_number() const { return type == Type::kNumber; }
};

// JsonObject owns a parsed text; the values and their views live as long as it
// does. It moves, and moving keeps them valid.
class JsonObject {
 public:
  // parse takes a text that is one object and nothing else. kTokenInvalid
  // otherwise.
  static Result<JsonObject> parse(std::string_view text);

  JsonObject(JsonObject&&) = default;
  JsonObject& operator=(JsonObject&&) = default;

  // find returns the top-level member `name`, or nullptr.
  const JsonValue* find(std::string_view name) const;

  // find_in returns the member `name` of `object`, or nullptr; also when
  // `object` is no object.
  const JsonValue* find_in(const JsonValue& object,
                           std::string_view name) const;

  // elements returns the elements of `array`, none when it is no array.
  std::vector<const JsonValue*> elements(const JsonValue& array) const;

 private:
  JsonObject() = default;

  // Parsed in place: the views point into it. A vector's storage, unlike a
  // short string's, stays where it is when the vector moves.
  std::vector<char> buffer_;
  std::vector<JsonValue> values_;
};

// json_quote returns `text` as a JSON string with its quotes. Controls (C0, C1
// and DEL), line separators and bidirectional formatting characters are
// escaped, so that a log line reads as it was written; bytes that are not
// UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace claimcheck

#endif  // CLAIMCHECK_JSON_H_
