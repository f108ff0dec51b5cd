// A [[download]] as it would stand in the configuration file.
#ifndef CLAIMCHECK_EDGE_DOWNLOAD_SHOWN_H_
#define CLAIMCHECK_EDGE_DOWNLOAD_SHOWN_H_

#include "edge/download_table.h"

namespace claimcheck {

// shown_download returns what read_download() reads as `download`: all that is
// set, and all that has a default and counts.
DownloadTable shown_download(const Download& download);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_DOWNLOAD_SHOWN_H_
