// Reads what a web server sends on a FastCGI connection, behind four bytes: how
// many bytes later an answer ends, and three sizes of pieces.
// Holds: whole or in pieces, the same bytes give the same events, variables and
// replies; nothing is kept that was not sent or that is beyond the bounds; what
// is encoded decodes to itself; a variable that has two values is named.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "claimcheck/ascii.h"
#include "edge/cgi.h"
#include "edge/fastcgi_reader.h"
#include "edge/fastcgi_record.h"
#include "property.h"

namespace claimcheck::fuzz {
namespace {

using Event = FastcgiReader::Event;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kChoices = 4;
constexpr std::size_t kNever = std::string_view::npos;
// In bytes: a record more than what a peer may leave unread.
constexpr std::size_t kMaxReplies = 20000;

const std::string* deciding(const Request& request, std::string_view name) {
  return name == "REQUEST_METHOD"  ? &request.method
         : name == "REQUEST_URI"   ? &request.uri
         : name == "REMOTE_USER"   ? &request.remote_user
         : name == "DOCUMENT_ROOT" ? &request.document_root
                                   : nullptr;
}

std::string header_of(std::string_view variable) {
  std::string name = lower_case(variable.substr(5));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void check_request(const Variables& variables) {
  const Request request = request_of(variables);
  const std::set<std::string> repeated(request.repeated.begin(),
                                       request.repeated.end());
  std::map<std::string, std::string_view> first;
  for (const auto& [name, value] : variables) {
    const bool is_header = name.starts_with("HTTP_");
    const std::string key = is_header ? header_of(name) : std::string(name);
    const auto known =
        first.emplace(is_header ? "HTTP_" + key : key, value).first;
    if (repeated.contains(key)) {
      continue;
    }
    require(known->second == value,
            "a variable that has two values is named as repeated");
    const std::string* kept =
        is_header ? request.header(key) : deciding(request, name);
    require(kept != nullptr ? *kept == value : !is_header,
            "a variable that is not repeated is the request's");
  }
}

void check_params(const Variables& variables) {
  std::string bytes;
  for (const auto& [name, value] : variables) {
    append_param(bytes, name, value);
  }
  std::string_view text = bytes;
  for (const auto& [name, value] : variables) {
    std::string_view got_name;
    std::string_view got_value;
    require(take_param(text, got_name, got_value) && got_name == name &&
                got_value == value,
            "params that are encoded decode to themselves");
  }
  require(text.empty(), "params that are encoded end with the last");
}

// Heard is an event, how many bytes were taken by then, and what was there.
struct Heard {
  Event event;
  std::size_t at;
  std::uint16_t id;
  bool keeps_connection;
  std::string problem;
  Pairs variables;
  std::string replies;

  bool operator==(const Heard&) const = default;
};

class Listener {
 public:
  // An answer ends when `delay` more bytes have come after its request.
  explicit Listener(std::size_t delay) : delay_(delay) {}

  void hear(std::string_view piece) {
    while (!piece.empty() && !is_over_) {
      const std::size_t size = std::min(piece.size(), ends_at_ - taken_);
      // On the heap and of the exact size, so that a byte too many is noticed.
      const std::vector<char> copy(piece.begin(), piece.begin() + size);
      std::string_view bytes(copy.data(), copy.size());
      const Event event = reader_.read(bytes);
      require(event != Event::kNone || bytes.empty(),
              "without an event everything is taken");
      const std::size_t taken = size - bytes.size();
      require(taken > 0, "each call takes something");
      taken_ += taken;
      piece.remove_prefix(taken);
      check_bounds();
      take(event);
    }
  }

  bool operator==(Listener& other) {
    return heard_ == other.heard_ && taken_ == other.taken_ &&
           is_over_ == other.is_over_ &&
           reader_.is_idle() == other.reader_.is_idle() &&
           reader_.replies() == other.reader_.replies();
  }

 private:
  void take(Event event) {
    const Variables& variables = reader_.variables();
    if (event != Event::kNone) {
      heard_.push_back({event, taken_, reader_.id(), reader_.keeps_connection(),
                        reader_.problem(),
                        Pairs(variables.begin(), variables.end()),
                        reader_.replies()});
    }
    is_over_ = event == Event::kTooLarge || event == Event::kAborted ||
               event == Event::kOtherRole || event == Event::kBroken;
    if (event == Event::kRequest) {
      require(ends_at_ == kNever, "one request at a time");
      check_request(variables);
      check_params(variables);
      reader_.release();
      require(reader_.buffered() == 0, "what was released holds nothing");
      ends_at_ = taken_ + delay_;
    }
    require(event != Event::kAborted || ends_at_ != kNever ||
                !reader_.keeps_connection(),
            "who keeps the connection goes on after an early abort");
    if (event == Event::kAborted || taken_ == ends_at_) {
      finish();
    }
  }

  void check_bounds() {
    std::size_t size = 0;
    for (const auto& [name, value] : reader_.variables()) {
      size += name.size() + value.size() + 2;
      require(name.find('\0') == name.npos && value.find('\0') == value.npos,
              "no variable holds a NUL");
    }
    require(size <= taken_ && size <= kMaxParams,
            "variables are no more than what was sent and what may be");
    require(reader_.replies().size() <= kMaxReplies, "replies are bounded");
  }

  void finish() {
    reader_.finish();
    require(reader_.buffered() == 0 && reader_.variables().empty(),
            "what is finished holds nothing");
    ends_at_ = kNever;
  }

  const std::size_t delay_;
  FastcgiReader reader_;
  std::vector<Heard> heard_;
  std::size_t taken_ = 0;
  std::size_t ends_at_ = kNever;
  bool is_over_ = false;
};

}  // namespace
}  // namespace claimcheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace claimcheck::fuzz;
  if (size < kChoices) {
    return 0;
  }
  const std::string_view bytes = text_of(data, size).substr(kChoices);
  Listener whole(data[0]);
  whole.hear(bytes);
  Listener pieces(data[0]);
  for (std::size_t i = 0, turn = 0; i < bytes.size(); ++turn) {
    const std::string_view piece = bytes.substr(i, 1 + data[1 + turn % 3]);
    pieces.hear(piece);
    i += piece.size();
  }
  require(whole == pieces, "pieces give the same as the whole");
  return 0;
}
