#include "edge/body.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>

#include "edge/file.h"
#include "pipe_output.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

constexpr std::size_t kMost = 65528;

struct Ends {
  Fd in;   // what is read from
  Fd out;  // what is written to
};

Ends make_pipe() {
  int fds[2];
  BOOST_REQUIRE(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

Ends make_socket() {
  int fds[2];
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           0, fds) == 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

std::string drained(const Fd& fd) {
  std::string text;
  std::array<char, 5000> buffer;
  for (ssize_t n; (n = read(fd.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return text;
}

void put(const Fd& fd, const std::string& text) {
  BOOST_REQUIRE_EQUAL(::write(fd.get(), text.data(), text.size()),
                      static_cast<ssize_t>(text.size()));
}

// Moved is what came of a body, and how it ended.
struct Moved {
  std::string text;
  Body::State state = Body::kBytes;
  ssize_t last = 0;  // of move()
  int partial = 0;   // moves of less than was asked for
};

// moved moves a body to where it does not fit at once, and reads there.
Moved moved(Body& body, const Ends& way) {
  Moved done;
  while (true) {
    Body::Supply supply = body.next(kMost);
    done.state = supply.state;
    while (supply.size > 0) {
      done.last = body.move(way.out.get(), supply.size);
      if (done.last <= 0 && (done.last == 0 || errno != EAGAIN)) {
        done.text += drained(way.in);
        return done;
      }
      if (done.last != static_cast<ssize_t>(supply.size)) {
        ++done.partial;
        done.text += drained(way.in);
      }
      supply.size -= static_cast<std::size_t>(std::max<ssize_t>(done.last, 0));
    }
    if (supply.state != Body::kBytes) {
      done.text += drained(way.in);
      return done;
    }
  }
}

struct Bodies : Sandbox {
  FileSlice slice(std::uint64_t offset, std::uint64_t length) const {
    return {Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC)), offset, length, {}};
  }

  FileParts parts(std::vector<Part> row) const {
    return {Fd(open(file.c_str(), O_RDONLY | O_CLOEXEC)), std::move(row), {}};
  }

  FileIdentity version() const {
    struct stat status;
    BOOST_REQUIRE(stat(file.c_str(), &status) == 0);
    return identity_of(status);
  }

  // rewrite changes a byte in place. Files are dated by a tick: the old date is
  // made to be of an earlier one.
  void rewrite(std::size_t at) const {
    const Fd out(open(file.c_str(), O_WRONLY | O_CLOEXEC));
    BOOST_REQUIRE_EQUAL(pwrite(out.get(), "X", 1, static_cast<off_t>(at)), 1);
    const timespec now[2] = {{0, UTIME_OMIT}, {1'900'000'000, 7}};
    BOOST_REQUIRE_EQUAL(futimens(out.get(), now), 0);
  }

  // come is the first `size` bytes that arrive.
  static std::string come(Body& body, const Ends& way, std::size_t size) {
    std::string text;
    while (text.size() < size) {
      Body::Supply supply =
          body.next(std::min<std::size_t>(kMost, size - text.size()));
      while (supply.size > 0) {
        const ssize_t sent = body.move(way.out.get(), supply.size);
        supply.size -= static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
        text += drained(way.in);
      }
    }
    return text;
  }

  // spelt is what parts are to arrive as.
  std::string spelt(const std::vector<Part>& row) const {
    std::string text;
    for (const Part& part : row) {
      text += part.text + content.substr(part.offset, part.length);
    }
    return text;
  }

  const std::string content = numbered(3'000'000);
  const std::string file = write("file", content);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(body, Bodies)

BOOST_AUTO_TEST_CASE(no_body_ends_at_once) {
  Body none;
  BOOST_CHECK_EQUAL(none.next(kMost).state, Body::kEnd);
  BOOST_CHECK_EQUAL(none.waits_on().front(), -1);
  std::string text = "head";
  BOOST_CHECK(!none.take_small(text, kMost));
  BOOST_CHECK_EQUAL(text, "head");
}

BOOST_AUTO_TEST_CASE(a_slice_arrives_whole_through_what_is_often_full) {
  const std::pair<std::size_t, std::size_t> slices[] = {
      {0, 0}, {0, 1}, {5, 10}, {65536, 65528}, {1, 65529}, {7, 2'900'000}};
  for (const auto& [offset, length] : slices) {
    for (const Ends& way : {make_pipe(), make_socket()}) {
      Body body(slice(offset, length));
      const Moved done = moved(body, way);
      BOOST_CHECK_EQUAL(done.state, Body::kEnd);
      BOOST_CHECK(done.text == content.substr(offset, length));
      BOOST_CHECK(length < 1'000'000 || done.partial > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_comes_is_told_up_to_what_was_asked) {
  Body body(slice(0, 100));
  BOOST_CHECK_EQUAL(body.next(30).size, 30u);
  BOOST_CHECK_EQUAL(body.next(100).size, 100u);
  BOOST_CHECK_EQUAL(body.next(kMost).size, 100u);
}

BOOST_AUTO_TEST_CASE(a_small_slice_is_taken_at_once) {
  Body body(slice(5, 100));
  std::string text = "head";
  BOOST_CHECK(!body.take_small(text, 99));
  BOOST_CHECK(body.take_small(text, 100));
  BOOST_CHECK(text == "head" + content.substr(5, 100));
  BOOST_CHECK_EQUAL(body.next(kMost).state, Body::kEnd);
}

BOOST_AUTO_TEST_CASE(a_small_slice_that_is_not_all_there_is_not_taken) {
  for (const std::uint64_t offset : {content.size() - 5, content.size() + 5}) {
    Body body(slice(offset, 10));
    std::string text = "head";
    BOOST_CHECK(!body.take_small(text, kMost));
    BOOST_CHECK_EQUAL(text, "head");
    BOOST_CHECK_EQUAL(body.next(kMost).size, 10u);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_shrank_moves_what_is_there_and_then_nothing) {
  for (const Ends& way : {make_pipe(), make_socket()}) {
    Body body(slice(content.size() - 100'000, 200'000));
    const Moved done = moved(body, way);
    BOOST_CHECK_EQUAL(done.state, Body::kBytes);
    BOOST_CHECK_EQUAL(done.last, 0);
    BOOST_CHECK(done.text == content.substr(content.size() - 100'000));
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_shrinks_on_the_way_is_noticed) {
  const Ends way = make_pipe();
  Body body(slice(0, 65536));
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 1000), 1000);
  std::filesystem::resize_file(file, 3000);
  BOOST_CHECK_EQUAL(body.next(kMost).size, 64536u);
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 60000), 2000);
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 58000), 0);
  BOOST_CHECK(drained(way.in) == content.substr(0, 3000));
}

// ---- parts of one file

BOOST_AUTO_TEST_CASE(parts_arrive_whole_and_in_order) {
  const std::string long_text = numbered(200'000);
  const std::vector<std::vector<Part>> rows = {
      {},
      {{"", 0, 0}},
      {{"text alone", 0, 0}},
      {{"", 7, 100}},
      {{"a", 0, 1}, {"b", 2'999'999, 1}, {"c", 0, 0}},
      {{"", 0, 0}, {"", 5, 5}, {"", 0, 0}, {"x", 0, 0}, {"", 0, 0}},
      {{long_text, 0, 0}, {long_text, 1, 1'000'000}, {"end", 0, 0}},
      {{"backwards\r\n", 2'000'000, 900'000}, {"\r\n", 0, 900'000}},
  };
  for (const std::vector<Part>& row : rows) {
    for (const Ends& way : {make_pipe(), make_socket()}) {
      Body body(parts(row));
      const Moved done = moved(body, way);
      BOOST_CHECK_EQUAL(done.state, Body::kEnd);
      BOOST_CHECK(done.text == spelt(row));
      BOOST_CHECK_EQUAL(body.next(kMost).state, Body::kEnd);
    }
  }
}

// A record is of one kind, so that its bytes move in one way.
BOOST_AUTO_TEST_CASE(text_and_bytes_of_the_file_come_one_after_the_other) {
  const Ends way = make_pipe();
  Body body(parts({{"head", 10, 20}, {"tail", 0, 0}}));
  BOOST_CHECK_EQUAL(body.next(kMost).size, 4u);
  BOOST_CHECK_EQUAL(body.next(3).size, 3u);
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 3), 3);
  BOOST_CHECK_EQUAL(body.next(kMost).size, 1u);
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 1), 1);
  BOOST_CHECK_EQUAL(body.next(kMost).size, 20u);
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 20), 20);
  BOOST_CHECK_EQUAL(body.next(kMost).size, 4u);
  BOOST_CHECK_EQUAL(body.waits_on().front(), -1);
  BOOST_CHECK_EQUAL(moved(body, way).text,
                    "head" + content.substr(10, 20) + "tail");
}

BOOST_AUTO_TEST_CASE(small_parts_are_taken_at_once) {
  const std::vector<Part> row = {{"head", 10, 20}, {"mid", 5, 1}, {"t", 0, 0}};
  Body body(parts(row));
  std::string text = "before";
  BOOST_CHECK(!body.take_small(text, 28));
  BOOST_CHECK(body.take_small(text, 29));
  BOOST_CHECK_EQUAL(text, "before" + spelt(row));
  BOOST_CHECK_EQUAL(body.next(kMost).state, Body::kEnd);
}

BOOST_AUTO_TEST_CASE(parts_of_any_length_are_not_small) {
  for (const std::uint64_t length : {UINT64_MAX, UINT64_MAX - 3}) {
    Body body(parts({{"head", 0, length}, {"head", 0, length}}));
    std::string text;
    BOOST_CHECK(!body.take_small(text, kMost));
    BOOST_CHECK_EQUAL(text, "");
  }
}

BOOST_AUTO_TEST_CASE(parts_of_a_file_that_shrank_are_cut_where_it_ends) {
  const std::vector<Part> row = {{"head", content.size() - 5, 10},
                                 {"never", 0, 0}};
  for (const Ends& way : {make_pipe(), make_socket()}) {
    Body body(parts(row));
    std::string text = "before";
    BOOST_CHECK(!body.take_small(text, kMost));
    BOOST_CHECK_EQUAL(text, "before");
    const Moved done = moved(body, way);
    BOOST_CHECK_EQUAL(done.state, Body::kBytes);
    BOOST_CHECK_EQUAL(done.last, 0);
    BOOST_CHECK_EQUAL(done.text, "head" + content.substr(content.size() - 5));
  }
}

// ---- versions

BOOST_AUTO_TEST_CASE(a_file_of_the_version_arrives_whole) {
  for (const std::uint64_t length :
       {std::uint64_t{1}, std::uint64_t{65536}, std::uint64_t{65537},
        std::uint64_t{3'000'000}}) {
    for (const Ends& way : {make_pipe(), make_socket()}) {
      FileSlice whole = slice(0, length);
      whole.version = version();
      Body body(std::move(whole));
      const Moved done = moved(body, way);
      BOOST_CHECK_EQUAL(done.state, Body::kEnd);
      BOOST_CHECK(done.text == content.substr(0, length));
      BOOST_CHECK_EQUAL(body.why_cut(), "");
    }
  }
}

// However it changed, and however little of it was left to be sent.
BOOST_AUTO_TEST_CASE(a_file_that_changes_while_it_is_sent_is_never_whole) {
  const std::function<void()> changes[] = {
      [&] { rewrite(content.size() - 1); }, [&] { rewrite(0); },
      [&] { std::filesystem::resize_file(file, content.size() + 1); },
      [&] { std::filesystem::resize_file(file, content.size() - 1); },
      [&] { std::filesystem::resize_file(file, 0); }};
  for (const auto& change : changes) {
    for (const std::size_t left : {std::size_t{1}, content.size()}) {
      write("file", content);
      const Ends way = make_socket();
      FileSlice whole = slice(0, content.size());
      whole.version = version();
      Body body(std::move(whole));
      std::string came = come(body, way, content.size() - left);
      change();
      const Moved rest = moved(body, way);
      BOOST_CHECK_LT(came.size() + rest.text.size(), content.size());
      BOOST_CHECK_EQUAL(rest.last, 0);
      BOOST_CHECK(contains(std::string(body.why_cut()), "while it was sent"));
    }
  }
}

BOOST_AUTO_TEST_CASE(parts_of_a_file_that_changed_are_never_whole) {
  FileParts two = parts({{"a", 0, 10}, {"b", 20, 10}, {"end", 0, 0}});
  two.version = version();
  Body body(std::move(two));
  rewrite(2'000'000);
  std::string text = "before";
  BOOST_CHECK(!body.take_small(text, kMost));
  BOOST_CHECK_EQUAL(text, "before");
  const Ends way = make_socket();
  BOOST_CHECK_EQUAL(moved(body, way).text, "a" + content.substr(0, 10) + "b");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_replaced_or_removed_arrives_as_it_was) {
  FileSlice whole = slice(0, content.size());
  whole.version = version();
  Body body(std::move(whole));
  std::filesystem::rename(write("other", "other"), file);
  const Ends way = make_socket();
  BOOST_CHECK(moved(body, way).text == content);
}

BOOST_AUTO_TEST_CASE(parts_may_lie_beyond_4_gib) {
  constexpr std::uint64_t kFar = 5'000'000'000;
  const std::string large = write("large", "");
  std::filesystem::resize_file(large, kFar);
  {
    const Fd out(open(large.c_str(), O_WRONLY | O_CLOEXEC));
    BOOST_REQUIRE_EQUAL(pwrite(out.get(), "end", 3, kFar - 3), 3);
  }
  const Ends way = make_pipe();
  Body body(FileParts{Fd(open(large.c_str(), O_RDONLY | O_CLOEXEC)),
                      {{"a:", kFar - 3, 3}, {" b:", kFar - 1, 1}},
                      {}});
  BOOST_CHECK_EQUAL(moved(body, way).text, "a:end b:d");
}

// ---- what goes wrong

BOOST_AUTO_TEST_CASE(a_file_that_is_not_open_cannot_be_moved) {
  const Ends way = make_socket();
  Body body(FileSlice{Fd(), 0, 10, {}});
  std::string text;
  BOOST_CHECK(!body.take_small(text, kMost));
  BOOST_CHECK_EQUAL(body.next(kMost).state, Body::kBytes);
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 10), -1);
  BOOST_CHECK_EQUAL(errno, EBADF);
}

