#include "policy/resource.h"

#include <algorithm>
#include <functional>

#include "claimcheck/utf8.h"
#include "policy/origin.h"
#include "policy/query.h"

namespace claimcheck {
namespace {

Error bad_url(std::string why) { return Error{Errc::kBadUrl, std::move(why)}; }
Error not_found(std::string why) {
  return Error{Errc::kNotFound, std::move(why)};
}

// any_segment asks `test` about each segment of a path that begins with "/".
bool any_segment(std::string_view path,
                 const std::function<bool(std::string_view)>& test) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    if (test(path.substr(0, end))) {
      return true;
    }
    path.remove_prefix(end);
  }
  return false;
}

bool is_dot_segment(std::string_view segment) {
  return segment == "." || segment == "..";
}

// An encoded slash or backslash is one segment to one reader and two to the
// next; a raw backslash is a slash to browsers.
bool has_hidden_separator(std::string_view raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::string_view escape = raw.substr(i, 3);
    if (raw[i] == '\\' || escape == "%2F" || escape == "%2f" ||
        escape == "%5C" || escape == "%5c") {
      return true;
    }
  }
  return false;
}

Result<std::string> decode_path(std::string_view raw) {
  if (!raw.starts_with('/')) {
    return bad_url("a path that does not begin with a slash");
  }
  if (has_hidden_separator(raw)) {
    return bad_url("an encoded slash or a backslash in the path");
  }
  Result<std::string> path = decode_text(raw);
  if (!path) {
    return path;
  }
  if (path->find("//") != std::string::npos) {
    return bad_url("an empty segment in the path");
  }
  if (any_segment(*path, is_dot_segment)) {
    return bad_url("a dot segment in the path");
  }
  return path;
}

const Download* find_download(const Config& config, std::string_view path) {
  for (const Download& download : config.downloads) {
    if (download.is_tree() ? path.starts_with(download.path)
                           : path == download.path) {
      return &download;
    }
  }
  return nullptr;
}

// A value that begins with a dash is an option to most programs.
bool is_option(const Download& download, std::string_view value) {
  return download.is_command() && value.starts_with('-');
}

Result<void> check_param(const Download& download, const std::string& name,
                         const Pattern& pattern, const std::string& value) {
  if (value.size() > kMaxParamValue || value.find('/') != std::string::npos ||
      is_dot_segment(value) || is_option(download, value) ||
      !pattern.matches(value)) {
    return bad_url("the parameter " + name + " does not match its pattern");
  }
  return {};
}

Result<std::string> decode_param(const Download& download,
                                 const std::string& name,
                                 const Pattern& pattern,
                                 std::string_view encoded) {
  Result<std::string> value = decode_query_value(encoded);
  if (!value) {
    return value;
  }
  if (Result<void> r = check_param(download, name, pattern, *value); !r) {
    return r.error();
  }
  return value;
}

// check_params checks values that came otherwise than in a URL.
Result<void> check_params(const Download& download, const ParamValues& params) {
  for (const auto& [name, value] : params) {
    const auto declared = download.params.find(name);
    if (declared == download.params.end() || !is_utf8(value) ||
        has_control(value)) {
      return bad_url("the parameter " + name +
                     " is not declared, or is no plain text");
    }
    if (Result<void> r = check_param(download, name, declared->second, value);
        !r) {
      return r;
    }
  }
  return {};
}

Result<ParamValues> read_params(const Download& download,
                                std::string_view query) {
  ParamValues values;
  for (const auto& [name, pattern] : download.params) {
    const auto given = query_values(query, name);
    if (given.empty()) {
      continue;
    }
    if (given.size() > 1) {
      return bad_url("the parameter " + name + " is given twice");
    }
    Result<std::string> value = decode_param(download, name, pattern, given[0]);
    if (!value) {
      return value.error();
    }
    values[name] = *std::move(value);
  }
  return values;
}

std::string doubled(std::string_view text, char c) {
  std::string out;
  for (char each : text) {
    out.append(each == c ? 2 : 1, each);
  }
  return out;
}

std::string resource_name(std::string_view path, const ParamValues& params) {
  std::string name = doubled(path, '?');
  char separator = '?';
  for (const auto& [param, value] : params) {
    name += separator + param + '=' + doubled(value, '&');
    separator = '&';
  }
  return name;
}

// fill_names does what needs all parameters, so that a missing one is told
// before anything else is looked at.
Result<void> fill_names(Resource& resource) {
  Result<std::string> file = fill(resource.download->file, resource.params);
  Result<std::string> filename =
      fill(resource.download->filename, resource.params);
  if (!file || !filename) {
    return file ? filename.error() : file.error();
  }
  for (const std::string& written : resource.download->command) {
    Result<std::string> argument = fill(written, resource.params);
    if (!argument) {
      return argument.error();
    }
  }
  resource.file = *std::move(file);
  resource.filename = *std::move(filename);
  return {};
}

