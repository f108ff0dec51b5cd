#include "edge/fastcgi_reader.h"

#include <algorithm>

namespace claimcheck {
namespace {

// Of FCGI_BEGIN_REQUEST and FCGI_GET_VALUES; what is longer is refused.
constexpr std::size_t kMaxBody = 512;
// A peer that only asks, and never reads the answers.
constexpr std::size_t kMaxReplies = 16384;
constexpr const char* kConnections = "65535";

bool is_stream(unsigned type) {
  return type == FCGI_PARAMS || type == FCGI_STDIN || type == FCGI_DATA;
}

std::uint16_t number_at(std::string_view body, std::size_t i) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(body[i]) << 8 |
                                    static_cast<unsigned char>(body[i + 1]));
}

// Section 4.1: what the peer asks for, and what we know of it.
std::string values_for(std::string_view query) {
  std::string values;
  std::string_view name;
  std::string_view value;
  while (take_param(query, name, value)) {
    if (name == FCGI_MAX_CONNS || name == FCGI_MAX_REQS) {
      append_param(values, name, kConnections);
    } else if (name == FCGI_MPXS_CONNS) {
      append_param(values, name, "0");
    }
  }
  return values;
}

}  // namespace

FastcgiReader::Event FastcgiReader::read(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (header_size_ < header_bytes_.size()) {
      if (!take_header(bytes)) {
        return Event::kNone;
      }
      if (header_.version != FCGI_VERSION_1) {
        return broken("a record of another version of FastCGI");
      }
    }
    const std::string_view content = bytes.substr(0, content_left_);
    take_content(content);
    content_left_ -= content.size();
    bytes.remove_prefix(content.size());
    if (is_too_large()) {
      variables_.clear();
      return Event::kTooLarge;
    }
    const std::size_t padding = std::min(bytes.size(), padding_left_);
    padding_left_ -= padding;
    bytes.remove_prefix(padding);
    if (content_left_ > 0 || padding_left_ > 0) {
      return Event::kNone;
    }
    header_size_ = 0;
    if (const Event event = end_record(); event != Event::kNone) {
      return event;
    }
    if (replies_.size() > kMaxReplies) {
      return broken("a peer that asks and does not listen");
    }
  }
  return Event::kNone;
}

// True: the header is whole.
bool FastcgiReader::take_header(std::string_view& bytes) {
  const std::size_t size =
      std::min(header_bytes_.size() - header_size_, bytes.size());
  std::copy_n(bytes.begin(), size, header_bytes_.begin() + header_size_);
  header_size_ += size;
  bytes.remove_prefix(size);
  if (header_size_ < header_bytes_.size()) {
    return false;
  }
  header_ = parse_record_header(header_bytes_);
  content_left_ = header_.content_size;
  padding_left_ = header_.padding_size;
  body_.clear();
  return true;
}

bool FastcgiReader::is_wanted(unsigned type, Phase phase) const {
  return header_.type == type && header_.id == id_ && phase_ == phase;
}

// Streams of requests that are not being read are passed over: what follows
// an aborted or refused request, and the late end of a body.
void FastcgiReader::take_content(std::string_view content) {
  if (is_wanted(FCGI_PARAMS, Phase::kParams)) {
    params_.append(content.substr(0, kMaxParams + 1 - params_.size()));
  } else if (is_wanted(FCGI_STDIN, Phase::kStdin)) {
    stdin_size_ += content.size();
  } else if (!is_stream(header_.type)) {
    body_.append(content.substr(0, kMaxBody + 1 - body_.size()));
  }
}

bool FastcgiReader::is_too_large() const {
  return params_.size() > kMaxParams || stdin_size_ > kMaxStdin;
}

