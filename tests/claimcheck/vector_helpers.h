// What the tests of published vectors share: a file's values as text, bytes
// and keys, and a count of what ran, so that a loop that ends early fails.
#ifndef CLAIMCHECK_TESTS_CLAIMCHECK_VECTOR_HELPERS_H_
#define CLAIMCHECK_TESTS_CLAIMCHECK_VECTOR_HELPERS_H_

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "claimcheck/base64url.h"
#include "claimcheck/jws.h"
#include "claimcheck/key_set.h"
#include "minted.h"

namespace claimcheck::testing {

using JsonVector = rapidjson::Value;

inline std::string text_of(const JsonVector& value) {
  return {value.GetString(), value.GetStringLength()};
}

// json_text is a value as a text of its own: a JWK of a larger file.
inline std::string json_text(const JsonVector& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

inline std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(
        std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// loaded are the keys of a text that has to be taken.
inline KeySet loaded(std::string_view text) {
  Result<KeySet> keys = parse_keys(text);
  BOOST_REQUIRE_MESSAGE(keys.has_value(),
                        (keys ? "" : keys.error().detail.c_str()));
  return *std::move(keys);
}

// why_not_loaded is the error of a text of keys; empty if there is none.
inline std::string why_not_loaded(std::string_view text) {
  const Result<KeySet> keys = parse_keys(text);
  return keys ? "" : keys.error().detail;
}

inline bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// check_not_loaded wants a text of keys refused in `words`.
inline void check_not_loaded(std::string_view text, std::string_view words) {
  const std::string why = why_not_loaded(text);
  BOOST_CHECK_MESSAGE(!why.empty() && holds(why, words),
                      '"' << why << "\" for " << words);
}

// why_refused is the error of a token; empty if it verifies.
inline std::string why_refused(std::string_view token, const KeySet& keys) {
  const Result<Jws> jws = jws_verify(token, keys, JwsRules{}, kNow);
  if (!jws) {
    return jws.error().detail;
  }
  const std::string_view input = signing_input(token);
  BOOST_CHECK_EQUAL(base64url_encode(jws->payload),
                    input.substr(input.find('.') + 1));
  return "";
}

// compact_of is the compact serialization of a signature in JSON (RFC 7515
// section 7.2), without what its unprotected header says.
inline std::string compact_of(const JsonVector& signature,
                              const std::string& payload) {
  return text_of(signature["protected"]) + '.' + payload + '.' +
         text_of(signature["signature"]);
}

// sign_again is `token` with a signature by `key`.
inline std::string sign_again(std::string_view token, const Key& key) {
  const std::string input(signing_input(token));
  return input + '.' + base64url_encode(*key.sign(input));
}

// check_json_forms tells of a file of RFC 7520's cookbook that both JSON
// serializations hold the token, and are none.
inline void check_json_forms(const JsonVector& file, const std::string& token,
                             const KeySet& keys) {
  const JsonVector& general = file["output"]["json"];
  const JsonVector& flat = file["output"]["json_flat"];
  BOOST_REQUIRE_EQUAL(general["signatures"].Size(), 1u);
  BOOST_CHECK_EQUAL(
      compact_of(general["signatures"][0], text_of(general["payload"])), token);
  BOOST_CHECK_EQUAL(compact_of(flat, text_of(flat["payload"])), token);
  for (const JsonVector* form : {&general, &flat}) {
    BOOST_CHECK_EQUAL(why_refused(json_text(*form), keys),
                      "the token has not three parts");
  }
}

// id_of and is_labelled_valid are what a test of Wycheproof's says of itself.
inline int id_of(const JsonVector& test) { return test["tcId"].GetInt(); }

inline bool is_labelled_valid(const JsonVector& test) {
  return text_of(test["result"]) == "valid";
}

// VectorCount counts what ran and what did not apply.
struct VectorCount {
  int run = 0;
  int aside = 0;

  void report(std::string_view name, std::string_view why) const {
    BOOST_TEST_MESSAGE(run << " vectors run of " << name << ", " << aside
                           << " set aside: " << why);
  }
};

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_CLAIMCHECK_VECTOR_HELPERS_H_
