// How a file is answered: whole, in ranges, or not at all (RFC 9110 sections 13
// to 15). What a program writes is answered like a file that has no version.
#ifndef CLAIMCHECK_POLICY_FILE_ANSWER_H_
#define CLAIMCHECK_POLICY_FILE_ANSWER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "claimcheck/result.h"
#include "policy/conditional.h"
#include "policy/http.h"
#include "policy/range.h"
#include "policy/world.h"

namespace claimcheck {

// Whether a file is offered in ranges: what Accept-Ranges says.
enum class Ranges { kNone, kBytes };

// Selection is what of a file a request selects.
struct Selection {
  int status = 200;               // 200, 206 or 304
  std::vector<ByteRange> ranges;  // of a 206, at least one
  Validators validators;
};

// select decides about a file of `size` bytes by the request's conditions and
// then its Range, which counts for GET alone (RFC 9110 sections 13.2.2 and
// 14.2). kPreconditionFailed; kRangeNotSatisfiable, which
// unsatisfied_range(size) belongs to.
Result<Selection> select(const Request& request, std::uint64_t size,
                         Validators validators, Ranges offered, UnixTime now);

// select_output does the same for what a program would write: no tag and no
// date names it, and there are no ranges of it.
Result<Selection> select_output(const Request& request, UnixTime now);

// FileKind is what headers say of a file beside its version.
struct FileKind {
  std::string type;      // the media type
  std::string filename;  // what the browser saves it as
  Ranges offered = Ranges::kNone;
};

// answer_file makes the answer; of a 304 the head alone, without a length (RFC
// 9110 section 15.4.5), and for HEAD the head of a GET. The boundary of a
// multipart body comes from world.random(): who could guess it could put a part
// of his own into a file.
Response answer_file(const Request& request, OpenFile file,
                     const FileKind& kind, const Selection& selection,
                     World& world);

// hand_over makes the answer that the web server fills: `header` tells it which
// file. It adds the length and, of a range, the status 206 by itself.
Response hand_over(const FileKind& kind, const Selection& selection,
                   Header header);

// answer_output makes the answer of a program's output, whose length nobody
// knows; without an output the head alone.
Response answer_output(const FileKind& kind, const Selection& selection,
                       std::unique_ptr<Output> output);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_FILE_ANSWER_H_