// sendfile(2) refuses it; a web server's CGI output may be a file.
BOOST_AUTO_TEST_CASE(a_file_that_is_appended_to_gets_the_slice_too) {
  const std::string target = write("target", "before");
  const Fd out(open(target.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  Body body(slice(3, 200'000));
  for (Body::Supply supply;
       (supply = body.next(kMost)).state == Body::kBytes;) {
    while (supply.size > 0) {
      const ssize_t size = body.move(out.get(), supply.size);
      BOOST_REQUIRE_GT(size, 0);
      supply.size -= static_cast<std::size_t>(size);
    }
  }
  BOOST_CHECK(read_file(target) == "before" + content.substr(3, 200'000));
}

BOOST_AUTO_TEST_CASE(a_reader_that_left_is_an_error_of_the_output) {
  signal(SIGPIPE, SIG_IGN);
  Ends way = make_pipe();
  way.in = Fd();
  Body body(slice(0, 10));
  BOOST_CHECK_EQUAL(body.move(way.out.get(), 10), -1);
  BOOST_CHECK_EQUAL(errno, EPIPE);
}

BOOST_AUTO_TEST_CASE(an_output_waits_gives_what_is_there_and_ends) {
  Ends source = make_pipe();
  const Ends way = make_socket();
  const int reading = source.in.get();
  Body body(output_of(std::move(source.in)));
  BOOST_CHECK_EQUAL(body.waits_on().front(), reading);
  BOOST_CHECK_EQUAL(body.next(kMost).state, Body::kWait);
  put(source.out, "words");
  const Body::Supply supply = body.next(3);
  BOOST_CHECK_EQUAL(supply.state, Body::kBytes);
  BOOST_CHECK_EQUAL(supply.size, 3u);
  BOOST_CHECK_EQUAL(moved(body, way).text, "words");
  BOOST_CHECK_EQUAL(body.next(kMost).state, Body::kWait);
  put(source.out, " at the end");
  source.out = Fd();
  const Moved done = moved(body, way);
  BOOST_CHECK_EQUAL(done.text, " at the end");
  BOOST_CHECK_EQUAL(done.state, Body::kEnd);
}

BOOST_AUTO_TEST_CASE(an_output_moves_into_a_pipe) {
  Ends source = make_pipe();
  const Ends way = make_pipe();
  put(source.out, content.substr(0, 65536));
  source.out = Fd();
  Body body(output_of(std::move(source.in)));
  const Moved done = moved(body, way);
  BOOST_CHECK_EQUAL(done.state, Body::kEnd);
  BOOST_CHECK(done.text == content.substr(0, 65536));
}

BOOST_AUTO_TEST_CASE(an_output_of_a_program_that_fails_is_cut) {
  for (const std::string& text : {std::string("words"), std::string()}) {
    Ends source = make_pipe();
    const Ends way = make_socket();
    put(source.out, text);
    source.out = Fd();
    Body body(output_of(std::move(source.in), Output::State::kFailed));
    const Moved done = moved(body, way);
    BOOST_CHECK_EQUAL(done.state, Body::kCut);
    BOOST_CHECK_EQUAL(done.text, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
