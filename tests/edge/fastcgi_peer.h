// FastCGI as a web server speaks it: records to send, spelled here once more so
// that a mistake of ours does not cancel itself out, and records that came.
#ifndef CLAIMCHECK_TESTS_EDGE_FASTCGI_PEER_H_
#define CLAIMCHECK_TESTS_EDGE_FASTCGI_PEER_H_

#include <fastcgi.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <string>
#include <vector>

namespace claimcheck::testing {

struct Record {
  unsigned type;
  unsigned id;
  std::string content;
};

inline std::string bytes_of(std::initializer_list<std::size_t> values) {
  std::string bytes;
  for (const std::size_t value : values) {
    bytes += static_cast<char>(value & 0xff);
  }
  return bytes;
}

inline std::string record(unsigned type, unsigned id,
                          const std::string& content = "",
                          std::size_t padding = 0) {
  const std::size_t size = content.size();
  return bytes_of({1, type, id >> 8, id, size >> 8, size, padding, 0}) +
         content + std::string(padding, '\xaa');
}

inline std::string begin(unsigned id, unsigned flags = FCGI_KEEP_CONN,
                         unsigned role = FCGI_RESPONDER) {
  return record(FCGI_BEGIN_REQUEST, id,
                bytes_of({role >> 8, role, flags, 0, 0, 0, 0, 0}));
}

inline std::string long_size(std::size_t size) {
  return bytes_of({size >> 24 | 0x80, size >> 16, size >> 8, size});
}

inline std::string param(const std::string& name, const std::string& value) {
  std::string pair;
  for (const std::size_t size : {name.size(), value.size()}) {
    pair += size < 128 ? bytes_of({size}) : long_size(size);
  }
  return pair + name + value;
}

// stream sends `bytes` and the record that ends them.
inline std::string stream(unsigned type, unsigned id,
                          const std::string& bytes) {
  std::string records;
  for (std::size_t i = 0; i < bytes.size(); i += 65535) {
    records += record(type, id, bytes.substr(i, 65535));
  }
  return records + record(type, id);
}

inline std::string request(unsigned id, const std::string& params,
                           unsigned flags = FCGI_KEEP_CONN) {
  return begin(id, flags) + stream(FCGI_PARAMS, id, params) +
         record(FCGI_STDIN, id);
}

inline std::string get(const std::string& uri,
                       unsigned flags = FCGI_KEEP_CONN) {
  return request(1, param("REQUEST_METHOD", "GET") + param("REQUEST_URI", uri),
                 flags);
}

// What stands in place of a record where an answer is broken off.
inline const std::string breach(8, '\0');

// take_records removes the records that are whole from the front of `bytes`, up
// to a breach.
inline std::vector<Record> take_records(std::string& bytes) {
  const auto at = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
  };
  std::vector<Record> records;
  std::size_t i = 0;
  while (i + 8 <= bytes.size()) {
    if (bytes.compare(i, 8, breach) == 0) {
      break;
    }
    const std::size_t size = at(i + 4) << 8 | at(i + 5);
    const std::size_t whole = 8 + size + at(i + 6);
    if (bytes.size() - i < whole) {
      break;
    }
    BOOST_REQUIRE_EQUAL(at(i), 1u);
    records.push_back(
        {at(i + 1), at(i + 2) << 8 | at(i + 3), bytes.substr(i + 8, size)});
    i += whole;
  }
  bytes.erase(0, i);
  return records;
}

// records_of takes bytes that are whole records.
inline std::vector<Record> records_of(std::string bytes) {
  std::vector<Record> records = take_records(bytes);
  BOOST_REQUIRE_EQUAL(bytes.size(), 0u);
  return records;
}

inline std::string content_of(const std::vector<Record>& records,
                              unsigned type) {
  std::string content;
  for (const Record& each : records) {
    content += each.type == type ? each.content : "";
  }
  return content;
}

}  // namespace claimcheck::testing

#endif  // CLAIMCHECK_TESTS_EDGE_FASTCGI_PEER_H_
