// A proxy between a browser and the demo that does what networks and servers
// do: it is slow, it breaks, it answers in the server's place. It signs its
// visitors in, serves a test's page, and writes down what was asked.
//
//   const meddler = await startMeddler('http://127.0.0.1:8080');
//   meddler.serve('/', {html});               // a page of the test's own
//   meddler.meddle = (call) => {              // each request comes by here
//     if (call.isToken) return call.answer(500, 'broken');
//     return call.pass();
//   };

import http from 'node:http';

const signedIn = `Basic ${Buffer.from('demo:demo').toString('base64')}`;

// The strictest policy that a page of download.js may have.
const policy = [
  'default-src \'none\'',
  'script-src \'self\'',
  'connect-src \'self\'',
  'frame-src \'self\'',
].join('; ');

const pause = (milliseconds) =>
    new Promise((over) => setTimeout(over, milliseconds));

// Writes to `response` what comes from `source`, so many bytes a second.
const trickle = async (source, response, bytesPerSecond) => {
  let owed = 0;
  for await (const chunk of source) {
    if (response.destroyed) return;
    response.write(chunk);
    owed += chunk.length * 1000 / bytesPerSecond;
    // Timers are coarse: no pause is worth it that is not one.
    if (owed >= 20) {
      await pause(owed);
      owed = 0;
    }
  }
  response.end();
};

class Call {
  constructor(request, response, server) {
    Object.assign(this, {request, response, server});
    this.url = new URL(request.url, 'http://meddler');
    this.headers = request.headers;
    this.isToken = /^\/v1\/api\/(jwt\/)?get-token$/.test(this.url.pathname);
    this.token = this.url.searchParams.get('token');
  }

  answer(status, body = '', headers = {}) {
    const isText = typeof body === 'string';
    this.response.writeHead(status, {
      'Content-Type': isText ? 'text/html; charset=utf-8' : 'application/json',
      'Cache-Control': 'no-store',
      ...headers,
    });
    this.response.end(isText ? body : JSON.stringify(body));
  }

  // Neither answered nor broken off.
  ignore() {}

  breakOff() {
    this.request.socket.destroy();
  }

  async passAfter(milliseconds) {
    await pause(milliseconds);
    return this.pass();
  }

  pass({bytesPerSecond, edit = (headers) => headers} = {}) {
    const {method, url, headers} = this.request;
    const {hostname, port} = new URL(this.server);
    const ask = http.request({
      agent: false,
      headers: {...headers, authorization: signedIn, connection: 'close'},
      hostname,
      method,
      path: url,
      port,
    });
    ask.on('error', () => this.breakOff());
    ask.on('response', (answer) => {
      this.status = answer.statusCode;
      this.response.writeHead(answer.statusCode, edit(answer.rawHeaders));
      if (bytesPerSecond) {
        trickle(answer, this.response, bytesPerSecond);
      } else {
        answer.pipe(this.response);
      }
    });
    this.response.on('close', () => ask.destroy());
    this.request.pipe(ask);
  }
}

/** Stands before `server`, the demo's address, until stop(). */
export const startMeddler = async (server) => {
  const pages = new Map();
  const meddler = {
    calls: [],
    serve(path, {html, headers}) {
      pages.set(path, {
        html,
        headers: {'Content-Security-Policy': policy, ...headers},
      });
    },
    // What was asked of the programs, in order: 'token', 'file'.
    order: () => meddler.calls.filter(({isToken, token}) => isToken || token)
        .map(({isToken}) => (isToken ? 'token' : 'file')),
    count: (what) => meddler.order().filter((each) => each === what).length,
    reset() {
      pages.clear();
      meddler.calls = [];
      meddler.meddle = (call) => call.pass();
    },
  };
  meddler.reset();
  const listener = http.createServer((request, response) => {
    const call = new Call(request, response, server);
    const page = pages.get(call.url.pathname);
    meddler.calls.push(call);
    if (page) {
      call.answer(200, page.html, page.headers);
    } else {
      meddler.meddle(call);
    }
  });
  await new Promise((up) => listener.listen(0, '127.0.0.1', up));
  meddler.origin = `http://127.0.0.1:${listener.address().port}`;
  meddler.stop = () => new Promise((down) => {
    listener.close(down);
    listener.closeAllConnections();
  });
  return meddler;
};
