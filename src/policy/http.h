// What comes in and what goes out, free of any server: the gateway makes a
// Request and carries out a Response, policy is the function between them.
#ifndef CLAIMCHECK_POLICY_HTTP_H_
#define CLAIMCHECK_POLICY_HTTP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "claimcheck/result.h"
#include "policy/fd.h"
#include "policy/file_identity.h"
#include "policy/output.h"

namespace claimcheck {

// kMaxUri, in bytes: a longer REQUEST_URI is refused before any work.
inline constexpr std::size_t kMaxUri = 16384;

struct Request {
  std::string method;
  std::string uri;       // REQUEST_URI, as the client sent it
  std::string protocol;  // "HTTP/1.1"; empty where the server does not tell
  std::string remote_user;
  std::string remote_addr;
  bool https = false;
  std::string document_root;
  // By lower-case name; a header that came several times is joined as the
  // server joined it.
  std::map<std::string, std::string, std::less<>> headers;
  // Headers and variables that came with two different values.
  std::vector<std::string> repeated;

  // header returns the value of `name` in any case, or nullptr.
  const std::string* header(std::string_view name) const;
};

struct Header {
  std::string name;
  std::string value;
};

// FileSlice is `length` bytes of an open file from `offset`. Where its version
// is given, an answer from a file that is another by now is cut: a client must
// not take the bytes of two for one.
struct FileSlice {
  Fd fd;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::optional<FileIdentity> version;
};

// Part is `text` and then `length` bytes of a file from `offset`; either may be
// empty.
struct Part {
  std::string text;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// FileParts is parts of one open file, one after the other: what several ranges
// are answered with (RFC 9110 section 14.6). Its version as of FileSlice.
struct FileParts {
  Fd fd;
  std::vector<Part> parts;
  std::optional<FileIdentity> version;
};

struct Response;

// Starting is an answer that hangs on a program: `answer` makes it when
// `output` has a first byte or has ended well without one, or of the reason why
// that will not be. What `answer` refers to must outlive it.
struct Starting {
  std::unique_ptr<Output> output;
  std::function<Response(Result<std::unique_ptr<Output>>)> answer;
};

// AuditRecord is what one decision leaves in the log; the gateway adds how the
// delivery ended. Nothing of a token whose signature did not verify.
struct AuditRecord {
  std::string event = "refused";
  std::string handle;
  std::string user;
  std::string resource;
  std::string code;
  // Why, for the admin.
  std::string detail;
  // What the admin has to mend, whatever the answer: for the server's log.
  std::string notice;
  // The web server sends the file, and alone knows how much of it went.
  bool is_handed_over = false;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::variant<std::string, FileSlice, FileParts, Starting,
               std::unique_ptr<Output>>
      body;
  AuditRecord audit;

  // header returns the value of `name`, empty if it is not there.
  std::string_view header(std::string_view name) const;
};

// Refusal is how an Errc is told: to a program by `code` and `message`, to a
// person by `title` and `advice`.
struct Refusal {
  int status;
  std::string_view code;
  std::string_view message;
  std::string_view title;
  std::string_view advice;
};

// refusal_for is the one map from error to status, code and words.
Refusal refusal_for(Errc code);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_HTTP_H_
