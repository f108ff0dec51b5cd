// A second reading of JSON that the library accepted: a plain tree, where the
// library has a table. Parsed in place, because RapidJSON's own tree adds to a
// null pointer, at which UBSan stops.
#ifndef CLAIMCHECK_FUZZ_JSON_TREE_H_
#define CLAIMCHECK_FUZZ_JSON_TREE_H_

#include <rapidjson/reader.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "claimcheck/json.h"
#include "claimcheck/utf8.h"
#include "property.h"

namespace claimcheck::fuzz {

struct JsonNode {
  enum class Type { kOther, kNumber, kString, kObject, kArray };

  Type type = Type::kOther;
  std::string name;
  std::string text;
  double number = 0;
  std::vector<JsonNode> children;

  bool is_string() const { return type == Type::kString; }
};

// JsonTreeBuilder is RapidJSON's SAX handler.
class JsonTreeBuilder
    : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonTreeBuilder> {
 public:
  using Type = JsonNode::Type;

  bool Default() { return add(Type::kOther); }
  bool Int(int n) { return Double(n); }
  bool Uint(unsigned n) { return Double(n); }
  bool Int64(std::int64_t n) { return Double(static_cast<double>(n)); }
  bool Uint64(std::uint64_t n) { return Double(static_cast<double>(n)); }
  bool Double(double n) {
    add(Type::kNumber);
    open_.back()->children.back().number = n;
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    add(Type::kString);
    open_.back()->children.back().text.assign(text, size);
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name_.assign(text, size);
    return true;
  }
  bool StartObject() { return open(Type::kObject); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(Type::kArray); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  // root has what was read as its children.
  const JsonNode& root() const { return root_; }

 private:
  bool add(Type type) {
    open_.back()->children.push_back(
        {type, std::exchange(name_, {}), {}, 0, {}});
    return true;
  }

  // What is open stays where it is: it is always its parent's last child.
  bool open(Type type) {
    require(open_.size() <= kMaxJsonDepth, "nothing is nested too deep");
    add(type);
    open_.push_back(&open_.back()->children.back());
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonNode root_;
  std::vector<JsonNode*> open_{&root_};
  std::string name_;
};

inline void check_node(const JsonNode& object) {
  std::set<std::string_view> names;
  for (const JsonNode& child : object.children) {
    require(is_utf8(child.name) && is_utf8(child.text), "a string is UTF-8");
    require(object.type != JsonNode::Type::kObject ||
                names.insert(child.name).second,
            "no member is there twice");
    check_node(child);
  }
}

inline JsonNode read_object(std::string text) {
  rapidjson::InsituStringStream stream(text.data());
  JsonTreeBuilder builder;
  require(!rapidjson::Reader()
               .Parse<rapidjson::kParseInsituFlag>(stream, builder)
               .IsError(),
          "what was accepted is JSON");
  require(stream.Tell() == text.size(), "JSON is read to its end");
  const JsonNode& object = builder.root().children.front();
  require(object.type == JsonNode::Type::kObject,
          "what was accepted is an object");
  check_node(object);
  return object;
}

// member is the member `name` of an object, or nullptr.
inline const JsonNode* member(const JsonNode& object, std::string_view name) {
  for (const JsonNode& child : object.children) {
    if (child.name == name) {
      return &child;
    }
  }
  return nullptr;
}

}  // namespace claimcheck::fuzz

#endif  // CLAIMCHECK_FUZZ_JSON_TREE_H_
