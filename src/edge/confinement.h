// Confinement of a running program to the files that its configuration names,
// by Landlock (landlock(7)): whoever takes the process over reads the downloads
// and nothing else of the machine.
//
//   confine(config);   // before there are threads
//
// What may be read: the folders that hold a root, a file or the keys (but for
// "/": then what it holds), and what libcrypto and libc look up by themselves.
// Where the state is a Redis with a name, what libc reads to look that up too.
// What may be written: the state and the folder of the audit log. Nothing can
// be executed: commands are started by edge/spawner. What is moved further up
// while the program runs is out of its reach until a restart, which
// system_error() says.
#ifndef CLAIMCHECK_EDGE_CONFINEMENT_H_
#define CLAIMCHECK_EDGE_CONFINEMENT_H_

#include "policy/config.h"

namespace claimcheck {

// confine restricts this thread and those that it starts, for ever. False
// where the kernel has no Landlock: then nothing is restricted.
bool confine(const Config& config);

// can_confine tells whether the kernel has Landlock.
bool can_confine();

// is_confined tells whether confine() did.
bool is_confined();

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_CONFINEMENT_H_
