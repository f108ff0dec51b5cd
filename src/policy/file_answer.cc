#include "policy/file_answer.h"

#include <optional>
#include <utility>

#include "claimcheck/base64url.h"
#include "policy/disposition.h"
#include "policy/handover.h"
#include "policy/validators.h"

namespace claimcheck {
namespace {

// With the cookies and what the gateway says of the connection.
constexpr std::size_t kMostHeaders = 15;

void add_validators(std::vector<Header>& headers,
                    const Validators& validators) {
  if (!validators.etag.empty()) {
    headers.push_back({"ETag", validators.etag});
  }
  if (validators.last_modified) {
    headers.push_back({"Last-Modified", http_date(*validators.last_modified)});
  }
}

// head_of is an answer without its body: a whole one. Without a length where
// another says it.
Response head_of(const Selection& selection, const FileKind& kind,
                 std::string type, std::optional<std::uint64_t> length) {
  const bool in_ranges = kind.offered == Ranges::kBytes;
  Response response;
  std::vector<Header>& headers = response.headers;
  headers.reserve(kMostHeaders);
  headers.push_back({"Content-Type", std::move(type)});
  if (length) {
    headers.push_back({"Content-Length", std::to_string(*length)});
  }
  headers.push_back({"Content-Disposition", attachment(kind.filename)});
  add_validators(headers, selection.validators);
  for (const auto& [name, value] : {
           std::pair("Accept-Ranges", in_ranges ? "bytes" : "none"),
           std::pair("Cache-Control", "private, no-store"),
           std::pair("X-Content-Type-Options", "nosniff"),
           std::pair("Content-Security-Policy", "sandbox; default-src 'none'"),
           std::pair("Referrer-Policy", "no-referrer"),
           std::pair("Cross-Origin-Resource-Policy", "same-origin"),
       }) {
    headers.push_back({name, value});
  }
  return response;
}

Response not_modified(const Selection& selection) {
  Response response;
  response.status = 304;
  add_validators(response.headers, selection.validators);
  response.headers.push_back({"Cache-Control", "private, no-store"});
  return response;
}

// select_whole decides between all of it and nothing.
Result<Selection> select_whole(const Request& request, Validators validators,
                               UnixTime now) {
  switch (check_preconditions(request, validators, now)) {
    case Precondition::kFailed:
      return Error{Errc::kPreconditionFailed,
                   "the file is not the version of If-Match or "
                   "If-Unmodified-Since"};
    case Precondition::kNotModified:
      return Selection{304, {}, std::move(validators)};
    case Precondition::kHolds:
      return Selection{200, {}, std::move(validators)};
  }
  __builtin_unreachable();
}

Response answer_range(OpenFile file, const FileKind& kind,
                      const Selection& selection) {
  const ByteRange& range = selection.ranges.front();
  Response response = head_of(selection, kind, kind.type, range.length());
  response.status = selection.status;
  response.headers.push_back(
      {"Content-Range", content_range(range, file.size)});
  response.body = FileSlice{std::move(file.fd), range.first, range.length(),
                            file.identity()};
  return response;
}

Response answer_ranges(OpenFile file, const FileKind& kind,
                       const Selection& selection, World& world) {
  Multipart body = multipart_of(selection.ranges, file.size, kind.type,
                                base64url_encode(world.random()));
  Response response =
      head_of(selection, kind, std::move(body.content_type), body.length);
  response.status = selection.status;
  response.body =
      FileParts{std::move(file.fd), std::move(body.parts), file.identity()};
  return response;
}

Response answer_whole(const Request& request, OpenFile file,
                      const FileKind& kind, const Selection& selection) {
  Response response = head_of(selection, kind, kind.type, file.size);
  if (request.method == "GET") {
    response.body =
        FileSlice{std::move(file.fd), 0, file.size, file.identity()};
  }
  return response;
}

}  // namespace

Result<Selection> select(const Request& request, std::uint64_t size,
                         Validators validators, Ranges offered, UnixTime now) {
  Result<Selection> selection =
      select_whole(request, std::move(validators), now);
  const std::string* range = request.header("range");
  if (!selection || selection->status == 304 || range == nullptr ||
      offered == Ranges::kNone || request.method != "GET" ||
      !range_applies(request, selection->validators, now)) {
    return selection;
  }
  std::optional<std::vector<ByteRange>> ranges = parse_range(*range, size);
  if (ranges && ranges->empty()) {
    return Error{Errc::kRangeNotSatisfiable,
                 "the file has " + std::to_string(size) +
                     " bytes, and Range names none of them"};
  }
  if (ranges) {
    selection->status = 206;
    selection->ranges = *std::move(ranges);
  }
  return selection;
}

Result<Selection> select_output(const Request& request, UnixTime now) {
  return select_whole(request, {}, now);
}

Response answer_file(const Request& request, OpenFile file,
                     const FileKind& kind, const Selection& selection,
                     World& world) {
  if (selection.status == 304) {
    return not_modified(selection);
  }
  if (selection.ranges.size() > 1) {
    return answer_ranges(std::move(file), kind, selection, world);
  }
  return selection.ranges.empty()
             ? answer_whole(request, std::move(file), kind, selection)
             : answer_range(std::move(file), kind, selection);
}

Response hand_over(const FileKind& kind, const Selection& selection,
                   Header header) {
  Response response = head_of(selection, kind, kind.type, std::nullopt);
  // nginx says it by itself, of a whole file.
  if (header.name == kXAccelRedirect && kind.offered == Ranges::kBytes &&
      selection.status == 200) {
    std::erase_if(response.headers, [](const Header& each) {
      return each.name == "Accept-Ranges";
    });
  }
  response.headers.push_back(std::move(header));
  response.audit.is_handed_over = true;
  return response;
}

Response answer_output(const FileKind& kind, const Selection& selection,
                       std::unique_ptr<Output> output) {
  if (selection.status == 304) {
    return not_modified(selection);
  }
  Response response = head_of(selection, kind, kind.type, std::nullopt);
  if (output != nullptr) {
    response.body = std::move(output);
  }
  return response;
}

}  // namespace claimcheck
