// Names of files in the configuration file, which are relative to its folder
// where they are not absolute: who has FTP alone often knows no absolute one.
//
//   absolute_name("/home/you/claimcheck",
//                 "../downloads")   // "/home/you/downloads"
#ifndef CLAIMCHECK_EDGE_RELATIVE_NAME_H_
#define CLAIMCHECK_EDGE_RELATIVE_NAME_H_

#include <string>

#include "edge/download_table.h"
#include "edge/setting.h"

namespace claimcheck {

// folder_above returns the folder of a file, absolute; empty where even that
// of this process is not known.
std::string folder_above(const std::string& file);

// absolute_name returns the absolute name, without dot segments. One that is
// absolute is left as it is: links may lie on its way.
std::string absolute_name(const std::string& folder, const std::string& name);

// resolve_setting does so for the values of a setting that names a file.
Values resolve_setting(const std::string& folder, const Setting& setting,
                       Values values);

// resolve_download does so for root, file and the program of command, where
// this one has a slash: PATH is not searched.
void resolve_download(const std::string& folder, DownloadTable& table);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_RELATIVE_NAME_H_
