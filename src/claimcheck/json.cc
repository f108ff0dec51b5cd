#include "claimcheck/json.h"

#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "claimcheck/utf8.h"

namespace claimcheck {
namespace {

using Type = JsonValue::Type;

// The iterative parser keeps its state on the heap (the recursive one dies of
// deep input). Neither kParseValidateEncodingFlag, which reads beyond the end
// of a cut sequence, nor kParseFullPrecisionFlag, which makes 4.25e37 of
// 0e-270: UTF-8 is checked before, and times need no last bit.
constexpr unsigned kParseFlags =
    rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag;

// Collector is RapidJSON's SAX handler: each method returns false to stop.
class Collector {
  // Level is an object or array that is open: its value, and where the names
  // of its members begin.
  struct Level {
    std::size_t value;
    std::size_t first_name;
  };

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
    if (!is_utf8(name_) || ++members_ > kMaxJsonMembers || has_sibling(name_)) {
      return false;
    }
    names_.push_back(name_);
    return true;
  }

  bool StartObject() { return open(Type::kObject); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return !path_.empty() && open(Type::kArray); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  bool add(Type type) {
    // Nothing but an object stands at the top.
    if (path_.empty() && type != Type::kObject) {
      return false;
    }
    JsonValue value;
    value.name = name_;
    value.type = type;
    value.parent = path_.empty() ? 0 : path_.back().value;
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
    path_.push_back({values_.size() - 1, names_.size()});
    return true;
  }

  bool close() {
    names_.resize(path_.back().first_name);
    path_.pop_back();
    return true;
  }

  bool has_sibling(std::string_view name) const {
    const auto first =
        names_.begin() + static_cast<std::ptrdiff_t>(path_.back().first_name);
    return std::find(first, names_.end(), name) != names_.end();
  }

  std::vector<JsonValue>& values_;
  std::vector<Level> path_;
  // The names seen so far in each object of the path, one after the other.
  std::vector<std::string_view> names_;
  std::size_t members_ = 0;
  std::string_view name_;
};

void append_escaped(std::string& out, char32_t code_point) {
  char escape[8];
  std::snprintf(escape, sizeof escape, "\\u%04x",
                static_cast<unsigned>(code_point));
  out += escape;
}

bool must_be_escaped(char32_t c) {
  return is_control(c) || is_line_separator(c) || is_bidi_control(c);
}

}  // namespace

Result<JsonObject> JsonObject::parse(std::string_view text) {
  const Error malformed{Errc::kTokenInvalid,
                        "not one JSON object with unique members"};
  // RapidJSON takes a NUL for the end of its input.
  if (text.find('\0') != std::string_view::npos || !is_utf8(text) ||
      text.starts_with("\xef\xbb\xbf")) {
    return malformed;
  }
  JsonObject object;
  object.buffer_.assign(text.begin(), text.end());
  object.buffer_.push_back('\0');
  object.values_.reserve(16);
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

}  // namespace claimcheck
