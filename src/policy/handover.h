// Handing a file to the web server, which then sends it, and its ranges, by
// itself. What is sent in its place is a header:
//
//   Apache, mod_xsendfile:  X-Sendfile: /srv/files/a b.zip
//   lighttpd:               X-Sendfile: /srv/files/a%20b.zip
//   nginx:                  X-Accel-Redirect: /protected/a%20b.zip
//
// All that is decided stays ours: conditions, the lease, redemption. A server
// that is not set up for the header sends an empty file, and nginx shows it.
#ifndef CLAIMCHECK_POLICY_HANDOVER_H_
#define CLAIMCHECK_POLICY_HANDOVER_H_

#include <optional>
#include <string>
#include <string_view>

#include "policy/config.h"
#include "policy/file_answer.h"
#include "policy/http.h"
#include "policy/world.h"

namespace claimcheck {

inline constexpr std::string_view kXAccelRedirect = "X-Accel-Redirect";

// handover_of returns the header that hands `file` over as `download` says;
// nothing where it is streamed, or where the name cannot stand in the header:
// Apache's is taken as it is, and a blank at its end would get lost. lighttpd
// knows X-LIGHTTPD-send-file as well, but as FastCGI alone: as CGI it sends an
// empty 200.
std::optional<Header> handover_of(const Download& download,
                                  const FileRef& file);

// is_read_alike tells whether every server will make of the request what was
// selected. All look at its conditions and its Range once more, and some take
// If-Unmodified-Since beside If-Match, or several ranges, otherwise than RFC
// 9110 says: a used token would be good for the whole file where a range was
// ignored. What is not read alike has to be streamed.
bool is_read_alike(const Request& request, const Selection& selection);

// nginx_etag_of is the entity tag that nginx makes for the file by itself, and
// puts in place of ours.
std::string nginx_etag_of(const FileIdentity& file);

}  // namespace claimcheck

#endif  // CLAIMCHECK_POLICY_HANDOVER_H_
