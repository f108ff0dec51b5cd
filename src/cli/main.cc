#include <cstdio>
#include <string_view>

#include "cli/verb.h"
#include "edge/static_program.h"

#ifndef CLAIMCHECK_VERSION
#error "CLAIMCHECK_VERSION comes from configure.ac by way of the Makefile"
#endif

namespace claimcheck::cli {
namespace {

struct Verb {
  std::string_view name;
  int (*run)(int argc, char** argv);
  const char* arguments;
  const char* purpose;
};

constexpr Verb kVerbs[] = {
    {"keygen", keygen, "[--alg HS256] [--kid ID] > key.jwk",
     "make a key: HS256, HS384, HS512, ES256, EdDSA, RS256 or PS256"},
    {"rotate", rotate, "--keys FILE [--alg ALG] [--retire-after 1h]",
     "put a new key in front; the old ones verify a while longer"},
    {"sign", sign,
     "--key FILE [--for RESOURCE] [--lifetime 2s] [--claim NAME=JSON]...",
     "print a token"},
    {"verify", verify,
     "--key FILE [--jws] [--at TIME] [--for RESOURCE] [TOKEN | -]",
     "print 'ok' or 'refused CODE'; '-' reads a token a line"},
    {"explain", explain, "[--key FILE] [--for URL] [--at TIME] TOKEN | -",
     "say in words what a token says and why it is refused"},
    {"check", check, "[--config FILE] [--docroot DIR]",
     "print the configuration that counts, and test what can be tested before\n"
     "      the first request"},
    {"doctor", doctor,
     "URL [--user USER:PASSWORD | --user -] [--get-token PATH] [--log FILE]...",
     "ask a deployed site for a download, as browsers and thieves would, and\n"
     "      say what is wrong"},
};

int help(std::FILE* out) {
  std::fputs("usage: claimcheck VERB [ARGUMENT...]\n\n", out);
  for (const Verb& verb : kVerbs) {
    std::fprintf(out, "  claimcheck %s %s\n      %s\n", verb.name.data(),
                 verb.arguments, verb.purpose);
  }
  std::fputs(
      "\nFILE holds a JWK, a JWK Set, PEM or a raw secret; check's is the "
      "configuration.\nTIME is in seconds since 1970 or like "
      "2026-11-24T10:00:00Z. Exit status: 0 done or\nall ok, 1 refused or "
      "something found, 2 usage.\n",
      out);
  return out == stdout ? kOk : kUsage;
}

}  // namespace

int usage(const char* name) {
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) {
      std::fprintf(stderr, "usage: claimcheck %s %s\n", name, verb.arguments);
    }
  }
  return kUsage;
}

int complain(const char* what, int status) {
  std::fprintf(stderr, "claimcheck: %s\n", what);
  return status;
}

int run(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) {
      return verb.run(argc - 1, argv + 1);
    }
  }
  if (name == "--version") {
    std::puts("claimcheck " CLAIMCHECK_VERSION);
    return kOk;
  }
  return help(name == "--help" ? stdout : stderr);
}

}  // namespace claimcheck::cli

int main(int argc, char** argv) {
  claimcheck::leave_out_host_modules();
  return claimcheck::cli::run(argc, argv);
}
