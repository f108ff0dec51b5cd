// FastCGI records (FastCGI specification 1.0, section 3.3), as bytes:
//
//   record  = version type id{2} content_size{2} padding_size{1} reserved{1}
//             content padding
//   stream  = record* and one record without content, which ends it
//   params  = ( name_size value_size name value )*
//   size    = one byte below 128, or four with the top bit set
//
// The wire format is all of libfcgi that is used, its <fastcgi.h>. Its readers
// block in the middle of a request, ask for memory by a length that the peer
// names and end the process when they do not get it, and give a connection
// that is idle a thread.
#ifndef CLAIMCHECK_EDGE_FASTCGI_RECORD_H_
#define CLAIMCHECK_EDGE_FASTCGI_RECORD_H_

#include <fastcgi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace claimcheck {

// kMaxRecord, in bytes: the most content that we put into a record, as much as
// fits without padding.
inline constexpr std::size_t kMaxRecord = 65528;

using RecordHeaderBytes = std::array<char, FCGI_HEADER_LEN>;

struct RecordHeader {
  unsigned version = FCGI_VERSION_1;
  unsigned type = 0;
  std::uint16_t id = 0;
  std::uint16_t content_size = 0;
  std::uint8_t padding_size = 0;
};

RecordHeader parse_record_header(const RecordHeaderBytes& bytes);

// append_record_header adds the header of a record whose content, of at most
// 65535 bytes, follows. No padding.
void append_record_header(std::string& out, unsigned type, std::uint16_t id,
                          std::size_t content_size);

// append_stream adds `bytes` as records of a stream; nothing for no bytes,
// since a record without content would end the stream.
void append_stream(std::string& out, unsigned type, std::uint16_t id,
                   std::string_view bytes);

// append_end adds FCGI_END_REQUEST with this protocol status.
void append_end(std::string& out, std::uint16_t id, unsigned protocol_status);

// append_breach adds the header of a record of no version. nginx takes a
// connection that is closed for the end of a body without a length; by this it
// learns that the answer is not whole.
void append_breach(std::string& out);

// append_param adds a name-value pair.
void append_param(std::string& out, std::string_view name,
                  std::string_view value);

// take_param moves one pair from the front of `text`. False: `text` does not
// begin with a whole one.
bool take_param(std::string_view& text, std::string_view& name,
                std::string_view& value);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_FASTCGI_RECORD_H_
