// On a host with FTP alone the web server's log may be nobody's to read: what
// is wrong with a configuration that was found above the executable stands
// beside it, too, in mistakes.txt, for as long as it is wrong.
#ifndef CLAIMCHECK_EDGE_MISTAKES_FILE_H_
#define CLAIMCHECK_EDGE_MISTAKES_FILE_H_

#include <string>

namespace claimcheck {

// write_mistakes puts them beside the configuration `file`, mode 0600, in the
// place of those that were there. Where that cannot be, the log has them alone.
void write_mistakes(const std::string& file, const std::string& mistakes);

// remove_mistakes takes them away: `file` is right now.
void remove_mistakes(const std::string& file);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_MISTAKES_FILE_H_
