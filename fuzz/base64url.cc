// Reads any bytes, as base64url and as what is to be encoded.
// Holds: a text decodes if and only if it is canonical, both decoders say the
// same, and either way round what was decoded or encoded comes back.
#include "claimcheck/base64url.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "property.h"

namespace claimcheck::fuzz {
namespace {

bool is_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

// RFC 4648 section 3.5, by listing: the last digits whose spare bits are zero.
bool is_canonical(std::string_view text) {
  if (!all_digits(text)) {
    return false;
  }
  switch (text.size() % 4) {
    case 1:
      return false;
    case 2:
      return std::string_view("AQgw").find(text.back()) != text.npos;
    case 3:
      return std::string_view("AEIMQUYcgkosw048").find(text.back()) !=
             text.npos;
    default:
      return true;
  }
}

void check_decoding(std::string_view text) {
  const Result<std::string> decoded = base64url_decode(text);
  // On the heap and of the exact size, so that a byte too many is noticed.
  std::vector<char> room(base64url_size(text.size()));
  const Result<std::size_t> size = base64url_decode_to(room, text);
  require(decoded.has_value() == is_canonical(text),
          "what decodes is canonical and the other way round");
  require(decoded.has_value() == size.has_value(), "both decoders agree");
  if (decoded) {
    require(*decoded == std::string_view(room.data(), *size),
            "both decoders give the same bytes");
    require(base64url_encode(*decoded) == text,
            "what decodes encodes to the same text");
    return;
  }
  require(decoded.error().code == Errc::kTokenInvalid &&
              size.error().code == Errc::kTokenInvalid,
          "the error is kTokenInvalid");
  require(!decoded.error().detail.empty() &&
              decoded.error().detail == size.error().detail,
          "both decoders give the same reason");
  check_tells_nothing(decoded.error().detail, std::string(text),
                      [](std::string_view spoilt) {
                        const Result<std::string> r = base64url_decode(spoilt);
                        return r ? std::string() : r.error().detail;
                      });
}

void check_encoding(std::string_view bytes) {
  const std::string text = base64url_encode(bytes);
  require(text.size() == (bytes.size() * 4 + 2) / 3,
          "an encoding is as long as its bytes need");
  require(base64url_size(text.size()) == bytes.size(),
          "base64url_size tells what an encoding decodes to");
  require(all_digits(text), "an encoding is of the alphabet");
  const Result<std::string> decoded = base64url_decode(text);
  require(decoded && *decoded == bytes, "what was encoded decodes to itself");
}

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text = claimcheck::fuzz::text_of(data, size);
  claimcheck::fuzz::check_decoding(text);
  claimcheck::fuzz::check_encoding(text);
  claimcheck::fuzz::require(
      claimcheck::base64url_encode(std::span(data, size)) ==
          claimcheck::base64url_encode(text),
      "both encoders agree");
  return 0;
}
