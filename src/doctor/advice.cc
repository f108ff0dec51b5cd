#include "doctor/advice.h"

#include <cstdlib>

#include "claimcheck/ascii.h"

namespace claimcheck::doctor {
namespace {

constexpr std::string_view kSeeLog =
    "run `claimcheck check` there, and read the server's error log (nginx: the "
    "audit file, and `journalctl -u 'claimcheck-*'`); an edit of "
    "claimcheck.toml counts when the programs have been restarted; with FTP "
    "alone mistakes.txt and audit.log beside the settings tell";

constexpr Advice kAdvice[] = {
    {"unreachable", "nothing answers, so nothing else was asked",
     "check the name, the port and whether the web server runs", "", "", ""},
    {"tls", "browsers refuse such a connection, too",
     "mend the certificate: its names, its dates and its chain", "", "", ""},
    {"redirected", "a page's script gets the redirect and no token",
     "ask doctor for the URL that it leads to; where that is a login page, "
     "take get-token out of what leads there: it answers 401 by itself",
     "", "", ""},
    {"get_token_missing", "without tokens nobody can download",
     "where its path is another one, name it by --get-token",
     "Include our configuration in this virtual host (Debian's package: "
     "a2enmod proxy_fcgi, a2enconf claimcheck)",
     "lighttpd-enable-mod fastcgi, and include our configuration in the "
     "condition of this host",
     "include get-token.conf in `location ~ ^/v1/api/(jwt/)?get-token$`"},
    {"program_shown",
     "the server hands the program itself out: it runs nothing, and downloads "
     "fail",
     "",
     "SetHandler fcgid-script with mod_fcgid (a2enmod fcgid), or AddHandler "
     "cgi-script .fcgi with Options +ExecCGI",
     "load mod_fastcgi or mod_cgi and include our configuration",
     "keep the programs out of root, and include get-token.conf and "
     "download.conf"},
    {"program_down", "the web server answers for a program that does not",
     "start the programs (systemctl start claimcheck-download.socket "
     "claimcheck-get-token.socket), and read the server's error log: where it "
     "says Permission denied, SocketUser and SocketGroup are not the server's",
     "where it starts them itself: mode 0755, nobody else may write to them or "
     "their folder, and FTP in binary mode",
     "", ""},
    {"config_broken", "every answer is 500 until it is mended", kSeeLog, "", "",
     ""},
    {"state_unavailable",
     "no download begins: the state, or a folder of a [[download]], is out of "
     "reach",
     kSeeLog, "", "", ""},
    {"command_failed", "the program that writes the download fails", kSeeLog,
     "", "", ""},
    {"url_refused", "the page's link leads nowhere",
     "spell the URL as the page does, and look for its path in [[download]]; "
     "if both are right the programs may not read the file, and the audit line "
     "says why",
     "", "", ""},
    {"get_token_open",
     "get-token gives a token to strangers, though you sign in",
     "set access = \"server\" in claimcheck.toml, or, where no authentication "
     "is meant, run doctor without --user",
     "Require valid-user on <LocationMatch \"^/v1/api/(jwt/)?get-token$\">",
     "auth.require in $HTTP[\"url\"] =~ \"^/v1/api/(jwt/)?get-token$\"",
     "auth_basic in the location of get-token, without `satisfy any`"},
    {"signed_in_refused", "nobody gets a token",
     "the password is wrong, or the name that was checked does not reach "
     "get-token:",
     "AuthType Basic and Require valid-user on <LocationMatch "
     "\"^/v1/api/(jwt/)?get-token$\">",
     "auth.backend and auth.require in $HTTP[\"url\"] =~ "
     "\"^/v1/api/(jwt/)?get-token$\"",
     "`set $claimcheck_user $remote_user;` beside auth_basic in its location"},
    {"password_unchecked", "anybody gets tokens in the name of anybody", "",
     "AuthType Basic, AuthUserFile and Require valid-user together",
     "auth.require with \"require\" => \"valid-user\"",
     "auth_basic and auth_basic_user_file beside `set $claimcheck_user "
     "$remote_user;`"},
    {"authorization_lost",
     "with access = \"bearer\" get-token never sees who vouches", "",
     "CGIPassAuth On on <LocationMatch \"^/v1/api/(jwt/)?get-token$\">",
     "no auth.require on get-token",
     "no `fastcgi_param HTTP_AUTHORIZATION` of your own in its location"},
    {"https_unknown",
     "browsers drop the cookie, or another host of the domain can set it",
     "https = \"always\" in claimcheck.toml where TLS ends in front of the "
     "server, and nowhere else",
     "", "", ""},
    {"cookie_lost",
     "tokens are bound to no browser, and interrupted downloads cannot resume",
     "", "remove `RequestHeader unset Cookie`, or what does the same",
     "remove what unsets Cookie in front of lighttpd",
     "remove `fastcgi_param HTTP_COOKIE` or proxy_set_header Cookie, or "
     "`fastcgi_pass_request_headers off`"},
    {"set_cookie_lost",
     "tokens are bound to no browser, interrupted downloads cannot resume, and "
     "the page's script does not see that one began",
     "", "remove `Header unset Set-Cookie`",
     "remove setenv.set-response-header of Set-Cookie",
     "remove `fastcgi_hide_header Set-Cookie`, and proxy_hide_header in front"},
    {"xsrf_header_lost",
     "get-token refuses pages that send the pair, or lets other sites ask", "",
     "remove `RequestHeader unset X-XSRF-TOKEN`",
     "remove what unsets X-XSRF-TOKEN in front of lighttpd",
     "remove `fastcgi_pass_request_headers off` or `fastcgi_param "
     "HTTP_X_XSRF_TOKEN`"},
    {"origin_refused", "every POST of a page's script is refused",
     "origins = [\"ORIGIN OF THE PAGE\"] in claimcheck.toml, or pass Host on "
     "as the browser sends it:",
     "ProxyPreserveHost On in the proxy in front",
     "no rewriting of Host in the proxy in front",
     "fastcgi_param HTTP_HOST $http_host; and in a proxy in front "
     "proxy_set_header Host $http_host"},
    {"other_site_taken",
     "a page of another site can ask for tokens with its visitor's cookies", "",
     "remove `RequestHeader unset Origin` and Sec-Fetch-Site",
     "remove what unsets Origin or Sec-Fetch-Site in front of lighttpd",
     "remove `fastcgi_pass_request_headers off`, `fastcgi_param HTTP_ORIGIN` "
     "and HTTP_SEC_FETCH_SITE"},
    {"not_ours", "download never sees such a request, so nothing guards it",
     "give doctor the URL of a download; if it was one:",
     "CLAIMCHECK_DOWNLOADS matches this path, and no rule in front takes it",
     "var.claimcheck_downloads matches this path",
     "include download.conf in the location of this path"},
    {"file_without_token", "anybody can download it",
     "move the files out of the document root, and",
     "let CLAIMCHECK_DOWNLOADS match this path, with our Include",
     "let var.claimcheck_downloads match this path, with our include",
     "include download.conf in the location of this path"},
    {"spelling_taken", "anybody can download it under that spelling",
     "move the files out of the document root, and let the rule for this path "
     "cover that spelling",
     "", "", ""},
    {"query_lost", "the token does not reach download", "",
     "RewriteRule with [QSA], or without a `?` at its end",
     "url.rewrite-once with ${qsa}", "fastcgi_param REQUEST_URI $request_uri"},
    {"keys_differ", "no token of get-token is good for download",
     "let both programs read one configuration, or set `keys` to one file, "
     "and restart both",
     "", "", ""},
    {"path_rewritten",
     "download sees another URL than the one that get-token was asked for", "",
     "no RewriteRule with [P] and no ProxyPass that changes the path",
     "no rewriting in front that changes the path",
     "fastcgi_param REQUEST_URI $request_uri; and proxy_pass without a path"},
    {"clock", "tokens live seconds: they are refused, or live too long",
     "keep the clocks of all hosts by NTP", "", "", ""},
    {"foreign_taken", "anybody can make tokens",
     "what answers is not download, or it has other keys than yours: look at "
     "what the server runs for this path",
     "", "", ""},
    {"used_taken", "a copied link works again",
     "all hosts and processes need one state (`state` in claimcheck.toml), and "
     "no cache may answer",
     "", "", ""},
    {"expired_taken", "a copied link works for ever",
     "no cache may answer for this path; then look at the host's clock", "", "",
     ""},
    {"handover_shown", "the server shows where the file lies, and sends none",
     "set the server up for it, or take `deliver` out of the [[download]]",
     "a2enmod xsendfile, and XSendFile On for this path",
     "deliver = \"x-lighttpd-send-file\" in claimcheck.toml, in lighttpd "
     "itself: "
     "X-Sendfile does not pass a proxy",
     "deliver = \"x-accel-redirect\" in claimcheck.toml, and fastcgi_pass in "
     "this server itself: X-Accel-Redirect does not pass a proxy"},
    {"handover_empty", "the token is used up, and no file comes",
     "set the server up for it, or take `deliver` out of the [[download]]",
     "XSendFile On, and XSendFilePath of the files' folder",
     "\"x-sendfile\" => \"enable\" and \"x-sendfile-docroot\" => ( the files' "
     "folder ), as in our configuration",
     "a location for `internal` of the [[download]], with `alias` of the "
     "files' folder and x-accel.conf in it"},
    {"no_range", "interrupted downloads begin anew", "",
     "MaxRanges default, and no `Header unset Accept-Ranges`",
     "server.range-requests := \"enable\" where lighttpd sends the files",
     "no `max_ranges 0` with this `reuse`"},
    {"no_resume", "interrupted downloads cannot go on",
     "remove what unsets Range or If-Range on the way to download", "", "", ""},
    {"no_length",
     "browsers show no progress and do not notice a download that was cut", "",
     "SetEnv ap_trust_cgilike_cl 1 for this path, and no output filter",
     "server.stream-response-body = 2 for this path",
     "fastcgi_buffering off, and no sub_filter or gzip for this path"},
    {"weak_etag", "interrupted downloads begin anew in a browser", "",
     "no `Header unset ETag`, and SetEnv no-gzip 1 for this path",
     "deflate.mimetypes = ( ) for this path",
     "gzip off for this path, and in a proxy in front"},
    {"compressed",
     "length and ETag are another body's: nothing resumes, and no progress "
     "shows",
     "", "SetEnv no-gzip 1 and SetEnv no-brotli 1 for this path",
     "deflate.mimetypes = ( ) for this path",
     "gzip off for this path, and in a proxy in front"},
    {"headers_lost",
     "a browser could take the file for a page of this site and run it",
     "set such headers for the pages alone",
     "no `Header set` or `Header unset` of it for this path",
     "no setenv.set-response-header of it for this path",
     "no fastcgi_hide_header of it; where add_header stands further out, ours "
     "are in x-accel.conf"},
    {"cached", "somebody else may be answered out of a cache", "",
     "no ExpiresByType, Header set Cache-Control or CacheEnable for this path",
     "no expire.url or setenv of Cache-Control for this path",
     "no `expires`, fastcgi_cache or proxy_cache for this path"},
    {"reachable_elsewhere", "anybody can download it there without a token",
     "move the files out of what the server serves by itself",
     "no Alias, and no DocumentRoot, that holds them",
     "no alias.url, and no server.document-root, that holds them",
     "`internal;` in the location of X-Accel-Redirect (x-accel.conf has it), "
     "and no root that holds them"},
    {"private_shown", "keys and tokens can be made of what lies there",
     "move it out of the document root, and make new keys: these are known",
     "`Require all denied` where it cannot move",
     "url.access-deny where it cannot move",
     "`return 404` where it cannot move"},
    {"token_logged", "who reads the log can use the token while it lives", "",
     "CustomLog … claimcheck, and the ErrorLog of our first lines; with "
     ".htaccess alone the host's log stays as it is: the tokens in it are dead "
     "after two seconds, save for the browser that used them",
     "accesslog.format with %U in place of %r, as in our configuration",
     "access_log … claimcheck, as in server.conf"},
};

void add(std::vector<std::string>& remedies, std::string_view server,
         std::string_view remedy) {
  if (!remedy.empty()) {
    remedies.push_back(std::string(server) + ": " + std::string(remedy));
  }
}

}  // namespace

Server server_of(std::string_view header) {
  const std::string name = lower_case(header);
  if (name.starts_with("apache")) {
    return Server::kApache;
  }
  if (name.starts_with("lighttpd")) {
    return Server::kLighttpd;
  }
  return name.starts_with("nginx") ? Server::kNginx : Server::kUnknown;
}

std::span<const Advice> all_advice() { return kAdvice; }

const Advice& advice_for(std::string_view code) {
  for (const Advice& advice : kAdvice) {
    if (advice.code == code) {
      return advice;
    }
  }
  std::abort();
}

std::vector<std::string> remedies_of(const Advice& advice, Server server) {
  std::vector<std::string> remedies;
  if (!advice.everywhere.empty()) {
    remedies.emplace_back(advice.everywhere);
  }
  const bool any = server == Server::kUnknown;
  if (any || server == Server::kApache) {
    add(remedies, "Apache", advice.apache);
  }
  if (any || server == Server::kLighttpd) {
    add(remedies, "lighttpd", advice.lighttpd);
  }
  if (any || server == Server::kNginx) {
    add(remedies, "nginx", advice.nginx);
  }
  return remedies;
}

}  // namespace claimcheck::doctor