Result<FileRef> file_in_tree(const Resource& resource) {
  const Download& download = *resource.download;
  FileRef file{download.root, resource.path.substr(download.path.size())};
  if (file.path.empty() || file.path.ends_with('/')) {
    return not_found("a folder, not a file");
  }
  if (any_segment('/' + file.path, [](std::string_view segment) {
        return segment.starts_with('.');
      })) {
    return not_found("a name that begins with a dot");
  }
  return file;
}

// A value may not make a segment a dotfile, a dot segment or empty; a dot that
// the configuration itself writes may stand. No value holds a slash, so that
// the segments of template and name correspond.
bool is_changed_by_value(std::string_view name, std::string_view written) {
  const bool hidden =
      name.empty() || (name.starts_with('.') && !written.starts_with('.'));
  return name != written && (hidden || is_dot_segment(name));
}

Result<FileRef> file_named(const Resource& resource) {
  const std::string_view written = resource.download->file;
  const std::size_t folder = written.rfind('/', written.find('{')) + 1;
  std::string_view names = std::string_view(resource.file).substr(folder);
  std::string_view templates = written.substr(folder);
  while (!names.empty() || !templates.empty()) {
    const std::size_t name_end = std::min(names.find('/'), names.size());
    const std::size_t end = std::min(templates.find('/'), templates.size());
    if (is_changed_by_value(names.substr(0, name_end),
                            templates.substr(0, end))) {
      return not_found("a name that begins with a dot, or none");
    }
    names.remove_prefix(std::min(name_end + 1, names.size()));
    templates.remove_prefix(std::min(end + 1, templates.size()));
  }
  return FileRef{std::string(written.substr(0, folder)),
                 resource.file.substr(folder)};
}

}  // namespace

Result<Target> parse_target(std::string_view uri) {
  if (uri.size() > kMaxUri) {
    return bad_url("a URL longer than 16384 bytes");
  }
  Result<std::string> path = decode_path(uri.substr(0, uri.find('?')));
  if (!path) {
    return path.error();
  }
  return Target{*std::move(path), std::string(query_of(uri))};
}

Result<Target> parse_page_url(const Config& config, const Request& request,
                              std::string_view url) {
  url = url.substr(0, url.find('#'));
  if (!url.starts_with('/')) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) {
      return bad_url("for is neither a path nor a URL of this site");
    }
    const std::size_t path = url.find_first_of("/?", scheme + 3);
    if (!is_own_origin(config, request, url.substr(0, path))) {
      return bad_url("for names another origin");
    }
    url = url.substr(std::min(path, url.size()));
  }
  return parse_target(url);
}

Result<Resource> find_resource(const Config& config, const Target& target) {
  Resource resource;
  resource.download = find_download(config, target.path);
  if (resource.download == nullptr) {
    return not_found("no [[download]] has this path");
  }
  Result<ParamValues> params = read_params(*resource.download, target.query);
  if (!params) {
    return params.error();
  }
  resource.path = target.path;
  resource.params = *std::move(params);
  resource.name = resource_name(resource.path, resource.params);
  if (Result<void> r = fill_names(resource); !r) {
    return r.error();
  }
  return resource;
}

Result<FileRef> file_of(const Resource& resource) {
  const Download& download = *resource.download;
  return download.is_tree() ? file_in_tree(resource) : file_named(resource);
}

Result<Command> command_of(const Config& config, CommandCall call) {
  const Download* download = find_download(config, call.path);
  if (download == nullptr || !download->is_command()) {
    return not_found("no [[download]] with a command has this path");
  }
  if (Result<void> r = check_params(*download, call.params); !r) {
    return r.error();
  }
  if (call.user.size() > kMaxUser ||
      call.user.find('\0') != std::string::npos) {
    return Error{Errc::kNotAllowed,
                 "a command's environment holds no user's name of more than "
                 "4096 bytes or with a NUL in it"};
  }
  Command command;
  for (const std::string& written : download->command) {
    Result<std::string> argument = fill(written, call.params);
    if (!argument) {
      return argument.error();
    }
    command.arguments.push_back(*std::move(argument));
  }
  command.environment = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LANG=C.UTF-8",
      "CLAIMCHECK_RESOURCE=" + resource_name(call.path, call.params)};
  if (!call.user.empty()) {
    command.environment.push_back("CLAIMCHECK_USER=" + call.user);
  }
  command.timeout = download->command_timeout;
  command.call = std::move(call);
  return command;
}

std::string command_file_name(const Resource& resource) {
  return resource.filename.empty()
             ? resource.path.substr(resource.path.rfind('/') + 1)
             : resource.filename;
}

std::string download_name(const Resource& resource, const FileRef& file) {
  return resource.filename.empty() ? file.path.substr(file.path.rfind('/') + 1)
                                   : resource.filename;
}

}  // namespace claimcheck
