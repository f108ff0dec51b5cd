#include "claimcheck/json.h"

#define RAPIDJSON_HAS_STDSTRING 0
#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstdint>
#include <cstdio>

namespace claimcheck {
namespace {

using Type = JsonValue::Type;

// The iterative parser keeps its state on the heap (the recursive one dies of
// deep input); full precision makes 1700000000.123 the nearest double.
constexpr unsigned kParseFlags =
    rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
    rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;

// Collector is RapidJSON's SAX handler: each method returns false to stop.
class Collector {
 public:
  explicit Collector(std::vector<JsonValue>& values) : values_(values) {}

  bool Null() { return add(Type::kNull); }
  bool Bool(bool) { return add(Type::kBool); }
  bool Int(int n) { return add_number(n); }
  bool Uint(unsigned n) { return add_number(n); }
  bool Int64(std::int64_t n) { return add_number(static_cast<double>(n)); }
  bool Uint64(std::uint64_t n) { return add_number(static_cast<double>(n)); }
  bool Double(double n) { return add_number(n); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }

  bool String(const char* text, rapidjson::SizeType size, bool) {
    // RapidJSON makes UTF-8 of a lone surrogate's escape.
    if (!is_utf8({text, size}) || !add(Type::kString)) {
      return false;
    }
    values_.back().text = {text, size};
    return true;
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name_ = {text, size};
    return is_utf8(name_) && !has_sibling(name_);
  }

  bool StartObject() { return open(Type::kObject); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return !path_.empty() && open(Type::kArray); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  bool add(Type type) {
    // Nothing but an object stands at the top.
    if (values_.size() == kMaxJsonValues ||
        (path_.empty() && type != Type::kObject)) {
      return false;
    }
    JsonValue value;
    value.name = name_;
    value.type = type;
    value.parent = path_.empty() ? 0 : path_.back();
    values_.push_back(value);
    name_ = {};
    return true;
  }

  bool add_number(double number) {
    if (!add(Type::kNumber)) {
      return false;
    }
    values_.back().number = number;
    return true;
  }

  bool open(Type type) {
    if (path_.size() == kMaxJsonDepth || !add(type)) {
      return false;
    }
    path_.push_back(values_.size() - 1);
    return true;
  }

  bool close() {
    path_.pop_back();
    return true;
  }

  bool has_sibling(std::string_view name) const {
    const std::size_t parent = path_.back();
    for (std::size_t i = parent + 1; i < values_.size(); ++i) {
      if (values_[i].parent == parent && values_[i].name == name) {
        return true;
      }
    }
    return false;
  }

  std::vector<JsonValue>& values_;
  std::vector<std::size_t> path_;
  std::string_view name_;
};

void append_escaped(std::string& out, char32_t code_point) {
  char escape[8];
  std::snprintf(escape, sizeof escape, "\\u%04x",
                static_cast<unsigned>(code_point));
  out += escape;
}

bool must_be_escaped(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
         is_bidi_control(c);
}

}  // namespace

Result<JsonObject> JsonObject::parse(std::string_view text) {
  const Error malformed{Errc::kTokenInvalid,
                        "not one JSON object with unique members"};
  // RapidJSON takes a NUL for the end of its input.
  if (text.find('\0') != std::string_view::npos) {
    return malformed;
  }
  JsonObject object;
  object.buffer_.assign(text.begin(), text.end());
  object.buffer_.push_back('\0');
  object.values_.reserve(16);
  if (text.starts_with("\xef\xbb\xbf")) {
    return malformed;
  }
  rapidjson::InsituStringStream stream(object.buffer_.data());
  rapidjson::Reader reader;
  Collector collector(object.values_);
  if (!reader.Parse<kParseFlags>(stream, collector)) {
    return malformed;
  }
  return object;
}

const JsonValue* JsonObject::find(std::string_view name) const {
  return find_in(values_.front(), name);
}

const JsonValue* JsonObject::find_in(const JsonValue& object,
                                     std::string_view name) const {
  const auto parent = static_cast<std::size_t>(&object - values_.data());
  if (object.type != Type::kObject) {
    return nullptr;
  }
  for (std::size_t i = parent + 1; i < values_.size(); ++i) {
    if (values_[i].parent == parent && values_[i].name == name) {
      return &values_[i];
    }
  }
  return nullptr;
}

std::vector<const JsonValue*> JsonObject::elements(
    const JsonValue& array) const {
  std::vector<const JsonValue*> found;
  const auto parent = static_cast<std::size_t>(&array - values_.data());
  for (std::size_t i = parent + 1;
       array.type == Type::kArray && i < values_.size(); ++i) {
    if (values_[i].parent == parent) {
      found.push_back(&values_[i]);
    }
  }
  return found;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = next_code_point(text);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (must_be_escaped(c)) {
      append_escaped(out, c);
    } else if (c == 0xfffd) {
      out += "\xef\xbf\xbd";
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  out += '"';
  return out;
}

bool is_utf8(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  while (stream.Tell() < text.size()) {
    unsigned code_point;
    if (!rapidjson::UTF8<>::Decode(stream, &code_point)) {
      return false;
    }
  }
  return stream.Tell() == text.size();
}

bool is_bidi_control(char32_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char32_t next_code_point(std::string_view& text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  unsigned code_point;
  // At its end the stream gives NULs, which complete no sequence.
  if (!rapidjson::UTF8<>::Decode(stream, &code_point)) {
    text.remove_prefix(1);
    return 0xfffd;
  }
  text.remove_prefix(stream.Tell());
  return code_point;
}

}  // namespace claimcheck
