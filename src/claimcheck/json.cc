#include "claimcheck/json.h"

#include <openssl/crypto.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "claimcheck/utf8.h"

namespace claimcheck {
namespace {

using Type = JsonValue::Type;

// Neither kParseValidateEncodingFlag, which reads beyond the end of a cut
// sequence, nor kParseFullPrecisionFlag, which makes 4.25e37 of 0e-270: UTF-8
// is checked before, and times need no last bit. The parser recurses, and
// Collector stops it at kMaxJsonDepth. RAPIDJSON_SSE2 stays undefined: its
// scanner lets the controls 0x1a to 0x1f through.
constexpr unsigned kParseFlags = rapidjson::kParseInsituFlag;

// Collector is RapidJSON's SAX handler: each method returns false to stop.
class Collector {
 public:
  Collector(std::span<JsonValue> table, std::size_t max_members)
      : table_(table), members_left_(max_members) {}

  std::size_t size() const { return size_; }

  bool Null() { return add(Type::kNull); }
  bool Bool(bool) { return add(Type::kBool); }
  bool Int(int n) { return add(Type::kNumber, {}, n); }
  bool Uint(unsigned n) { return add(Type::kNumber, {}, n); }
  bool Int64(std::int64_t n) {
    return add(Type::kNumber, {}, static_cast<double>(n));
  }
  bool Uint64(std::uint64_t n) {
    return add(Type::kNumber, {}, static_cast<double>(n));
  }
  bool Double(double n) { return add(Type::kNumber, {}, n); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }

  bool String(const char* text, rapidjson::SizeType size, bool) {
    // RapidJSON makes UTF-8 of a lone surrogate's escape.
    return is_utf8({text, size}) && add(Type::kString, {text, size});
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name_ = {text, size};
    return is_utf8(name_) && members_left_-- > 0 && !has_sibling(name_);
  }

  bool StartObject() { return open(Type::kObject); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return depth_ > 0 && open(Type::kArray); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  bool add(Type type, std::string_view text = {}, double number = 0) {
    // Nothing but an object stands at the top.
    if ((depth_ == 0 && type != Type::kObject) || size_ == table_.size()) {
      return false;
    }
    table_[size_++] = {name_.data(),
                       text.data(),
                       number,
                       static_cast<std::uint32_t>(name_.size()),
                       static_cast<std::uint32_t>(text.size()),
                       depth_ == 0 ? 0 : path_[depth_ - 1],
                       type};
    name_ = {};
    return true;
  }

  bool open(Type type) {
    if (depth_ == kMaxJsonDepth || !add(type)) {
      return false;
    }
    path_[depth_++] = static_cast<std::uint32_t>(size_ - 1);
    return true;
  }

  bool close() {
    --depth_;
    return true;
  }

  bool has_sibling(std::string_view name) const {
    const std::uint32_t parent = path_[depth_ - 1];
    for (std::size_t i = parent + 1; i < size_; ++i) {
      if (table_[i].parent == parent && table_[i].is_named(name)) {
        return true;
      }
    }
    return false;
  }

  std::span<JsonValue> table_;
  std::size_t members_left_;
  std::size_t size_ = 0;
  // The objects and arrays that are open.
  std::uint32_t path_[kMaxJsonDepth];
  std::size_t depth_ = 0;
  std::string_view name_;
};

// RapidJSON takes a NUL for the end of its input.
bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_utf8(text) &&
         !text.starts_with("\xef\xbb\xbf");
}

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

Result<JsonObject> JsonObject::parse(std::span<char> text,
                                     std::span<JsonValue> table,
                                     std::size_t max_members) {
  text.back() = '\0';
  Collector collector(table, max_members);
  if (is_text({text.data(), text.size() - 1})) {
    rapidjson::InsituStringStream stream(text.data());
    rapidjson::Reader reader;
    if (reader.Parse<kParseFlags>(stream, collector)) {
      return JsonObject(table.first(collector.size()));
    }
  }
  return Error{Errc::kTokenInvalid, "not one JSON object with unique members"};
}

const JsonValue* JsonObject::find(std::string_view name) const {
  return find_in(root(), name);
}

const JsonValue* JsonObject::find_in(const JsonValue& object,
                                     std::string_view name) const {
  const JsonValue* member = nullptr;
  while (object.type == Type::kObject &&
         (member = next_in(object, member)) != nullptr) {
    if (member->is_named(name)) {
      return member;
    }
  }
  return nullptr;
}

const JsonValue* JsonObject::next_in(const JsonValue& container,
                                     const JsonValue* previous) const {
  const auto index = [this](const JsonValue* value) {
    return static_cast<std::size_t>(value - values_.data());
  };
  const std::size_t parent = index(&container);
  for (std::size_t i = index(previous != nullptr ? previous : &container) + 1;
       i < values_.size(); ++i) {
    if (values_[i].parent == parent) {
      return &values_[i];
    }
  }
  return nullptr;
}

JsonDocument::JsonDocument(std::vector<char> text, std::vector<JsonValue> table,
                           JsonObject object)
    : text_(std::move(text)), table_(std::move(table)), object_(object) {}

JsonDocument::~JsonDocument() { OPENSSL_cleanse(text_.data(), text_.size()); }

Result<JsonDocument> JsonDocument::parse(std::string_view text,
                                         std::size_t max_values,
                                         std::size_t max_members) {
  std::vector<char> copy(text.begin(), text.end());
  copy.push_back('\0');
  std::vector<JsonValue> table(max_values + 1);
  Result<JsonObject> object = JsonObject::parse(copy, table, max_members);
  if (!object) {
    OPENSSL_cleanse(copy.data(), copy.size());
    return object.error();
  }
  return JsonDocument(std::move(copy), std::move(table), *object);
}

// `1,"b":2` would add a second member.
bool is_json_value(std::string_view text) {
  const Result<JsonDocument> document =
      JsonDocument::parse("{\"\":" + std::string(text) + '}');
  if (!document) {
    return false;
  }
  const JsonObject& json = document->object();
  return json.next_in(json.root(), json.next_in(json.root(), nullptr)) ==
         nullptr;
}

std::string json_quote(std::string_view text) {
  std::string out;
  json_quote_to(out, text);
  return out;
}

void json_quote_to(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  };
  const auto plain = static_cast<std::size_t>(
      std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
  out.reserve(out.size() + text.size() + 2);
  out += '"';
  out += text.substr(0, plain);
  text.remove_prefix(plain);
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
}

void json_name_to(std::string& out, std::string_view name) {
  out.append(out.ends_with('{') ? "\"" : ",\"").append(name).append("\":");
}

}  // namespace claimcheck
