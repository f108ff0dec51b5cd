// One [[download]] of the configuration file, and CLAIMCHECK_ROOT's.
#ifndef CLAIMCHECK_EDGE_DOWNLOAD_TABLE_H_
#define CLAIMCHECK_EDGE_DOWNLOAD_TABLE_H_

#include <array>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/word.h"
#include "policy/config.h"

namespace claimcheck {

// DownloadTable is a [[download]] as written: `values` of its flat keys, and
// the patterns of its params.
struct DownloadTable {
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::map<std::string, std::string> params;
};

// folder_of is the folder that holds the files of a download: without a slash
// at its end, but for "/". "/" for a command, too.
std::string folder_of(const Download& download);

// download_keys are the keys that `values` may have.
std::span<const std::string_view> download_keys();

inline constexpr std::array kBindWords = {
    Word<Bind>{"auto", Bind::kAuto}, Word<Bind>{"required", Bind::kRequired}};

inline constexpr std::array kDeliverWords = {
    Word<Deliver>{"stream", Deliver::kStream},
    Word<Deliver>{"x-sendfile", Deliver::kXSendfile},
    Word<Deliver>{"x-lighttpd-send-file", Deliver::kXLighttpdSendFile},
    Word<Deliver>{"x-accel-redirect", Deliver::kXAccelRedirect}};

// Report takes a key and what is wrong with it.
using Report = std::function<void(std::string_view key, std::string_view why)>;

// read_download makes a Download of a table. It reports every mistake; with
// one, the result is of no use.
Download read_download(const DownloadTable& table, const Report& report);

}  // namespace claimcheck

#endif  // CLAIMCHECK_EDGE_DOWNLOAD_TABLE_H_
