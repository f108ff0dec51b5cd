// The verbs of the command. Each reads its own arguments, of which the first
// is its name, and returns the exit status.
#ifndef CLAIMCHECK_CLI_VERB_H_
#define CLAIMCHECK_CLI_VERB_H_

namespace claimcheck::cli {

inline constexpr int kOk = 0;
// What was asked could not be done, or a token was refused.
inline constexpr int kRefused = 1;
inline constexpr int kUsage = 2;

int keygen(int argc, char** argv);
int rotate(int argc, char** argv);
int sign(int argc, char** argv);
int verify(int argc, char** argv);
int explain(int argc, char** argv);
int check(int argc, char** argv);
int doctor(int argc, char** argv);

// usage prints how the verb `name` is called, and returns kUsage.
int usage(const char* name);

// complain prints "claimcheck: WHAT" and returns `status`.
int complain(const char* what, int status);

}  // namespace claimcheck::cli

#endif  // CLAIMCHECK_CLI_VERB_H_