FastcgiReader::Event FastcgiReader::end_record() {
  if (header_.id == FCGI_NULL_REQUEST_ID) {
    return end_management();
  }
  if (header_.type == FCGI_BEGIN_REQUEST) {
    return end_begin();
  }
  if (header_.type == FCGI_ABORT_REQUEST && header_.id == id_) {
    return end_abort();
  }
  if (is_wanted(FCGI_PARAMS, Phase::kParams) && header_.content_size == 0) {
    return end_params();
  }
  if (is_wanted(FCGI_STDIN, Phase::kStdin) && header_.content_size == 0) {
    return end_stdin();
  }
  return Event::kNone;
}

FastcgiReader::Event FastcgiReader::end_begin() {
  if (body_.size() != sizeof(FCGI_BeginRequestBody)) {
    return broken("a malformed FCGI_BEGIN_REQUEST");
  }
  if (phase_ != Phase::kIdle) {
    if (header_.id == id_) {
      return broken("a request that begins twice");
    }
    append_end(replies_, header_.id, FCGI_CANT_MPX_CONN);
    return Event::kNone;
  }
  id_ = header_.id;
  // Whoever takes our answer for an authorizer's would let its client in.
  if (number_at(body_, 0) != FCGI_RESPONDER) {
    return Event::kOtherRole;
  }
  keeps_connection_ = (body_[2] & FCGI_KEEP_CONN) != 0;
  phase_ = Phase::kParams;
  return Event::kNone;
}

FastcgiReader::Event FastcgiReader::end_params() {
  if (!parse_params()) {
    return broken("malformed FCGI_PARAMS");
  }
  phase_ = Phase::kStdin;
  return Event::kNone;
}

FastcgiReader::Event FastcgiReader::end_stdin() {
  phase_ = Phase::kWhole;
  return Event::kRequest;
}

FastcgiReader::Event FastcgiReader::end_abort() {
  switch (phase_) {
    case Phase::kIdle:
      return Event::kNone;
    case Phase::kWhole:
      return Event::kAborted;
    case Phase::kParams:
    case Phase::kStdin:
      break;
  }
  if (!keeps_connection_) {
    return Event::kAborted;
  }
  append_end(replies_, id_, FCGI_REQUEST_COMPLETE);
  finish();
  return Event::kNone;
}

FastcgiReader::Event FastcgiReader::end_management() {
  if (body_.size() > kMaxBody) {
    return broken("a management record that is too long");
  }
  if (header_.type == FCGI_GET_VALUES) {
    const std::string values = values_for(body_);
    append_record_header(replies_, FCGI_GET_VALUES_RESULT, 0, values.size());
    replies_ += values;
    return Event::kNone;
  }
  if (header_.type >= FCGI_BEGIN_REQUEST && header_.type <= FCGI_DATA) {
    return broken("a request without an id");
  }
  append_record_header(replies_, FCGI_UNKNOWN_TYPE, 0,
                       sizeof(FCGI_UnknownTypeBody));
  replies_ += static_cast<char>(header_.type);
  replies_.append(sizeof(FCGI_UnknownTypeBody) - 1, '\0');
  return Event::kNone;
}

// A NUL ends a variable of CGI: what lies behind it is in none.
bool FastcgiReader::parse_params() {
  std::string_view text = params_;
  std::string_view name;
  std::string_view value;
  while (take_param(text, name, value)) {
    if (name.find('\0') != name.npos || value.find('\0') != value.npos) {
      return false;
    }
    variables_.emplace_back(name, value);
  }
  return text.empty();
}

FastcgiReader::Event FastcgiReader::broken(const char* why) {
  problem_ = why;
  return Event::kBroken;
}

// A string has room for a few bytes within itself. Two bytes of params can
// become a pair of views, so that those count most.
std::size_t FastcgiReader::buffered() const {
  const std::size_t held = params_.capacity();
  return (held > std::string().capacity() ? held : 0) +
         variables_.capacity() * sizeof(Variables::value_type);
}

// To assign nothing to them would keep their memory.
void FastcgiReader::release() {
  Variables().swap(variables_);
  std::string().swap(params_);
}

void FastcgiReader::finish() {
  release();
  phase_ = Phase::kIdle;
  stdin_size_ = 0;
}

}  // namespace claimcheck
