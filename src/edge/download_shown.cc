#include "edge/download_shown.h"

#include "edge/duration.h"

namespace claimcheck {

DownloadTable shown_download(const Download& download) {
  DownloadTable table;
  const auto show = [&](const char* key, std::string_view text) {
    if (!text.empty()) {
      table.values[key] = {std::string(text)};
    }
  };
  show("path", download.path);
  show("root", download.root);
  show("file", download.file);
  if (download.is_command()) {
    table.values["command"] = download.command;
    show("command_timeout", duration_text(download.command_timeout));
  }
  show("filename", download.filename);
  show("type", download.type);
  if (download.users) {
    table.values["users"] = *download.users;
  }
  show("bind", word_for(kBindWords, download.bind));
  show("deliver", word_for(kDeliverWords, download.deliver));
  show("internal", download.internal);
  for (const auto& [name, pattern] : download.params) {
    table.params[name] = pattern.text();
  }
  return table;
}

}  // namespace claimcheck
