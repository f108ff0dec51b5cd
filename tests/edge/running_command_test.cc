#include "edge/running_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <list>
#include <thread>
#include <vector>

#include "edge/confinement.h"
#include "policy/resource.h"
#include "sandbox.h"

using namespace claimcheck;
using namespace claimcheck::testing;

namespace {

using std::chrono::milliseconds;
using State = Output::State;

// Only what is broken takes so long.
constexpr milliseconds kPatience{20'000};

// configured has each of the programs at the path of its place in the list.
Config configured(const std::vector<std::vector<std::string>>& programs,
                  milliseconds timeout = kPatience) {
  Config config;
  for (const std::vector<std::string>& program : programs) {
    Download& download = config.downloads.emplace_back();
    download.path = '/' + std::to_string(config.downloads.size());
    download.command = program;
    download.command_timeout = timeout;
  }
  return config;
}

std::vector<std::string> shell(const std::string& script) {
  return {"/bin/sh", "-c", script};
}

// Seen is what came of a program.
struct Seen {
  std::string text;
  State end = State::kWaits;
};

Seen seen(Output& output, bool reads = true) {
  Seen seen;
  while (true) {
    const Output::Look look = output.look();
    if (look.state == State::kEnded || look.state == State::kFailed) {
      seen.end = look.state;
      return seen;
    }
    if (look.state == State::kBytes && reads) {
      std::vector<char> buffer(look.size);
      const ssize_t got = read(output.fd(), buffer.data(), buffer.size());
      BOOST_REQUIRE_EQUAL(got, static_cast<ssize_t>(look.size));
      seen.text.append(buffer.data(), buffer.size());
      continue;
    }
    const auto [first, second] = output.waits_on();
    std::array<pollfd, 2> ready = {{{first, POLLIN, 0}, {second, POLLIN, 0}}};
    BOOST_REQUIRE_MESSAGE(poll(ready.data(), ready.size(),
                               static_cast<int>(kPatience.count())) > 0,
                          "nothing comes");
  }
}

bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

bool is_alive(pid_t pid) {
  const std::string status =
      read_file("/proc/" + std::to_string(pid) + "/status");
  return !status.empty() && !contains(status, "State:\tZ");
}

// Who forks the keeper.
enum class Way { kSpawner, kOurselves };
constexpr Way kWays[] = {Way::kSpawner, Way::kOurselves};

struct Launching : Sandbox {
  // Other tests count their children: ours end with the test.
  ~Launching() {
    spawners.clear();
    while (wait(nullptr) > 0) {
    }
  }

  // start starts the program at `path` of a configuration.
  static std::unique_ptr<Output> start(const Config& config, const char* path,
                                       const Spawner* spawner) {
    const Result<Command> command = command_of(config, {path, {}, ""});
    BOOST_REQUIRE_MESSAGE(command, detail_of(command));
    Result<std::unique_ptr<Output>> output = start_command(*command, spawner);
    BOOST_REQUIRE_MESSAGE(output, detail_of(output));
    return *std::move(output);
  }

  std::unique_ptr<Output> start(const std::vector<std::string>& program,
                                Way way = Way::kSpawner,
                                milliseconds timeout = kPatience) {
    const Config config = configured({program}, timeout);
    return start(
        config, "/1",
        way == Way::kSpawner ? &spawners.emplace_back(config, 4) : nullptr);
  }

  // pid_in reads a process id that a program wrote.
  pid_t pid_in(const std::string& name) const {
    BOOST_REQUIRE(
        comes_true([&] { return read_file(*this / name).ends_with('\n'); }));
    return std::stoi(read_file(*this / name));
  }

  std::list<Spawner> spawners;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(running_command, Launching)

BOOST_AUTO_TEST_CASE(gives_what_the_program_writes_and_its_end) {
  for (const Way way : kWays) {
    const auto output = start(shell("echo words; echo more"), way);
    const Seen all = seen(*output);
    BOOST_CHECK_EQUAL(all.text, "words\nmore\n");
    BOOST_CHECK(all.end == State::kEnded);
    BOOST_CHECK(output->look().state == State::kEnded);
    BOOST_CHECK_EQUAL(output->take_words(), "");
    const auto nothing = start(shell(":"), way);
    BOOST_CHECK(seen(*nothing).end == State::kEnded);
  }
}

BOOST_AUTO_TEST_CASE(gives_large_output_whole) {
  const auto output = start(shell("seq 1 300000"));
  const Seen all = seen(*output);
  BOOST_CHECK(all.end == State::kEnded);
  BOOST_CHECK_EQUAL(all.text.size(), 1'988'895u);
  BOOST_CHECK(all.text.ends_with("\n300000\n"));
}

BOOST_AUTO_TEST_CASE(passes_arguments_and_environment_as_they_are) {
  const Command command = {
      {},
      {"/bin/sh", "-c", "printf '<%s>' \"$@\"; env | sort | tr '\\n' ' '", "",
       "a b", "$(c)", "", "*"},
      {"A=1 \n2", "B="},
      kPatience};
  const auto output = start_command(command, nullptr);
  BOOST_REQUIRE(output);
  const std::string text = seen(**output).text;
  BOOST_CHECK_MESSAGE(text.starts_with("<a b><$(c)><><*>2 A=1  B= PWD=/ "),
                      text);
}

BOOST_AUTO_TEST_CASE(runs_it_without_what_we_have) {
  // What the program sees of descriptors, signals, session and rights.
  const int leaking = open("/dev/null", O_RDONLY);
  BOOST_REQUIRE(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  const std::string script =
      "ls /proc/self/fd | tr '\\n' ' '; readlink /proc/$$/fd/0;"
      "grep -E 'SigIgn|SigBlk|NoNewPrivs' /proc/self/status;"
      "cut -d' ' -f 5,6 /proc/$$/stat; echo $$; pwd";
  for (const Way way : kWays) {
    const auto output = start(shell(script), way);
    const std::string text = seen(*output).text;
    // 3 is the folder that ls reads.
    const std::string expected =
        "0 1 2 3 /dev/null\nSigBlk:\t0000000000000000\nSigIgn:\t";
    BOOST_REQUIRE_MESSAGE(text.starts_with(expected), text);
    // Whom posix_spawn() started, as make does, ignores glibc's own two, which
    // signal() does not reach.
    constexpr unsigned long kInternal = 3UL << 31;
    BOOST_CHECK_EQUAL(
        std::stoul(text.substr(expected.size(), 16), nullptr, 16) & ~kInternal,
        0u);
    BOOST_CHECK_MESSAGE(contains(text, "\nNoNewPrivs:\t1\n"), text);
    const std::string pid = text.substr(0, text.size() - 3)
                                .substr(text.rfind('\n', text.size() - 4) + 1);
    BOOST_CHECK_MESSAGE(contains(text, '\n' + pid + ' ' + pid + '\n'), text);
    BOOST_CHECK(text.ends_with("\n/\n"));
  }
  signal(SIGPIPE, SIG_DFL);
  close(leaking);
}

BOOST_AUTO_TEST_CASE(tells_how_a_program_failed) {
  const std::pair<const char*, const char*> ends[] = {
      {"exit 3", " exited with status 3 before its first byte"},
      {"echo a; exit 3", " exited with status 3"},
      {"kill -SEGV $$",
       " was ended by signal 11 (Segmentation fault) before its first byte"},
      {"echo a; kill -KILL $$", " was ended by signal 9 (Killed)"},
  };
  for (const auto& [script, why] : ends) {
    for (const Way way : kWays) {
      const auto output = start(shell(script), way);
      BOOST_CHECK(seen(*output).end == State::kFailed);
      BOOST_CHECK_EQUAL(output->failure().detail,
                        "command /bin/sh" + std::string(why));
      BOOST_CHECK(output->failure().code == Errc::kCommandFailed);
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_why_a_program_cannot_be_executed) {
  const std::string text = write("text", "no program\n", 0644);
  const std::string other = write("other", "#!/no/such/interpreter\n", 0755);
  const std::pair<std::string, const char*> programs[] = {
      {"/no/such/program", ": No such file or directory"},
      {other, ": No such file or directory"},
      {text, ": Permission denied"},
      {path(), ": Permission denied"},
  };
  for (const auto& [program, why] : programs) {
    const auto output = start({program});
    BOOST_CHECK(seen(*output).end == State::kFailed);
    const Error failure = output->failure();
    BOOST_CHECK(failure.code == Errc::kCommandFailed);
    BOOST_CHECK_MESSAGE(
        failure.detail.starts_with("command " + program +
                                   " cannot be executed by uid ") &&
            failure.detail.ends_with(why),
        failure.detail);
  }
}

BOOST_AUTO_TEST_CASE(is_whole_only_when_the_program_says_so) {
  // The output has ended, the program has not.
  const auto output =
      start(shell("echo a; exec >&-; until [ -e " + *this / "go" +
                  " ]; do sleep 0.01; done; exit 1"));
  while (output->look().state != State::kBytes) {
  }
  char text[2];
  BOOST_REQUIRE_EQUAL(read(output->fd(), text, sizeof text), 2);
  BOOST_REQUIRE(comes_true([&] {
    const int before = output->waits_on().front();
    return output->look().state == State::kWaits && before != output->fd();
  }));
  write("go", "");
  BOOST_CHECK(seen(*output).end == State::kFailed);
}

BOOST_AUTO_TEST_CASE(waits_for_a_child_that_goes_on_writing) {
  const auto output =
      start(shell("(until [ -e " + *this / "go" +
                  " ]; do sleep 0.01; done; echo child) & echo parent"));
  BOOST_REQUIRE(
      comes_true([&] { return output->look().state == State::kBytes; }));
  write("go", "");
  const Seen all = seen(*output);
  BOOST_CHECK_EQUAL(all.text, "parent\nchild\n");
  BOOST_CHECK(all.end == State::kEnded);
}

// ---- time

BOOST_AUTO_TEST_CASE(gives_up_a_program_that_writes_nothing_in_time) {
  const auto output =
      start(shell("sleep 1000"), Way::kSpawner, milliseconds(30));
  BOOST_CHECK(seen(*output).end == State::kFailed);
  BOOST_CHECK_EQUAL(output->failure().detail,
                    "command /bin/sh wrote nothing for 30 ms, its "
                    "command_timeout before its first byte");
  BOOST_CHECK(output->look().state == State::kFailed);
}

BOOST_AUTO_TEST_CASE(gives_up_a_program_that_has_closed_its_output) {
  const auto output = start(shell("exec >&- 2>&-; sleep 1000"), Way::kSpawner,
                            milliseconds(200));
  BOOST_CHECK(seen(*output).end == State::kFailed);
}

// A pipe and a timer, without a program.
BOOST_AUTO_TEST_CASE(time_runs_while_there_is_nothing_to_take_and_starts_anew) {
  int output[2];
  int control[2];
  BOOST_REQUIRE(pipe2(output, O_CLOEXEC | O_NONBLOCK) == 0 &&
                socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control) == 0);
  const Fd writing(output[1]);
  const Fd keeper(control[1]);
  RunningCommand running(
      {{}, {"/bin/sh"}, {}, milliseconds(1)}, Fd(output[0]), Fd(control[0]),
      Fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)));
  const auto runs_out = [&] {
    pollfd timer = {running.waits_on().back(), POLLIN, 0};
    return poll(&timer, 1, static_cast<int>(kPatience.count())) == 1;
  };
  for (int i = 0; i < 3; ++i) {
    // The time is over, but there is something.
    BOOST_CHECK(running.look().state == State::kWaits);
    BOOST_REQUIRE(runs_out());
    BOOST_REQUIRE_EQUAL(::write(writing.get(), "a", 1), 1);
    BOOST_CHECK(running.look().state == State::kBytes);
    char byte;
    BOOST_REQUIRE_EQUAL(read(running.fd(), &byte, 1), 1);
  }
  BOOST_CHECK(running.look().state == State::kWaits);
  BOOST_REQUIRE(runs_out());
  BOOST_CHECK(running.look().state == State::kFailed);
  BOOST_CHECK_EQUAL(
      running.failure().detail,
      "command /bin/sh wrote nothing for 1 ms, its command_timeout");
}

// ---- what it says

BOOST_AUTO_TEST_CASE(quotes_the_first_that_it_says_and_counts_the_rest) {
  const auto output = start(
      shell("echo one >&2; echo two >&2; echo out; exec yes three >&2 & sleep 0"
            "; head -c 3000000 /dev/zero | tr '\\0' x >&2; kill $!; exit 1"));
  BOOST_CHECK(seen(*output).end == State::kFailed);
  const std::string words = output->take_words();
  BOOST_CHECK_MESSAGE(
      words.starts_with("command /bin/sh: one\ncommand /bin/sh: two\n"), words);
  BOOST_CHECK_LT(words.size(), 6000u);
  BOOST_CHECK_LE(std::count(words.begin(), words.end(), '\n'), 21);
  BOOST_CHECK_MESSAGE(words.ends_with(" bytes more\n"), words);
  BOOST_CHECK_EQUAL(output->take_words(), "");
}

BOOST_AUTO_TEST_CASE(quotes_a_last_line_without_an_end) {
  const auto output = start(shell("printf 'a\\n\\nb' >&2"));
  BOOST_CHECK(seen(*output).end == State::kEnded);
  BOOST_CHECK_EQUAL(output->take_words(),
                    "command /bin/sh: a\ncommand /bin/sh: \n"
                    "command /bin/sh: b\n");
}

// ---- its end

BOOST_AUTO_TEST_CASE(ends_the_whole_group_when_nobody_wants_it) {
  for (const Way way : kWays) {
    auto output = start(
        shell("(trap '' TERM; sh -c 'echo $$ >" + *this / "b" +
              "; exec sleep 1000') & echo $$ >" + *this / "a" + "; sleep 1000"),
        way);
    const pid_t pids[] = {pid_in("a"), pid_in("b")};
    for (const pid_t pid : pids) {
      BOOST_REQUIRE(is_alive(pid));
    }
    output.reset();
    for (const pid_t pid : pids) {
      BOOST_CHECK(comes_true([&] { return !is_alive(pid); }));
    }
    std::filesystem::remove(*this / "a");
    std::filesystem::remove(*this / "b");
  }
}

BOOST_AUTO_TEST_CASE(lets_a_program_tidy_up_on_sigterm) {
  auto output = start(shell("trap 'echo tidy >" + *this / "tidy" +
                            "; exit' TERM; echo $$ >" + *this / "a" +
                            "; while :; do sleep 0.01; done"));
  pid_in("a");
  output.reset();
  BOOST_CHECK(
      comes_true([&] { return read_file(*this / "tidy") == "tidy\n"; }));
}

BOOST_AUTO_TEST_CASE(ends_the_children_of_a_program_that_failed) {
  const auto output =
      start(shell("sleep 1000 & echo $! >" + *this / "a" + "; exit 1"));
  const pid_t child = pid_in("a");
  // It held on to the output, whose end it would have been waited for.
  BOOST_CHECK(seen(*output).end == State::kFailed);
  BOOST_CHECK(comes_true([&] { return !is_alive(child); }));
}

BOOST_AUTO_TEST_CASE(ends_the_program_with_a_keeper_that_is_killed) {
  const auto output = start(shell("echo $PPID; exec sleep 1000"));
  BOOST_REQUIRE(
      comes_true([&] { return output->look().state == State::kBytes; }));
  char text[16] = {};
  BOOST_REQUIRE(read(output->fd(), text, sizeof text - 1) > 0);
  kill(std::stoi(text), SIGKILL);
  BOOST_CHECK(seen(*output).end == State::kFailed);
  BOOST_CHECK_EQUAL(output->failure().detail,
                    "command /bin/sh was ended with the process that kept it");
}

// ---- how many

BOOST_AUTO_TEST_CASE(refuses_more_than_may_run_at_once) {
  const Config config =
      configured({shell("echo a; sleep 1000"), shell("echo a")});
  const Spawner& spawner = spawners.emplace_back(config, 4);
  std::vector<std::unique_ptr<Output>> running;
  for (int i = 0; i < 4; ++i) {
    running.push_back(start(config, "/1", &spawner));
    BOOST_REQUIRE(comes_true(
        [&] { return running.back()->look().state == State::kBytes; }));
  }
  auto more = start(config, "/2", &spawner);
  BOOST_CHECK(seen(*more).end == State::kFailed);
  BOOST_CHECK(more->failure().code == Errc::kUnavailable);
  BOOST_CHECK(contains(more->failure().detail, "commands run already"));
  running.pop_back();
  BOOST_CHECK(comes_true([&] {
    return seen(*start(config, "/2", &spawner)).end == State::kEnded;
  }));
}

// ---- what the spawner is passed

BOOST_AUTO_TEST_CASE(a_call_is_decoded_as_it_was_encoded) {
  for (const CommandCall& call :
       {CommandCall{"/a", {}, ""},
        CommandCall{"", {{"b", ""}, {"c", "d\ne"}}, "alice"}}) {
    const auto decoded = decode_call(encode_call(call));
    BOOST_REQUIRE(decoded);
    BOOST_CHECK(*decoded == call);
  }
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "x"s, "\0"s, "a\0b\0c\0"s, "a\0b\0c"s, "a\0b\0c\0d\0e"s}) {
    BOOST_CHECK(!decode_call(text));
  }
}

// As if we were somebody else, who has taken us over.
BOOST_AUTO_TEST_CASE(the_spawner_runs_what_is_configured_and_nothing_else) {
  Config config = configured({{"/bin/echo", "{x}"}});
  config.downloads[0].params.emplace("x", *Pattern::compile("[a-z-]*"));
  const Spawner& spawner = spawners.emplace_back(config, 4);
  const auto run = [&](const CommandCall& call) {
    const Command command = {
        call, {"/bin/sh", "-c", "echo evil"}, {}, kPatience};
    const auto output = start_command(command, &spawner);
    BOOST_REQUIRE_MESSAGE(output, detail_of(output));
    const Seen all = seen(**output);
    return all.end == State::kEnded ? all.text : "refused";
  };
  BOOST_CHECK_EQUAL(run({"/1", {{"x", "words"}}, ""}), "words\n");
  const CommandCall refused[] = {
      {"/2", {{"x", "words"}}, ""},
      {"/1", {}, ""},
      {"/1", {{"x", "-n"}}, ""},
      {"/1", {{"x", "UPPER"}}, ""},
      {"/1", {{"x", "a"}, {"y", "b"}}, ""},
      {"/1", {{"x", "a"}}, std::string(kMaxUser + 1, 'a')},
      {"/bin/sh", {}, ""},
  };
  for (const CommandCall& call : refused) {
    BOOST_CHECK_EQUAL(run(call), "refused");
  }
  BOOST_CHECK_EQUAL(run({"/1", {{"x", "words"}}, ""}), "words\n");
}

// ---- confinement

BOOST_AUTO_TEST_CASE(starts_programs_for_a_process_that_is_confined) {
  const std::string said = in_child(
      [] {},
      [&] {
        Config config = configured({shell("echo words")});
        config.state = {*this / "state"};
        const Spawner before(config, 4);
        if (!confine(config)) {
          return std::string("words\n");  // this kernel has no Landlock
        }
        const auto denied = start(config, "/1", nullptr);
        if (seen(*denied).end != State::kFailed) {
          return std::string("not confined");
        }
        return seen(*start(config, "/1", &before)).text;
      });
  BOOST_CHECK_EQUAL(said, "words\n");
}

BOOST_AUTO_TEST_SUITE_END()
