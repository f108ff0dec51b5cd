// The resource: what a token is good for, as one string. Issue and redemption
// compute it by the same function.
//
//   resource = path [ "?" name "=" value *( "&" name "=" value ) ]
//
// path is the URL's, percent-decoded once; names are the parameters that the
// matching download declares and the URL has, sorted; values are decoded. A
// "?" in the path and an "&" in a value are doubled, so that no two resources
// are spelled alike.
//
//   Result<Target> target = parse_target("/v1/export?name=alex&utm_source=x");
//   Result<Resource> resource = find_resource(config, *target);
//   resource->name;   // "/v1/export?name=alex"
#ifndef CLAIMCHECK_POLICY_RESOURCE_H_
#define CLAIMCHECK_POLICY_RESOURCE_H_

#include <string>
#include <string_view>

#include "claimcheck/result.h"
#include "policy/config.h"
#include "policy/http.h"
#include "policy/name_template.h"
#include "policy/world.h"

namespace claimcheck {

// kMaxParamValue, in bytes, decoded.
inline constexpr std::size_t kMaxParamValue = 255;

// Target is a URL taken apart: its path decoded and whole, its query raw.
struct Target {
  std::string path;
  std::string query;
};

// Resource is a target that a download of the configuration answers for.
// `download` points into the configuration.
struct Resource {
  const Download* download = nullptr;
  std::string name;
  std::string path;
  ParamValues params;
  // The download's file and filename with the parameters filled in.
  std::string file;
  std::string filename;
};

// parse_target takes a REQUEST_URI apart. kBadUrl, for the path: an encoded
// slash, a backslash, controls, bad escapes, invalid UTF-8, dot segments, "//".
// They are refused, not repaired: a repaired path is read differently by the
// next reader.
Result<Target> parse_target(std::string_view uri);

// parse_page_url takes the URL of a download as a page has it: a path and
// query, or all of it if the origin is this host's. A fragment is dropped.
// kBadUrl otherwise.
Result<Target> parse_page_url(const Config& config, const Request& request,
                              std::string_view url);

// find_resource returns the first download whose path matches. kNotFound if
// there is none; kBadUrl for a declared parameter that is given twice, does
// not match its pattern, begins with "-" where it is a command's, or is missing
// where a name needs it.
Result<Resource> find_resource(const Config& config, const Target& target);

// file_of names the file that a resource is. kNotFound for a folder and for
// names that a client made begin with a dot, which do not exist.
Result<FileRef> file_of(const Resource& resource);

// kMaxUser, in bytes: the name of a user for whom a command is run.
inline constexpr std::size_t kMaxUser = 4096;

// command_of makes the program of a call, which is checked like a URL:
// kNotFound and kBadUrl, and kNotAllowed for a user whose name no environment
// can hold. Its environment has a PATH, a UTF-8 locale, CLAIMCHECK_RESOURCE
// and, where it is known, CLAIMCHECK_USER: nothing of the request's headers, of
// the token or of our own environment.
Result<Command> command_of(const Config& config, CommandCall call);

// command_file_name is what the browser shall save a command's output as.
std::string command_file_name(const Resource& resource);

// download_name is what the browser shall save the file as.
std::string download_name(const Resource& resource, const FileRef& file);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_RESOURCE_H_
