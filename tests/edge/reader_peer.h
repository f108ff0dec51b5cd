// A peer of a FastcgiReader: what it says, and what became of that.
#ifndef CLAIMCHECK_TESTS_EDGE_READER_PEER_H_
#define CLAIMCHECK_TESTS_EDGE_READER_PEER_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "edge/fastcgi_reader.h"
#include "fastcgi_peer.h"

namespace claimcheck::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kWhole = std::string::npos;

inline const char* word_for(FastcgiReader::Event event) {
  using Event = FastcgiReader::Event;
  switch (event) {
    case Event::kNone:
      return "";
    case Event::kRequest:
      return "request ";
    case Event::kTooLarge:
      return "too_large ";
    case Event::kAborted:
      return "aborted ";
    case Event::kOtherRole:
      return "other_role ";
    case Event::kBroken:
      return "broken ";
  }
  return "unknown ";
}

inline bool is_last(FastcgiReader::Event event) {
  using Event = FastcgiReader::Event;
  return event == Event::kTooLarge || event == Event::kOtherRole ||
         event == Event::kBroken;
}

struct ReaderPeer {
  // says sends bytes in pieces and returns what became of them.
  std::string says(const std::string& sent, std::size_t piece = kWhole) {
    std::string events;
    for (std::size_t i = 0; i < sent.size() && !is_over;) {
      // Of their own, so that what is read behind them is noticed.
      const std::vector<char> copy(
          sent.begin() + static_cast<std::ptrdiff_t>(i),
          sent.begin() + static_cast<std::ptrdiff_t>(
                             i + std::min(piece, sent.size() - i)));
      std::string_view bytes(copy.data(), copy.size());
      while (!bytes.empty() && !is_over) {
        const FastcgiReader::Event event = reader.read(bytes);
        events += word_for(event);
        is_over = is_last(event);
      }
      i += copy.size();
    }
    return events;
  }

  // params begins a request and sends these params for it.
  std::string params(const std::string& bytes, std::size_t piece = kWhole) {
    return says(request(1, bytes), piece);
  }

  Pairs variables() const {
    return {reader.variables().begin(), reader.variables().end()};
  }

  std::vector<Record> replies() {
    return records_of(std::exchange(reader.replies(), {}));
  }

  FastcgiReader reader;
  bool is_over = false;
};

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_READER_PEER_H_
