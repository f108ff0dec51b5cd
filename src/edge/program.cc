#include "edge/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "edge/audit.h"
#include "edge/config_file.h"
#include "edge/config_watch.h"
#include "edge/confinement.h"
#include "edge/gateway.h"
#include "edge/mistakes_file.h"
#include "edge/running_command.h"
#include "edge/spawner.h"
#include "edge/static_program.h"
#include "edge/system_world.h"

#ifndef CLAIMCHECK_VERSION
#error "CLAIMCHECK_VERSION comes from configure.ac by way of the Makefile"
#endif

namespace claimcheck {
namespace {

constexpr int kUsage = 2;
// An edit by FTP is tried by hand.
constexpr std::chrono::milliseconds kWatchPause{2000};
// Descriptors of an answer.
constexpr long kWithoutCommand = 2;
constexpr long kWithCommand = 1 + kCommandDescriptors;

std::function<Response(const Request&, const Error&)> refusing(
    const Program& program, Config config) {
  return [&program, config = std::move(config)](const Request& request,
                                                const Error& error) {
    return program.broken(config, request, error);
  };
}

int serve_broken(const Program& program, const Error& error) {
  std::cerr << "claimcheck: " << error.detail << std::endl;
  const Audit audit(program.name, "stderr");
  return Gateway{[&](const Request& request) {
                   return program.broken({}, request, error);
                 },
                 refusing(program, {}), audit}
      .run();
}

// Under FastCGI the document root comes with the request alone. The secret
// lies beside a configuration that was found, and neither may be where the web
// server hands out files.
Result<void> check_place(const Config& config, const Request& request) {
  if (!config.found_file.empty() &&
      is_beneath(config.found_file, request.document_root)) {
    return Error{Errc::kConfig,
                 config.found_file + " lies in the document root " +
                     request.document_root +
                     ", where it could be downloaded: move it out, state and "
                     "secret with it"};
  }
  return {};
}

Response answer(const Program& program, const Config& config,
                const Request& request, SystemWorld& world) {
  if (const Result<void> r = check_place(config, request); !r) {
    return program.broken(config, request, r.error());
  }
  if (const Result<void> r = world.check_keys(); !r) {
    return program.broken(config, request, r.error());
  }
  return program.policy(config, request, world);
}

bool has_commands(const Config& config) {
  return std::any_of(
      config.downloads.begin(), config.downloads.end(),
      [](const Download& download) { return download.is_command(); });
}

// A process of plain CGI is over before anybody has edited anything.
void start(ConfigWatch& watch) {
  if (is_fastcgi()) {
    watch.start(kWatchPause);
  }
}

void tell_of_mistakes(const ConfigSources& sources,
                      const Result<Config>& config) {
  const ConfigFile file = find_config_file(sources);
  if (file.by != ConfigFile::By::kExecutable) {
    return;
  }
  if (config) {
    remove_mistakes(file.name);
  } else {
    write_mistakes(file.name, config.error().detail);
  }
}

int serve(const Program& program, const std::string& config_flag) {
  const ConfigSources sources = process_sources(config_flag);
  ConfigWatch watch(sources);
  const Result<Config> config = load_config(sources);
  tell_of_mistakes(sources, config);
  if (!config) {
    start(watch);
    return serve_broken(program, config.error());
  }
  std::optional<Spawner> spawner;
  if (program.is_confined && is_fastcgi()) {
    if (has_commands(*config)) {
      spawner.emplace(*config, kMaxCommands);
    }
    confine(*config);
  }
  start(watch);
  SystemWorld world(*config, spawner ? &*spawner : nullptr);
  if (const Result<void> r = world.check_keys(); !r) {
    std::cerr << "claimcheck: " << r.error().detail << std::endl;
  }
  const Audit audit(program.name, config->audit);
  return Gateway{[&](const Request& request) {
                   Response response = answer(program, *config, request, world);
                   response.audit.notice = world.take_notice();
                   return response;
                 },
                 refusing(program, *config),
                 audit,
                 config->threads != 0
                     ? config->threads
                     : std::max(1U, std::thread::hardware_concurrency()),
                 config->shutdown_grace,
                 has_commands(*config) ? kWithCommand : kWithoutCommand}
      .run();
}

// Whoever closed them would find sockets of ours in their place, with a log
// line in them.
void fill_standard_descriptors() {
  int fd = 0;
  while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) {
  }
  if (fd > STDERR_FILENO) {
    close(fd);
  }
}

int explain_usage(const Program& program) {
  std::cerr << "usage: " << program.name << " [--config FILE]\n"
            << program.name
            << " is started by a web server, for one CGI request or, with a\n"
               "listening socket as its standard input, as a FastCGI "
               "responder.\n"
               "To start the latter by hand:\n"
               "  spawn-fcgi -u USER -s /run/claimcheck/"
            << program.name << ".sock -M 0660 -- "
            << process_sources("").executable << " --config FILE\n";
  return kUsage;
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  leave_out_host_modules();
  fill_standard_descriptors();
  const std::string first = argc > 1 ? argv[1] : "";
  // A web server may pass a query without "=" as the arguments of a CGI
  // program (RFC 3875 section 4.4): then they are the client's, not ours.
  if (is_cgi()) {
    return serve(program, "");
  }
  if (first == "--version") {
    std::cout << program.name << " (claimcheck) " CLAIMCHECK_VERSION << '\n';
    return EXIT_SUCCESS;
  }
  if (is_fastcgi() && argc == 1) {
    return serve(program, "");
  }
  if (is_fastcgi() && argc == 3 && first == "--config") {
    return serve(program, argv[2]);
  }
  return explain_usage(program);
}

}  // namespace claimcheck
