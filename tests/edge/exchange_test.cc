#include "edge/exchange.h"

#include <fcntl.h>
#include <rapidjson/document.h>

#include <stdexcept>

#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr const char* kGet[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/a",
                                nullptr};
constexpr const char* kHead[] = {"REQUEST_METHOD=HEAD", "REQUEST_URI=/a",
                                 nullptr};

using Answer = std::function<Response(const Request&)>;

// Exchanged is what an exchange left behind.
struct Exchanged {
  Delivery::End end;
  std::string sent;
  std::size_t longest = 0;
  std::vector<std::string> lines;

  rapidjson::Document audit() const {
    rapidjson::Document line;
    BOOST_REQUIRE_EQUAL(lines.size(), 1u);
    line.Parse(lines[0].c_str());
    BOOST_REQUIRE(line.IsObject());
    return line;
  }
  std::string body() const { return sent.substr(sent.find("\r\n\r\n") + 4); }
};

// exchanged answers with `answer` until the reader has taken `patience` pieces.
Exchanged exchanged(const char* const* variables, const Answer& answer,
                    int patience = 1 << 20) {
  Exchanged left{};
  const Audit audit("test", "stderr");
  left.end = exchange(
      variables, answer, audit,
      [&](std::string_view bytes) {
        if (patience-- == 0) {
          return false;
        }
        left.sent += bytes;
        left.longest = std::max(left.longest, bytes.size());
        return true;
      },
      [&](std::string_view line) { left.lines.emplace_back(line); });
  return left;
}

struct Files : Sandbox {
  // slice answers with `length` bytes from `offset` of a file of `size` bytes.
  Answer slice(std::uint64_t size, std::uint64_t offset, std::uint64_t length) {
    const std::string file = write("file", content.substr(0, size));
    return [=](const Request&) {
      Response response;
      response.headers = {{"Content-Length", std::to_string(length)}};
      response.body =
          FileSlice{Fd(open(file.c_str(), O_RDONLY)), offset, length};
      response.audit.event = "redeemed";
      return response;
    };
  }

  static std::string made() {
    std::string text;
    while (text.size() < 300'000) {
      text += std::to_string(text.size()) + ' ';
    }
    return text;
  }

  const std::string content = made();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(exchange, Files)

BOOST_AUTO_TEST_CASE(sends_head_and_body_and_one_line_to_the_log) {
  const Exchanged left = exchanged(kGet, [](const Request& request) {
    BOOST_CHECK_EQUAL(request.uri, "/a");
    Response response;
    response.status = 403;
    response.headers = {{"A", "b"}};
    response.body = std::string("words");
    response.audit.code = "token_used";
    return response;
  });
  BOOST_CHECK_EQUAL(left.sent, "Status: 403\r\nA: b\r\n\r\nwords");
  BOOST_CHECK(left.end == Delivery::End::kComplete);
  const auto audit = left.audit();
  BOOST_CHECK_EQUAL(audit["bytes"].GetInt(), 5);
  BOOST_CHECK_EQUAL(audit["end"].GetString(), "complete");
  BOOST_CHECK_EQUAL(audit["code"].GetString(), "token_used");
}

BOOST_AUTO_TEST_CASE(a_head_has_no_body) {
  const Exchanged left = exchanged(kHead, [](const Request&) {
    Response response;
    response.body = std::string("words");
    return response;
  });
  BOOST_CHECK_EQUAL(left.body(), "");
  BOOST_CHECK_EQUAL(left.audit()["bytes"].GetInt(), 0);
}

BOOST_AUTO_TEST_CASE(streams_a_file_in_bounded_pieces) {
  const Exchanged left =
      exchanged(kGet, slice(content.size(), 0, content.size()));
  BOOST_CHECK(left.body() == content);
  BOOST_CHECK_LE(left.longest, 65536u);
  BOOST_CHECK_EQUAL(left.audit()["bytes"].GetUint64(), content.size());
}

BOOST_AUTO_TEST_CASE(sends_the_slice_and_no_byte_beside_it) {
  for (const auto& [offset, length] :
       {std::pair<std::size_t, std::size_t>(0, 0),
        {0, 1},
        {5, 10},
        {65536, 65536},
        {100'000, 131'073}}) {
    const Exchanged left =
        exchanged(kGet, slice(content.size(), offset, length));
    BOOST_CHECK(left.end == Delivery::End::kComplete);
    BOOST_CHECK(left.body() == content.substr(offset, length));
  }
}

// A file that grew is sent as long as it was promised.
BOOST_AUTO_TEST_CASE(a_file_that_shrank_cuts_the_answer) {
  const Exchanged left = exchanged(kGet, slice(70'000, 0, 80'000));
  BOOST_CHECK(left.end == Delivery::End::kCut);
  BOOST_CHECK_EQUAL(left.body().size(), 70'000u);
  BOOST_CHECK_EQUAL(left.audit()["end"].GetString(), "cut");
  BOOST_CHECK_EQUAL(left.audit()["bytes"].GetInt(), 70'000);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_cuts_the_answer) {
  const Exchanged left = exchanged(kGet, [](const Request&) {
    Response response;
    response.body = FileSlice{Fd(), 0, 10};
    return response;
  });
  BOOST_CHECK(left.end == Delivery::End::kCut);
}

BOOST_AUTO_TEST_CASE(a_client_that_left_is_told_in_the_log) {
  for (int patience : {0, 1, 2}) {
    const Exchanged left =
        exchanged(kGet, slice(200'000, 0, 200'000), patience);
    BOOST_CHECK(left.end == Delivery::End::kClientLeft);
    BOOST_CHECK_EQUAL(left.audit()["end"].GetString(), "client_left");
    BOOST_CHECK_EQUAL(left.audit()["bytes"].GetInt(), patience < 2 ? 0 : 65536);
  }
}

// One request pays for a bug or for a lack of memory, and what was thrown is
// no line of the attacker's making.
BOOST_AUTO_TEST_CASE(what_is_thrown_breaks_this_answer_alone) {
  const Exchanged left = exchanged(kGet, [](const Request&) -> Response {
    throw std::runtime_error("first\nclaimcheck: forged \x1b[31m");
  });
  BOOST_CHECK(left.end == Delivery::End::kCut);
  BOOST_CHECK_EQUAL(left.sent, "");
  BOOST_CHECK(!left.lines.empty());
  for (const std::string& line : left.lines) {
    BOOST_CHECK(line.find_first_of("\n\x1b") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(five_hundred_is_told_the_admin_too) {
  const Exchanged left = exchanged(kGet, [](const Request&) {
    Response response;
    response.status = 500;
    response.audit.detail = "the reason";
    return response;
  });
  BOOST_REQUIRE_EQUAL(left.lines.size(), 2u);
  BOOST_CHECK_EQUAL(left.lines[0], "claimcheck: the reason");
}

BOOST_AUTO_TEST_SUITE_END()
