#include "policy/query.h"

#include <algorithm>

#include "claimcheck/utf8.h"

namespace claimcheck {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

std::string plus_to_space(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return spaced;
}

bool spells(std::string_view encoded, std::string_view name) {
  if (encoded.find_first_of("%+") == std::string_view::npos) {
    return encoded == name;
  }
  const Result<std::string> decoded = percent_decode(plus_to_space(encoded));
  return decoded && *decoded == name;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  if (text.find('%') == std::string_view::npos) {
    return std::string(text);
  }
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      return Error{Errc::kBadUrl, "a % without two hexadecimal digits"};
    }
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text, std::string_view plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') ||
                          plain.find(c) != std::string_view::npos;
    if (is_plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

Result<std::string> decode_text(std::string_view text) {
  Result<std::string> decoded = percent_decode(text);
  if (decoded && (!is_utf8(*decoded) || has_control(*decoded))) {
    return Error{Errc::kBadUrl, "a control character or invalid UTF-8"};
  }
  return decoded;
}

std::string_view query_of(std::string_view url) {
  const std::size_t question = url.find('?');
  return question == std::string_view::npos ? std::string_view()
                                            : url.substr(question + 1);
}

std::vector<std::string_view> query_values(std::string_view query,
                                           std::string_view name) {
  std::vector<std::string_view> values;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (spells(pair.substr(0, equals), name)) {
      values.push_back(pair.substr(std::min(equals + 1, pair.size())));
    }
  }
  return values;
}

Result<std::string> decode_query_value(std::string_view encoded) {
  return decode_text(plus_to_space(encoded));
}

}  // namespace claimcheck
