// The ways in which the programs are run: by the script of this folder that
// starts the server, and none for the programs alone; and how the server may be
// handed the files.
const table = {
  bare: ['the programs alone, as CGI'],
  proxy_fcgi: ['Apache, mod_proxy_fcgi', 'apache', 'x-sendfile'],
  proxy_fcgi_anew: ['Apache, mod_proxy_fcgi, connections made anew', 'apache'],
  fcgid: ['Apache, mod_fcgid', 'apache', 'x-sendfile'],
  cgid: ['Apache, mod_cgid', 'apache', 'x-sendfile'],
  htaccess: ['Apache, .htaccess alone, mod_fcgid', 'apache'],
  htaccess_cgi: ['Apache, .htaccess alone, mod_cgid', 'apache'],
  lighttpd: ['lighttpd, FastCGI', 'lighttpd', 'x-lighttpd-send-file'],
  lighttpd_cgi: ['lighttpd, CGI', 'lighttpd', 'x-lighttpd-send-file'],
  nginx: ['nginx, FastCGI', 'nginx', 'x-accel-redirect'],
};

export const modes = Object.keys(table);
export const titleOf = (mode) => table[mode][0];
export const scriptOf = (mode) => table[mode][1];

// runs are the modes with each way to send files: streamed by the programs, and
// handed over. Their titles are what the matrix makes its rows of.
export const runs = modes.flatMap((mode) => [undefined, table[mode][2]].filter((delivery, i) => i === 0 || delivery)
  .map((delivery) => ({ mode, delivery, title: delivery ? `${mode}/${delivery}` : mode })));
