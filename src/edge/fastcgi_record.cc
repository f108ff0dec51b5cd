#include "edge/fastcgi_record.h"

#include <algorithm>

namespace claimcheck {
namespace {

constexpr std::size_t kShortSize = 0x7f;

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

void append_byte(std::string& out, std::size_t value) {
  out += static_cast<char>(value & 0xff);
}

void append_size(std::string& out, std::size_t size) {
  if (size > kShortSize) {
    append_byte(out, size >> 24 | 0x80);
    append_byte(out, size >> 16);
    append_byte(out, size >> 8);
  }
  append_byte(out, size);
}

bool take_size(std::string_view& text, std::size_t& size) {
  if (text.empty()) {
    return false;
  }
  const bool is_short = byte_at(text, 0) <= kShortSize;
  if (!is_short && text.size() < 4) {
    return false;
  }
  size = is_short
             ? byte_at(text, 0)
             : (byte_at(text, 0) & kShortSize) << 24 | byte_at(text, 1) << 16 |
                   byte_at(text, 2) << 8 | byte_at(text, 3);
  text.remove_prefix(is_short ? 1 : 4);
  return true;
}

}  // namespace

RecordHeader parse_record_header(const RecordHeaderBytes& bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  return {byte_at(text, 0), byte_at(text, 1),
          static_cast<std::uint16_t>(byte_at(text, 2) << 8 | byte_at(text, 3)),
          static_cast<std::uint16_t>(byte_at(text, 4) << 8 | byte_at(text, 5)),
          static_cast<std::uint8_t>(byte_at(text, 6))};
}

void append_record_header(std::string& out, unsigned type, std::uint16_t id,
                          std::size_t content_size) {
  append_byte(out, FCGI_VERSION_1);
  append_byte(out, type);
  append_byte(out, id >> 8);
  append_byte(out, id);
  append_byte(out, content_size >> 8);
  append_byte(out, content_size);
  out.append(2, '\0');
}

void append_stream(std::string& out, unsigned type, std::uint16_t id,
                   std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view content = bytes.substr(0, kMaxRecord);
    append_record_header(out, type, id, content.size());
    out += content;
    bytes.remove_prefix(content.size());
  }
}

void append_end(std::string& out, std::uint16_t id, unsigned protocol_status) {
  append_record_header(out, FCGI_END_REQUEST, id, sizeof(FCGI_EndRequestBody));
  out.append(4, '\0');
  append_byte(out, protocol_status);
  out.append(3, '\0');
}

void append_breach(std::string& out) { out.append(FCGI_HEADER_LEN, '\0'); }

void append_param(std::string& out, std::string_view name,
                  std::string_view value) {
  append_size(out, name.size());
  append_size(out, value.size());
  out += name;
  out += value;
}

bool take_param(std::string_view& text, std::string_view& name,
                std::string_view& value) {
  std::string_view rest = text;
  std::size_t name_size = 0;
  std::size_t value_size = 0;
  // Sizes of 31 bits each: their sum overflows nothing.
  if (!take_size(rest, name_size) || !take_size(rest, value_size) ||
      rest.size() < name_size + value_size) {
    return false;
  }
  name = rest.substr(0, name_size);
  value = rest.substr(name_size, value_size);
  text = rest.substr(name_size + value_size);
  return true;
}

}  // namespace claimcheck
