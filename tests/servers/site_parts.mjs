// What a site adds to a server's configuration, in each server's language: the
// text by the name of the file.

// basicAuth is for a get-token that wants a user; `passwords` is of htpasswd.
export const basicAuth = (passwords) => ({
  'site.conf': `
<LocationMatch "^/v1/api/(jwt/)?get-token$">
  AuthType Basic
  AuthName "test"
  AuthUserFile "${passwords}"
  Require valid-user
</LocationMatch>
`,
  'site.htaccess': `
<FilesMatch "^get-token\\.f?cgi$">
  AuthType Basic
  AuthName "test"
  AuthUserFile "${passwords}"
  Require valid-user
</FilesMatch>
`,
  'site.lighttpd.conf': `
$HTTP["url"] =~ "^/v1/api/(jwt/)?get-token$" {
  auth.backend = "htpasswd"
  auth.backend.htpasswd.userfile = "${passwords}"
  auth.require = ( "" => ( "method" => "basic", "realm" => "test", "require" => "valid-user" ) )
}
`,
  'site.nginx.conf': `
auth_basic "test";
auth_basic_user_file ${passwords};
set $claimcheck_user $remote_user;
`,
});

// behindProxy is for a site whose clients come through a proxy on this machine.
export const behindProxy = {
  'site.conf': `
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
`,
  'site.lighttpd.conf': `
extforward.headers = ( "X-Forwarded-For" )
extforward.forwarder = ( "127.0.0.1" => "trust" )
`,
  'server.nginx.conf': `
real_ip_header X-Forwarded-For;
set_real_ip_from 127.0.0.1;
`,
};
