// The ways in which the programs are run: by the script of this folder that
// starts the server, and none for the programs alone.
const table = {
  bare: ['the programs alone, as CGI'],
  proxy_fcgi: ['Apache, mod_proxy_fcgi', 'apache'],
  proxy_fcgi_anew: ['Apache, mod_proxy_fcgi, connections made anew', 'apache'],
  fcgid: ['Apache, mod_fcgid', 'apache'],
  cgid: ['Apache, mod_cgid', 'apache'],
  htaccess: ['Apache, .htaccess alone, mod_fcgid', 'apache'],
  htaccess_cgi: ['Apache, .htaccess alone, mod_cgid', 'apache'],
  lighttpd: ['lighttpd, FastCGI', 'lighttpd'],
  lighttpd_cgi: ['lighttpd, CGI', 'lighttpd'],
  nginx: ['nginx, FastCGI', 'nginx'],
};

export const modes = Object.keys(table);
export const titleOf = (mode) => table[mode][0];
export const scriptOf = (mode) => table[mode][1];
