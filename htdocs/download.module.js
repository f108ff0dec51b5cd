// download.js for `import`: the same script, the same one function. Where there
// is no document, as on a server that renders a page, it is undefined.
import './download.js';

export const downloadFile = globalThis.downloadFile;
