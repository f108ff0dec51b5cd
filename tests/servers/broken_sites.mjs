// Deployments for the doctor: on each server one where nothing is wrong, in
// several ways, and others with one mistake each, which admins make. `code` is
// what it has to be called, several where one mistake is all of that, and `words`
// what is said of it; `files`, of sites.mjs, is how it is made.
const file = 'the bytes of hello.txt\n';

// A site with a login, and the shipped configurations.
const healthy = { settings: '', auth: true };
const broken = (code, files, more = {}) => ({ ...healthy, code, files, ...more });
const open = 'access = "anonymous"\n';
const window = 'reuse = "window"\nclient = "off"\n';
// What get-token demands where another server vouches.
const bearer = 'access = "bearer"\nbearer_keys = "SITE/bearer"\nbearer_issuer = "https://www.example.org"\nbearer_audience = "claimcheck"\n';

// A download that a program writes.
const written = (program) => ({ settings: `[[download]]\npath = "/downloads/written"\ncommand = ${program}\n`, path: '/downloads/written' });

// What is wrong whatever the server.
const anywhere = {
  config: broken('config_broken', {}, { settings: 'token_lifetime = "2 seconds"\n' }),
  nostate: broken('state_unavailable', {}, { state: 'missing' }),
  open: broken('get_token_open', {}, { auth: false, settings: open }),
  nouser: broken('signed_in_refused', {}, { auth: false }),
  password: broken('signed_in_refused', {}, { login: 'demo:wrong' }),
  nofile: broken('url_refused', {}, { path: '/downloads/nothing.txt' }),
  failing: broken('command_failed', {}, written('["/bin/false"]')),
  toml: broken('private_shown', { 'htdocs/claimcheck.toml': '[[download]]\npath = "/downloads/"\n' }),
  secret: broken('private_shown', { 'htdocs/state/secret': 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlYw\n' }),
  docroot: broken('reachable_elsewhere', { 'htdocs/files/hello.txt': file }),
};

// What is right in each way that it may be.
const waysOf = (deliver) => ({
  main: healthy,
  never: { ...healthy, settings: 'reuse = "never"\n' },
  window: { ...healthy, settings: window },
  windowbound: { ...healthy, settings: 'reuse = "window"\n' },
  strict: { settings: `${open}xsrf = "required"\nclient = "required"\n`, auth: false },
  names: { settings: `${open}xsrf_cookie = "csrftoken"\nxsrf_header = "X-CSRFToken"\n`, auth: false },
  bearer: { settings: bearer, auth: false },
  command: { ...healthy, ...written('["/usr/bin/seq", "9000"]') },
  handed: { ...healthy, deliver },
  handednever: { ...healthy, deliver, settings: 'reuse = "never"\n' },
});

const apache = {
  compressed: broken('compressed', { 'site.conf': '<Location "/downloads/">\n  SetOutputFilter DEFLATE\n  UnsetEnv no-gzip\n</Location>\n', 'site.sed': '/SetEnv no-gzip/d\n' }),
  logged: broken('token_logged', { 'site.conf': 'CustomLog "DIR/logs/common" "%h %l %u %t \\"%r\\" %>s %b"\n' }, { log: 'common' }),
  cookie: broken('cookie_lost', { 'site.conf': 'RequestHeader unset Cookie\n' }),
  setcookie: broken('set_cookie_lost', { 'site.conf': 'Header always unset Set-Cookie\n' }),
  pair: broken('xsrf_header_lost', { 'site.conf': 'RequestHeader unset X-XSRF-TOKEN\n' }),
  origin: broken('other_site_taken', { 'site.conf': 'RequestHeader unset Origin\n' }),
  host: broken('origin_refused', { 'site.conf': 'RequestHeader set Host backend.internal\n' }),
  authorization: broken('authorization_lost', { 'site.sed': '/^ *CGIPassAuth/d\n' }, { auth: false, settings: bearer }),
  alias: broken('reachable_elsewhere', { 'site.conf': 'Alias "/files/" "DIR/files/tree/"\n<Directory "DIR/files/tree">\n  Require all granted\n</Directory>\n' }),
  shown: broken('program_shown', { 'site.conf': '<Location "/claimcheck/">\n  SetHandler default-handler\n</Location>\nAlias "/cgi-bin/" "DIR/lib/"\n<Directory "DIR/lib">\n  Require all granted\n</Directory>\n' }),
  handler: broken('program_shown', { 'site.sed': '/get-token.sock.*claimcheck-get-token"$/d\n/DOCUMENT_ROOT/d\n', 'site.conf': 'AliasMatch "^/v1/api/get-token$" "DIR/lib/get-token.fcgi"\n<Directory "DIR/lib">\n  Require all granted\n</Directory>\n' }),
  // Of a short body Apache may count the bytes.
  length: broken('no_length', { 'site.sed': '/ap_trust_cgilike_cl/d\n' }, { path: '/downloads/large.bin' }),
  nosendfile: broken('handover_shown', { 'site.sed': 's/XSendFile On/XSendFile Off/\n' }, { deliver: 'x-sendfile' }),
  ranges: broken('no_range', { 'site.sed': '/MaxRanges/d\n' }, { deliver: 'x-sendfile' }),
  policy: broken('headers_lost', { 'site.conf': 'Header always set Content-Security-Policy "default-src \'self\'"\nHeader set Content-Security-Policy "default-src \'self\'"\n' }),
  cached: broken('cached', { 'site.conf': '<Location "/downloads/">\n  Header always set Cache-Control "max-age=3600"\n</Location>\n' }),
  etag: broken('weak_etag', { 'site.conf': 'Header edit ETag ^ W/\n' }),
  unmapped: broken('get_token_missing', { 'site.sed': '/claimcheck-get-token"$/d\n' }, { auth: false }),
  redirect: broken('redirected', { 'site.conf': 'RedirectMatch "^/v1/api/get-token$" "https://www.example.org/login"\n' }),
  nodownload: broken('file_without_token', { 'site.sed': '/claimcheck-download"$/d\n/DOCUMENT_ROOT/d\n', 'htdocs/downloads/hello.txt': file }),
  spelling: broken('spelling_taken', { 'htdocs/DOWNLOADS/hello.txt': file }),
  stopped: broken('program_down', { 'site.sed': 's/download\\.sock/nothing.sock/\n' }),
};

const lighttpd = {
  compressed: broken('compressed', { 'site.lighttpd.conf': 'deflate.mimetypes = ( "" )\ndeflate.allowed-encodings = ( "gzip" )\n' }, { deliver: 'x-lighttpd-send-file', path: '/downloads/large.bin' }),
  logged: broken('token_logged', { 'site.sed': 's|^accesslog\\.format = .*|accesslog.filename = "DIR/logs/common"\\naccesslog.format = "%h %l %u %t \\\\"%r\\\\" %>s %b"|\n' }, { log: 'common' }),
  alias: broken('reachable_elsewhere', { 'site.lighttpd.conf': 'alias.url += ( "/files/" => "DIR/files/tree/" )\n' }),
  nodownload: broken('file_without_token', { 'site.sed': 's/var.claimcheck_downloads \\{/"^\\/nowhere\\/" {/\n', 'htdocs/downloads/hello.txt': file }),
  nosendfile: broken('handover_empty', { 'site.sed': 's/"x-sendfile" => "enable"/"x-sendfile" => "disable"/\n' }, { deliver: 'x-lighttpd-send-file' }),
  shown: broken('program_shown', { 'site.lighttpd.conf': 'alias.url += ( "/cgi-bin/" => "DIR/lib/" )\nstatic-file.exclude-extensions = ( ".php" )\n' }),
  policy: broken('headers_lost', { 'site.lighttpd.conf': 'setenv.set-response-header = ( "X-Content-Type-Options" => "" )\n' }),
  cached: broken('cached', { 'site.lighttpd.conf': '$HTTP["url"] =~ "^/downloads/" { setenv.set-response-header = ( "Cache-Control" => "max-age=3600" ) }\n' }),
  cookie: broken('cookie_lost', { 'site.lighttpd.conf': 'setenv.set-request-header = ( "Cookie" => "" )\n' }),
  host: broken('origin_refused', { 'site.lighttpd.conf': 'setenv.set-request-header = ( "Host" => "backend.internal" )\n' }),
  unmapped: broken('get_token_missing', { 'site.sed': 's/get-token\\$" \\{/nowhere$" {/\n' }, { auth: false }),
  denied: broken('not_ours', { 'site.sed': 's/url.access-deny = .*/url.access-deny = ( ".txt" )/\n' }),
  stopped: broken('program_down', { 'site.sed': '/"bin-path" => .*download.fcgi/d\n' }),
};

// A cache that knows an answer by its URL, in the file that has the line `begin`.
const cacheBehind = (begin) => `s|^map .request_uri |fastcgi_cache_path SITE/run/cache keys_zone=answers:1m;\\n&|
/^${begin}/,$s|^fastcgi_cache off;|fastcgi_cache answers; fastcgi_cache_key $request_uri; fastcgi_cache_valid 200 1m; fastcgi_ignore_headers Cache-Control Set-Cookie;|
s|^fastcgi_buffering off;|fastcgi_buffering on;|
`;

const nginx = {
  internal: broken('reachable_elsewhere', { 'site.sed': 's/^internal;//\n' }, { deliver: 'x-accel-redirect' }),
  logged: broken('token_logged', { 'server.nginx.conf': 'access_log DIR/logs/combined combined;\n' }, { log: 'combined' }),
  compressed: broken('compressed', { 'site.sed': 's/^gzip off;/gzip on; gzip_types *; gzip_min_length 1;/\n' }),
  setcookie: broken('set_cookie_lost', { 'server.nginx.conf': 'fastcgi_hide_header Set-Cookie;\n' }),
  cookie: broken('cookie_lost', { 'site.sed': 's/^fastcgi_keep_conn on;/&\\nfastcgi_param HTTP_COOKIE "";/\n' }),
  pair: broken('xsrf_header_lost', { 'site.sed': 's/^fastcgi_keep_conn on;/&\\nfastcgi_param HTTP_X_XSRF_TOKEN "";/\n' }),
  host: broken('origin_refused', { 'site.sed': 's/\\$http_host/$host/\n' }),
  user: broken('signed_in_refused', { 'site.nginx.conf': 'auth_basic "test";\nauth_basic_user_file DIR/passwords;\n' }, { auth: false }),
  unchecked: broken('password_unchecked', { 'site.nginx.conf': 'set $claimcheck_user $remote_user;\n' }, { auth: false }),
  query: broken('query_lost', { 'site.sed': 's/\\$request_uri;/$uri;/\n' }),
  policy: broken('headers_lost', { 'server.nginx.conf': 'fastcgi_hide_header X-Content-Type-Options;\n' }),
  cached: broken('cached', { 'server.nginx.conf': 'expires 1h;\n' }),
  cachedfile: broken(['expired_taken', 'used_taken'], { 'site.sed': cacheBehind('fastcgi_force_ranges') }),
  cachedtoken: broken('cached', { 'site.sed': cacheBehind('satisfy all') }),
  stopped: broken('program_down', { 'site.sed': 's/download\\.sock/nothing.sock/\n' }),
  norange: broken('no_range', { 'server.nginx.conf': 'location ^~ /protected/tree/ { alias DIR/files/tree/; include SITE/nginx/x-accel.conf; max_ranges 0; }\n' }, { deliver: 'x-accel-redirect' }),
  nowhere: broken('handover_empty', { 'server.nginx.conf': 'location ^~ /protected/tree/ { internal; alias SITE/nowhere/; }\n' }, { deliver: 'x-accel-redirect' }),
  nodownload: broken('file_without_token', { 'server.nginx.conf': 'location = /downloads/hello.txt { root SITE/htdocs; }\n', 'htdocs/downloads/hello.txt': file }),
};

// A host with FTP alone, whose log is not ours to change.
const htaccess = {
  main: { ...healthy, log: null },
  logged: broken('token_logged', {}, { log: 'host', words: /with \.htaccess alone the host's log stays as it is/ }),
  handler: broken('program_shown', { 'site.htaccess': 'RemoveHandler .cgi\n' }),
  cookie: broken('cookie_lost', { 'site.htaccess': 'RequestHeader unset Cookie\n' }, { log: null }),
  length: broken('no_length', { 'site.htaccess': '<Files "download.cgi">\n  UnsetEnv ap_trust_cgilike_cl\n</Files>\n' }, { log: null, path: '/downloads/large.bin' }),
  docroot: broken('reachable_elsewhere', { 'htdocs/files/hello.txt': file }, { log: null }),
};

// deployments are those of each server: how it is run, and its sites.
export const deployments = {
  Apache: { mode: 'proxy_fcgi', sites: { ...waysOf('x-sendfile'), ...anywhere, ...apache } },
  'Apache, .htaccess alone': { mode: 'htaccess_cgi', sites: htaccess },
  lighttpd: { mode: 'lighttpd', sites: { ...waysOf('x-lighttpd-send-file'), ...anywhere, ...lighttpd } },
  nginx: { mode: 'nginx', sites: { ...waysOf('x-accel-redirect'), ...anywhere, ...nginx } },
};
