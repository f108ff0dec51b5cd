// The kinds of settings: how each is read from the values that the file or the
// environment has, and how it is shown as it would stand there.
//
//   Duration::set(config.token_lifetime, {"2s"});   // true
//   Duration::show(config.token_lifetime);          // {"2s"}
//
// `set` stores the values and returns false if they are none of this kind. What
// `show` returns, `set` takes, but for a password, which is never shown;
// nothing stands for what is not set.
#ifndef CLAIMCHECK_EDGE_SETTING_KIND_H_
#define CLAIMCHECK_EDGE_SETTING_KIND_H_

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "edge/word.h"
#include "policy/config.h"

namespace claimcheck {

using Values = std::vector<std::string>;

struct Text {
  static bool set(std::string& member, const Values& values);
  static Values show(const std::string& member);
};

// The name of a file. `set` takes absolute ones: who resolves a relative one
// asks is_relative() before.
struct Path {
  static bool is_relative(std::string_view value);
  static bool set(std::string& member, const Values& values);
  static Values show(const std::string& member) { return Text::show(member); }
};

// A file with keys. A relative name begins with a dot: what does not may be a
// secret in the wrong place, which no message about a missing file shall show.
struct KeyFile {
  static bool is_relative(std::string_view value);
  static bool set(std::string& member, const Values& values) {
    return Path::set(member, values);
  }
  static Values show(const std::string& member) { return Text::show(member); }
};

struct Duration {
  static bool set(std::chrono::milliseconds& member, const Values& values);
  static Values show(const std::chrono::milliseconds& member);
};

// RFC 9110 section 5.6.2: names of headers and cookies.
struct TokenName {
  static bool set(std::string& member, const Values& values);
  static Values show(const std::string& member) { return Text::show(member); }
};

// "CriOS|FxiOS"; "" for none.
struct Agents {
  static bool set(std::vector<std::string>& member, const Values& values);
  static Values show(const std::vector<std::string>& member);
};

struct Origins {
  static bool set(std::vector<std::string>& member, const Values& values);
  static Values show(const std::vector<std::string>& member) { return member; }
};

// A path of this site, or a URL.
struct Home {
  static bool set(std::string& member, const Values& values);
  static Values show(const std::string& member) { return Text::show(member); }
};

struct AuditTarget {
  static bool is_relative(std::string_view value);
  static bool set(std::string& member, const Values& values);
  static Values show(const std::string& member) { return Text::show(member); }
};

// A file, or redis:NAME.
struct Keys {
  static bool is_relative(std::string_view value) {
    return KeyFile::is_relative(value);
  }
  static bool set(Config& config, const Values& values);
  static Values show(const Config& config);
};

// A folder, or the URL of a Redis. What a URL has to be is told when all is
// read (check_whole).
struct State {
  static bool is_relative(std::string_view value);
  static bool set(Config& config, const Values& values);
  static Values show(const Config& config);
};

// One of kWords.
template <const auto& kWords>
struct OneOf {
  template <typename Enum>
  static bool set(Enum& member, const Values& values) {
    const auto meaning = values.size() == 1 ? meaning_of(kWords, values[0])
                                            : std::optional<Enum>();
    member = meaning.value_or(member);
    return meaning.has_value();
  }
  template <typename Enum>
  static Values show(const Enum& member) {
    return {std::string(word_for(kWords, member))};
  }
};

// From 1 to kMost; 0 is not set.
template <auto kMost>
struct Number {
  using Type = decltype(kMost);
  static bool set(Type& member, const Values& values) {
    Type number = 0;
    if (values.size() != 1) {
      return false;
    }
    const char* const begin = values[0].data();
    const char* const end = begin + values[0].size();
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stop != end || number < 1 || number > kMost) {
      return false;
    }
    member = number;
    return true;
  }
  static Values show(const Type& member) {
    return member == 0 ? Values() : Values{std::to_string(member)};
  }
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_SETTING_KIND_H_
