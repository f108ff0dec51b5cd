// What a web server says on a FastCGI connection, as requests. No socket: bytes
// go in, in whatever pieces they came, and events come out.
//
//   FastcgiReader reader;
//   while (!bytes.empty()) {
//     switch (reader.read(bytes)) {   // takes from the front of `bytes`
//       case FastcgiReader::Event::kRequest:
//         answer(request_of(reader.variables()));
//         …
//
// One request at a time: we say so (FCGI_MPXS_CONNS), and refuse a second one
// with FCGI_CANT_MPX_CONN. What a peer may say is bounded before it is kept.
#ifndef CLAIMCHECK_EDGE_FASTCGI_READER_H_
#define CLAIMCHECK_EDGE_FASTCGI_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/cgi.h"
#include "edge/fastcgi_record.h"

namespace claimcheck {

// kMaxParams, in bytes: the params of a request, URL and headers among them.
inline constexpr std::size_t kMaxParams = 65536;

// kMaxStdin, in bytes: of a request's body, which nobody reads.
inline constexpr std::size_t kMaxStdin = 1 << 20;

class FastcgiReader {
 public:
  enum class Event {
    kNone,       // all bytes were taken and none is an event
    kRequest,    // a request is whole: answer it, then call finish()
    kTooLarge,   // it is too large: answer that, and close
    kAborted,    // the request is wanted no more, nor the connection: close
    kOtherRole,  // what is mapped is not a responder: say so, and close
    kBroken,     // this is no FastCGI: close; problem() says why
  };

  // read takes bytes from the front of `bytes` up to the next event. After
  // kTooLarge, kOtherRole and kBroken there is no next one.
  Event read(std::string_view& bytes);

  // variables are those of a request that is whole, empty for one that is too
  // large. They view what the reader holds, until release() or finish().
  const Variables& variables() const { return variables_; }

  std::uint16_t id() const { return id_; }

  // keeps_connection tells whether the peer wants to go on after this request.
  bool keeps_connection() const { return keeps_connection_; }

  // is_idle tells that no part of a request was read.
  bool is_idle() const { return phase_ == Phase::kIdle && header_size_ == 0; }

  // release gives back the memory of variables().
  void release();

  // finish makes ready for the next request.
  void finish();

  // replies are records that the peer has to be sent; whoever sends them
  // clears them.
  std::string& replies() { return replies_; }

  // problem is why the peer is refused: for the log.
  const char* problem() const { return problem_; }

  // buffered is the memory that a request holds until release(), in bytes.
  std::size_t buffered() const;

 private:
  enum class Phase { kIdle, kParams, kStdin, kWhole };

  bool take_header(std::string_view& bytes);
  void take_content(std::string_view content);
  Event end_record();
  Event end_begin();
  Event end_params();
  Event end_stdin();
  Event end_abort();
  Event end_management();
  Event broken(const char* why);
  bool is_wanted(unsigned type, Phase phase) const;
  bool is_too_large() const;
  bool parse_params();

  Phase phase_ = Phase::kIdle;
  RecordHeaderBytes header_bytes_{};
  std::size_t header_size_ = 0;
  RecordHeader header_;
  // What of the record is still to come.
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;

  std::uint16_t id_ = 0;
  bool keeps_connection_ = false;
  // The content of a record that is short and not of a stream.
  std::string body_;
  std::string params_;
  std::size_t stdin_size_ = 0;
  Variables variables_;
  std::string replies_;
  const char* problem_ = "";
};

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_FASTCGI_READER_H_
