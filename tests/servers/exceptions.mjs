// What a server cannot do of what the assertions demand: for each process mode,
// or where files are handed over alone for a run's title, the test's name and
// the reason, which the README gives too.
const emptyHeader = { 'refuses a request from an empty header': 'lighttpd passes on no header without a value' };
const eachAnew = 'each process of plain CGI begins anew, without old keys to keep';
const noOldKeys = {
  'keeps the old keys while the new file is broken': eachAnew,
  'keeps the old keys while the new file is broken, says so, and takes a mended one': eachAnew,
};

const noBreach = { "breaks its client's connection off": 'plain CGI and mod_fcgid end a body without a length as if it were whole' };
const ofHost = { 'has written none of these tokens into its access log': 'CustomLog is not allowed in .htaccess' };

export const exceptions = {
  bare: noOldKeys,
  cgid: { ...noOldKeys, ...noBreach },
  fcgid: noBreach,
  htaccess: { ...ofHost, ...noBreach },
  htaccess_cgi: { ...ofHost, ...noOldKeys, ...noBreach },
  lighttpd: emptyHeader,
  'nginx/x-accel-redirect': { 'keeps its connections to the programs': 'nginx ends its FastCGI connection with X-Accel-Redirect' },
  lighttpd_cgi: { ...emptyHeader, ...noOldKeys, ...noBreach },
};

// skipOf is for the option `skip` of a test: false, or the reason.
export const skipOf = (title, name) => exceptions[title]?.[name] ?? exceptions[title.split('/')[0]]?.[name] ?? false;
