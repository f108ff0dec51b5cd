// What is said of each finding, by its code: what it is, why it matters, and
// the lines to change, which may differ from server to server. `claimcheck
// doctor` has the same codes.

const BUNDLE_HANDLER = [
  '.htaccess:',
  '  Options +ExecCGI',
  '  AddHandler fcgid-script .fcgi     # mod_fcgid',
  '  AddHandler cgi-script .cgi        # plain CGI',
  'or let the host\'s support switch CGI on; until then take the programs away',
].join('\n');

const OUR_HTACCESS = '.htaccess of the document root: upload it if it is not there (FTP programs hide it), with our lines in front of the site\'s rules\n';

const WORDS = {
  unreachable: {
    what: 'The site did not answer.',
    why: 'Nothing else can be asked.',
    mend: 'Look into the web server\'s error log.',
  },
  redirected: {
    what: 'The answer is a redirect to another address.',
    why: 'The script does not follow it: it means a login page, or another spelling of the site.',
    mend: 'Sign in first, and open this page under the address that the site\'s pages have.',
  },
  get_token_missing: {
    what: 'What answers at this address is not get-token.',
    why: 'No page can start a download.',
    mend: {
      Apache: OUR_HTACCESS +
          '  RewriteRule ^v1/api/(jwt/)?get-token$ claimcheck/get-token.%{ENV:way} [END]\n' +
          'httpd.conf:  Include …/claimcheck/apache/claimcheck-fcgid.conf   # in the virtual host',
      lighttpd: 'include "…/claimcheck/lighttpd/claimcheck.conf"   # as the last of the addresses\' rules',
      nginx: 'include …/claimcheck/nginx/server.conf;   # in server { }',
    },
  },
  program_down: {
    what: 'The web server answers in place of the program, which does not run.',
    why: 'Nobody gets any further.',
    mend: {
      Apache: '500:  the programs and their folder have mode 0755: nobody else may write there\n' +
          '      they were uploaded in binary mode\n' +
          '      AuthUserFile in .htaccess names a file that is there\n' +
          '      the host\'s error log says which of these it is not\n' +
          '403:  programs are not allowed here: ask the host for Options ExecCGI\n' +
          '      or rewriting is not: Options +FollowSymLinks in .htaccess\n' +
          '503:  systemctl status claimcheck-get-token.socket claimcheck-download.socket',
      lighttpd: '500, 503:  "bin-path" names a program that the server\'s user may run; its error log says more\n' +
          '403:  no url.access-deny for this address',
      nginx: '502:  systemctl status claimcheck-get-token.socket claimcheck-download.socket\n' +
          '403:  no `deny` for this address',
    },
  },
  program_shown: {
    what: 'The server hands out the program itself instead of running it.',
    why: 'No token is made, and visitors get a file that they cannot use. There is no secret in it.',
    mend: {
      Apache: BUNDLE_HANDLER,
      lighttpd: 'include "…/claimcheck/lighttpd/claimcheck.conf", and take the programs out of the document root',
      nginx: 'Take the programs out of the document root: nginx runs nothing by itself.',
    },
  },
  config_broken: {
    what: 'The programs answer 500 config: their configuration has a mistake.',
    why: 'Every answer is an error until it is mended.',
    mend: 'mistakes.txt or audit.log beside the settings, or the server\'s error log, names file, line and key.\n' +
        'So does  claimcheck check ; for a host without a shell, on a Linux machine of yours:  bin/claimcheck check\n' +
        'in the unpacked bundle, with the settings that you uploaded.',
  },
  state_unavailable: {
    what: 'The programs answer 503: used tokens cannot be kept.',
    why: 'It refuses rather than let everybody in.',
    mend: 'claimcheck.toml:  state = "…"   # a folder of mode 0700 that belongs to the user that runs the programs, or a Redis that answers\n' +
        'audit.log beside the settings, or the server\'s error log, says what is the matter with it.',
  },
  signed_in_refused: {
    what: 'get-token answers 401: nobody is signed in.',
    why: 'If the window for a password was cancelled, examine again. With access = "server" the web server has to ask for a password at get-token; with "bearer" the site\'s own cookie has to be there.',
    mend: {
      Apache: '<FilesMatch "^get-token…"> of .htaccess, or <LocationMatch> of get-token:\n  CGIPassAuth On\n  AuthType Basic …  Require valid-user\n' +
          'or in claimcheck.toml:  access = "anonymous"   # every page of this site may ask',
      lighttpd: 'auth.require = ( "" => ( "method" => "basic", … ) )   # for get-token\nor in claimcheck.toml:  access = "anonymous"',
      nginx: 'auth_basic "…"; auth_basic_user_file …; set $claimcheck_user $remote_user;   # in the location of get-token\n' +
          'or in claimcheck.toml:  access = "anonymous"',
    },
  },
  origin_refused: {
    what: 'get-token takes this page for another site\'s (403 xsrf).',
    why: 'The Origin that the browser sends is not the Host that the program sees: a proxy, or a port that got lost.',
    mend: {
      nginx: 'fastcgi_param HTTP_HOST $http_host;\nor in claimcheck.toml:  origins = ["https://this.site"]',
      lighttpd: 'claimcheck.toml:  origins = ["https://this.site"]',
      Apache: 'ProxyPreserveHost On   # in the proxy in front\nor in claimcheck.toml:  origins = ["https://this.site"]',
    },
  },
  url_refused: {
    what: 'get-token refuses this download.',
    why: 'A visitor gets no further.',
    mend: 'Take the address of a download that exists and that you may have, with a file\'s name behind the folder\'s, or look at path, root and users in claimcheck.toml.',
  },
  get_token_open: {
    what: 'Whoever asks from this site is given a token, signed in or not.',
    why: 'That is what access = "anonymous" means.',
    mend: 'claimcheck.toml:  access = "server"   # where only known visitors may download',
  },
  not_ours: {
    what: 'Without a token the answer is not ours (400 token_missing).',
    why: 'No rule of ours takes this address, or another stands in front of it.',
    mend: {
      Apache: OUR_HTACCESS +
          '  RewriteRule ^downloads/ claimcheck/download.%{ENV:way} [END]   # one for each path\n' +
          'httpd.conf:  Define CLAIMCHECK_DOWNLOADS "^/downloads/"   # before the Include',
      lighttpd: 'var.claimcheck_downloads = "^/downloads/"',
      nginx: 'location /downloads/ { include …/claimcheck/nginx/download.conf; }',
    },
  },
  file_without_token: {
    what: 'The file comes without a valid token.',
    why: 'Anybody may have it.',
    mend: {
      Apache: OUR_HTACCESS +
          '  RewriteRule ^downloads/ claimcheck/download.%{ENV:way} [END]   # one for each path\n' +
          'httpd.conf:  Define CLAIMCHECK_DOWNLOADS "^/downloads/"   # before the Include',
      lighttpd: 'var.claimcheck_downloads = "^/downloads/"',
      nginx: 'location /downloads/ { include …/claimcheck/nginx/download.conf; }',
    },
  },
  foreign_taken: {
    what: 'A token that was changed is taken.',
    why: 'Whatever answers here does not check signatures.',
    mend: 'The address must lead to download, and no cache may answer for it.',
  },
  expired_taken: {
    what: 'A token is taken after its time.',
    why: 'Copied links stay good.',
    mend: 'No cache may answer for downloads; the hosts\' clocks must agree (NTP).',
  },
  used_taken: {
    what: 'A used token is taken once more.',
    why: 'Copied links stay good.',
    mend: 'No cache may answer for downloads; hosts that share a site need the same state (Redis).',
  },
  window: {
    what: 'A stranger may use the link too, as long as the token lives.',
    why: 'That is what reuse = "window" means.',
    mend: 'claimcheck.toml:  reuse = "resume"   # once, and resumed by the browser that began',
  },
  handover_shown: {
    what: 'The answer shows the header by which the server should have sent the file.',
    why: 'Where the file lies is told to everybody, and nobody gets it.',
    mend: {
      Apache: 'claimcheck.toml:  deliver = "stream"\nor install and enable mod_xsendfile, and set deliver = "x-sendfile"',
      lighttpd: 'include "…/claimcheck/lighttpd/x-sendfile.conf", and deliver = "x-lighttpd-send-file"',
      nginx: 'claimcheck.toml:  deliver = "x-accel-redirect"   # the one that nginx knows, or "stream"',
    },
  },
  handover_empty: {
    what: 'The answer is empty although the file is not.',
    why: 'download handed the file to the server, and the server is not set up to send it.',
    mend: {
      Apache: 'claimcheck.toml:  deliver = "stream"\nor install and enable mod_xsendfile; Define CLAIMCHECK_FILES "…" before the Include',
      lighttpd: 'var.claimcheck_files = "…"; include "…/claimcheck/lighttpd/x-sendfile.conf"',
      nginx: 'location /protected/ { internal; alias …/; include …/claimcheck/nginx/x-accel.conf; }',
    },
  },
  keys_differ: {
    what: 'download refuses the token that get-token just made.',
    why: 'No visitor gets the file.',
    mend: 'Let both programs read one configuration, or set keys to one file for both.',
  },
  query_lost: {
    what: 'The token does not reach download.',
    why: 'No visitor gets the file.',
    mend: {
      Apache: 'No `?` at the end of a RewriteRule for this path.',
      lighttpd: 'url.rewrite-once with ${qsa}',
      nginx: 'fastcgi_param REQUEST_URI $request_uri;',
    },
  },
  path_rewritten: {
    what: 'download sees another address than the one that get-token was asked for.',
    why: 'No visitor gets the file.',
    mend: 'Let no rule change the path on its way to download.',
  },
  command_failed: {
    what: 'The program that writes the download fails.',
    why: 'No visitor gets it.',
    mend: 'The error log has what it said on its error output.',
  },
  no_length: {
    what: 'The answer has no Content-Length, or another one than the file.',
    why: 'Browsers show no progress, and take a cut download for a whole one.',
    mend: {
      Apache: 'SetEnv ap_trust_cgilike_cl 1   # for download, as in our files',
      lighttpd: 'server.stream-response-body = 1   # for downloads',
      nginx: 'include …/claimcheck/nginx/download.conf;   # and no filter that changes bodies',
    },
  },
  compressed: {
    what: 'The answer is compressed.',
    why: 'Its length and its ETag are no longer the file\'s: it cannot be resumed.',
    mend: {
      Apache: 'SetEnv no-gzip 1\nSetEnv no-brotli 1   # for download',
      lighttpd: 'deflate.mimetypes = ( )   # for downloads',
      nginx: 'gzip off;   # in the location of downloads',
    },
  },
  cached: {
    what: 'The answer comes from a cache, or lost its Cache-Control.',
    why: 'A cache hands the file to everybody.',
    mend: 'Take get-token and the downloads out of the cache or CDN; set no Cache-Control for them.',
  },
  headers_lost: {
    what: 'Headers of the answer are missing or others than ours.',
    why: 'They keep a file from being shown as a page of this site.',
    mend: {
      Apache: 'Let the site\'s `Header set …` count for its pages alone: <FilesMatch "\\.(html|php)$">.',
      lighttpd: 'Let setenv.set-response-header count for the pages alone.',
      nginx: 'include …/claimcheck/nginx/x-accel.conf;   # in the internal location, where files are handed over',
    },
  },
  cookie_lost: {
    what: 'The browser that began the download is not known again.',
    why: 'Its cookie does not arrive, or was never set: an interrupted download cannot go on.',
    mend: {
      Apache: 'No `RequestHeader unset Cookie` and no `Header unset Set-Cookie` for get-token and downloads.\nBehind a TLS proxy, in claimcheck.toml:  https = "always"',
      lighttpd: 'Behind a TLS proxy, in claimcheck.toml:  https = "always"',
      nginx: 'No `fastcgi_hide_header Set-Cookie` for get-token and downloads.\nBehind a TLS proxy, in claimcheck.toml:  https = "always"',
    },
  },
  set_cookie_lost: {
    what: 'The cookie that tells the page of the download\'s start is not there.',
    why: 'The script waits a minute and then says that there is no sign of the download.',
    mend: {
      Apache: 'No `Header unset Set-Cookie` for downloads.',
      lighttpd: 'Let no filter remove Set-Cookie from downloads.',
      nginx: 'No `fastcgi_hide_header Set-Cookie` for downloads.',
    },
  },
  no_range: {
    what: 'A resume did not get the rest of the file (206).',
    why: 'An interrupted download begins anew, or fails.',
    mend: {
      Apache: 'Take `RequestHeader unset Range` and `Header unset Accept-Ranges` away; MaxRanges none means the whole file.',
      lighttpd: 'Take what removes Range or Accept-Ranges away.',
      nginx: 'Take `max_ranges 0` and `proxy_set_header Range ""` away, outside too.',
    },
  },
  no_resume: {
    what: 'A resume was refused.',
    why: 'An interrupted download cannot go on.',
    mend: 'Let nothing take Range or If-Range away on the way to download.',
  },
  private_shown: {
    what: 'Something private can be downloaded.',
    why: 'The configuration tells where files lie; the state directory may hold the secret that signs tokens.',
    mend: 'Move the folder with claimcheck.toml out of the document root. Make a new secret if one was there (delete the file secret in the state directory).',
  },
  reachable_elsewhere: {
    what: 'The same file is there without us.',
    why: 'Nobody needs a token for it.',
    mend: {
      Apache: 'Move the files out of the document root, and set root in claimcheck.toml; or in their folder\'s .htaccess:  Require all denied',
      lighttpd: 'Move the files out of server.document-root; or  url.access-deny = ( "" )  for them',
      nginx: 'location /protected/ { internal; … }   # or move the files out of root',
    },
  },
  xsrf_header_lost: {
    what: 'A request whose XSRF header differs from its cookie was not refused.',
    why: 'Header or cookie did not arrive, or they have other names here (xsrf_cookie, xsrf_header). Browsers that send Sec-Fetch-Site are protected all the same.',
    mend: 'Let the proxy pass X-XSRF-TOKEN on.',
  },
  clock: {
    what: 'The clock of the program and that of the server in front differ.',
    why: 'Hosts that share keys refuse each other\'s tokens when their clocks differ by more than a second.',
    mend: 'timedatectl set-ntp true   # on each host',
  },
};

export const codes = Object.keys(WORDS);

/** wordsFor a code, with the lines for this server, or for all of them. */
export const wordsFor = (code, server) => {
  const words = WORDS[code];
  const {mend} = words;
  if (typeof mend === 'string') return words;
  const lines = mend[server] ||
      Object.entries(mend).map(([name, text]) => `${name}:\n${text}`).join('\n\n');
  return {...words, mend: lines};
};
