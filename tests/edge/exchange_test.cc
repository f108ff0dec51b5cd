#include "edge/exchange.h"

#include <fcntl.h>
#include <rapidjson/document.h>

#include <sstream>

#include "pipe_output.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

using End = Delivery::End;

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document line;
  BOOST_REQUIRE_EQUAL(std::count(text.begin(), text.end(), '\n'), 1);
  line.Parse(text.c_str());
  BOOST_REQUIRE_MESSAGE(line.IsObject(), text);
  return line;
}

Response response_of(std::string body) {
  Response response;
  response.status = 403;
  response.headers = {{"A", "b"}};
  response.body = std::move(body);
  response.audit.code = "token_used";
  return response;
}

struct Exchanges : Sandbox {
  Exchange exchange(Response response, const char* method = "GET") const {
    Request request;
    request.method = method;
    return Exchange(audit, request, std::move(response),
                    Exchange::Clock::now());
  }

  // slice answers with `length` bytes from `offset` of a file of `size` bytes.
  Response slice(std::size_t size, std::uint64_t offset,
                 std::uint64_t length) const {
    const std::string file = write("file", content.substr(0, size));
    Response response;
    response.body = FileSlice{
        Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC)), offset, length, {}};
    response.audit.event = "redeemed";
    return response;
  }

  // parts answers with two parts of `length` bytes of the file each.
  Response parts(std::uint64_t length) const {
    const std::string file = write("file", content);
    Response response;
    response.status = 206;
    response.body = FileParts{
        Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC)),
        {{"first:", 0, length}, {"second:", 7, length}, {"end", 0, 0}},
        {}};
    return response;
  }

  // sent is all that an exchange sends, counted as a server does it.
  std::string sent(Exchange& exchange) const {
    std::string text = exchange.opening();
    const std::size_t opened = text.size();
    const std::string target = write("target", "");
    const Fd out(open(target.c_str(), O_WRONLY | O_CLOEXEC));
    std::size_t moved = 0;
    for (Body::Supply supply;
         (supply = exchange.body().next(65528)).state == Body::kBytes;) {
      const ssize_t size = exchange.body().move(out.get(), supply.size);
      if (size <= 0) {
        break;
      }
      exchange.count(static_cast<std::size_t>(size));
      moved += static_cast<std::size_t>(size);
    }
    text += read_file(target);
    BOOST_CHECK_EQUAL(text.size(), opened + moved);
    return text;
  }

  static std::string body_of(const std::string& sent) {
    return sent.substr(sent.find("\r\n\r\n") + 4);
  }

  const std::string content = numbered(300'000);
  const Audit audit{"test", "stderr"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(exchange, Exchanges)

BOOST_AUTO_TEST_CASE(opens_with_head_and_body_and_leaves_one_line) {
  Exchange exchange = this->exchange(response_of("words"));
  BOOST_CHECK_EQUAL(exchange.opening(), "Status: 403\r\nA: b\r\n\r\nwords");
  BOOST_CHECK_EQUAL(exchange.body().next(1).state, Body::kEnd);
  const auto line = parsed(exchange.lines(End::kComplete));
  BOOST_CHECK_EQUAL(line["bytes"].GetInt(), 5);
  BOOST_CHECK_EQUAL(line["end"].GetString(), "complete");
  BOOST_CHECK_EQUAL(line["code"].GetString(), "token_used");
  BOOST_CHECK_GE(line["ms"].GetDouble(), 0);
}

BOOST_AUTO_TEST_CASE(a_head_has_no_body) {
  Exchange exchange = this->exchange(response_of("words"), "HEAD");
  BOOST_CHECK_EQUAL(exchange.opening(), "Status: 403\r\nA: b\r\n\r\n");
  BOOST_CHECK_EQUAL(exchange.body().next(1).state, Body::kEnd);
  BOOST_CHECK_EQUAL(parsed(exchange.lines(End::kComplete))["bytes"].GetInt(),
                    0);
}

BOOST_AUTO_TEST_CASE(a_head_has_no_body_whatever_a_get_would_have) {
  for (const std::size_t size : {10, 20000}) {
    Exchange exchange = this->exchange(slice(size, 0, size), "HEAD");
    BOOST_CHECK_EQUAL(body_of(exchange.opening()), "");
    BOOST_CHECK_EQUAL(exchange.body().next(1).state, Body::kEnd);
  }
}

BOOST_AUTO_TEST_CASE(a_large_body_follows_the_head_and_a_small_one_is_in_it) {
  Exchange small = exchange(slice(16384, 0, 16384));
  BOOST_CHECK(body_of(small.opening()) == content.substr(0, 16384));
  BOOST_CHECK_EQUAL(small.body().next(1).state, Body::kEnd);
  Exchange large = exchange(slice(16385, 0, 16385));
  BOOST_CHECK_EQUAL(body_of(large.opening()), "");
  BOOST_CHECK_EQUAL(large.body().next(20000).size, 16385u);
  BOOST_CHECK_EQUAL(parsed(large.lines(End::kCut))["bytes"].GetInt(), 0);
}

BOOST_AUTO_TEST_CASE(sends_the_slice_and_no_byte_beside_it) {
  const std::pair<std::size_t, std::size_t> slices[] = {
      {0, 0}, {0, 1}, {5, 10}, {65536, 65536}, {100'000, 131'073}};
  for (const auto& [offset, length] : slices) {
    Exchange exchange = this->exchange(slice(content.size(), offset, length));
    BOOST_CHECK(body_of(sent(exchange)) == content.substr(offset, length));
    BOOST_CHECK_EQUAL(
        parsed(exchange.lines(End::kComplete))["bytes"].GetUint64(), length);
  }
}

BOOST_AUTO_TEST_CASE(sends_parts_of_a_file_and_counts_them_all) {
  for (const std::uint64_t length : {10U, 100'000U}) {
    Exchange exchange = this->exchange(parts(length));
    const std::string expected = "first:" + content.substr(0, length) +
                                 "second:" + content.substr(7, length) + "end";
    BOOST_CHECK(body_of(sent(exchange)) == expected);
    BOOST_CHECK_EQUAL(exchange.body().next(1).state, Body::kEnd);
    BOOST_CHECK_EQUAL(
        parsed(exchange.lines(End::kComplete))["bytes"].GetUint64(),
        expected.size());
  }
}

BOOST_AUTO_TEST_CASE(small_parts_are_in_the_opening_and_a_head_has_none) {
  BOOST_CHECK_EQUAL(body_of(exchange(parts(5)).opening()).size(), 26u);
  BOOST_CHECK_EQUAL(body_of(exchange(parts(100'000)).opening()), "");
  Exchange head = exchange(parts(5), "HEAD");
  BOOST_CHECK_EQUAL(body_of(head.opening()), "");
  BOOST_CHECK_EQUAL(head.body().next(1).state, Body::kEnd);
}

BOOST_AUTO_TEST_CASE(parts_of_a_file_that_shrank_are_no_end) {
  Response response = parts(100'000);
  std::filesystem::resize_file(*this / "file", 50'000);
  Exchange exchange = this->exchange(std::move(response));
  BOOST_CHECK_EQUAL(body_of(sent(exchange)).size(), 6 + 50'000u);
  BOOST_CHECK_EQUAL(exchange.body().next(65528).state, Body::kBytes);
  BOOST_CHECK_EQUAL(parsed(exchange.lines(End::kCut))["bytes"].GetInt(),
                    6 + 50'000);
}

// A file that grew is sent as long as it was promised.
BOOST_AUTO_TEST_CASE(a_file_that_shrank_is_counted_as_far_as_it_went) {
  Exchange exchange = this->exchange(slice(70'000, 0, 80'000));
  BOOST_CHECK_EQUAL(body_of(sent(exchange)).size(), 70'000u);
  BOOST_CHECK_EQUAL(exchange.body().next(65528).state, Body::kBytes);
  const auto line = parsed(exchange.lines(End::kCut));
  BOOST_CHECK_EQUAL(line["end"].GetString(), "cut");
  BOOST_CHECK_EQUAL(line["bytes"].GetInt(), 70'000);
}

BOOST_AUTO_TEST_CASE(a_small_file_that_shrank_is_no_end_either) {
  Exchange exchange = this->exchange(slice(10, 0, 20));
  BOOST_CHECK_EQUAL(body_of(sent(exchange)).size(), 10u);
  BOOST_CHECK_EQUAL(exchange.body().next(65528).state, Body::kBytes);
  BOOST_CHECK_EQUAL(parsed(exchange.lines(End::kCut))["bytes"].GetInt(), 10);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_no_end) {
  Response response = slice(10, 0, 10);
  std::get<FileSlice>(response.body).fd = Fd();
  Exchange exchange = this->exchange(std::move(response));
  BOOST_CHECK_EQUAL(body_of(sent(exchange)), "");
  BOOST_CHECK_EQUAL(exchange.body().next(10).state, Body::kBytes);
}

BOOST_AUTO_TEST_CASE(what_another_program_writes_follows_the_head) {
  int ends[2];
  BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Response response;
  response.body = output_of(Fd(ends[0]));
  {
    const Fd writing(ends[1]);
    BOOST_REQUIRE_EQUAL(::write(writing.get(), "words", 5), 5);
  }
  Exchange exchange = this->exchange(std::move(response));
  BOOST_CHECK_EQUAL(body_of(sent(exchange)), "words");
  BOOST_CHECK_EQUAL(exchange.body().next(10).state, Body::kEnd);
  const std::string lines = exchange.lines(End::kComplete);
  const std::string words = "claimcheck: said\nclaimcheck: that\n";
  BOOST_REQUIRE_MESSAGE(lines.starts_with(words), lines);
  BOOST_CHECK_EQUAL(parsed(lines.substr(words.size()))["bytes"].GetInt(), 5);
}

BOOST_AUTO_TEST_CASE(a_client_that_left_is_told_in_the_log) {
  Exchange exchange = this->exchange(slice(200'000, 0, 200'000));
  exchange.opening();
  exchange.count(65536);
  const auto line = parsed(exchange.lines(End::kClientLeft));
  BOOST_CHECK_EQUAL(line["end"].GetString(), "client_left");
  BOOST_CHECK_EQUAL(line["bytes"].GetInt(), 65536);
  BOOST_CHECK_EQUAL(line["event"].GetString(), "redeemed");
}

BOOST_AUTO_TEST_CASE(five_hundred_is_told_the_admin_too) {
  Response response;
  response.status = 500;
  response.audit.detail = "the reason\x1b[31m";
  response.audit.notice = "a notice";
  Exchange exchange = this->exchange(std::move(response));
  exchange.opening();
  std::istringstream lines(exchange.lines(End::kComplete));
  std::string line;
  std::getline(lines, line);
  BOOST_CHECK_EQUAL(line, "claimcheck: a notice");
  std::getline(lines, line);
  BOOST_CHECK_EQUAL(line, "claimcheck: the reason\\u001b[31m");
  std::getline(lines, line);
  BOOST_CHECK(line.starts_with("{"));
  BOOST_CHECK(!std::getline(lines, line));
}

BOOST_AUTO_TEST_CASE(a_line_goes_to_the_servers_log_or_to_a_file) {
  const std::string file = *this / "audit.log";
  const Audit to_file("test", file);
  Exchange kept(to_file, Request(), response_of("words"),
                Exchange::Clock::now());
  kept.opening();
  BOOST_CHECK_EQUAL(kept.lines(End::kComplete), "");
  BOOST_CHECK(!std::filesystem::exists(file));
  kept.close(End::kClientLeft);
  BOOST_CHECK_EQUAL(parsed(read_file(file))["end"].GetString(), "client_left");
  Exchange told = exchange(response_of("words"));
  told.opening();
  told.close(End::kComplete);
  BOOST_CHECK_EQUAL(parsed(told.lines(End::kComplete))["bytes"].GetInt(), 5);
}

BOOST_AUTO_TEST_SUITE_END()
