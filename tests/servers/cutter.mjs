// A bad line between a client and a web server: a TCP proxy that stalls and
// then cuts what it carries, and writes down what was asked through it.
//
//   const cutter = await startCutter(port);
//   const cut = cutter.cutAt(80 << 20);   // from now on, each connection; two
//                                         // of them: cutAt(80 << 20, 2)
//   … a client downloads through cutter.port …
//   await cut.reached                     // they have come so far, and stall
//   await cut.now()                       // all that came so far are dropped
//
// After now() the line is good again. Bytes are counted from the server, its
// heads included.
import { once } from 'node:events';
import net from 'node:net';

import { parseHead, splitHead } from './http.mjs';

// parseRequest takes a request's head apart, as far as a test looks at it.
function parseRequest(bytes) {
  const { first, headers } = parseHead(splitHead(bytes)[0]);
  const [method, path] = first.split(' ');
  return { method, path, headers, header: (name) => headers[name.toLowerCase()]?.[0] };
}

const isRequest = /^(GET|HEAD|POST) \S+ HTTP\/1\.[01]\r\n/;

class Line {
  constructor(client, port, cutter) {
    this.client = client;
    this.server = net.connect(port, '127.0.0.1');
    this.cutter = cutter;
    this.carried = 0;
    this.isStalled = false;
    for (const socket of [client, this.server]) socket.on('error', () => {});
    client.on('close', () => this.server.destroy());
    // The last bytes are still on their way to the client.
    this.server.on('end', () => client.end());
    this.server.on('close', (isError) => isError && client.destroy());
    client.on('data', (bytes) => this.ask(bytes));
    this.server.on('data', (bytes) => this.answer(bytes));
  }

  // A client that waits for an answer before it asks again sends each head in
  // a piece of its own.
  ask(bytes) {
    if (isRequest.test(bytes.toString('latin1'))) this.cutter.requests.push(parseRequest(bytes));
    this.server.write(bytes);
  }

  answer(bytes) {
    const { cut } = this.cutter;
    const left = cut ? cut.at - this.carried : Infinity;
    this.carried += bytes.length;
    const passed = bytes.length > left ? bytes.subarray(0, Math.max(0, left)) : bytes;
    if (passed.length > 0 && !this.client.write(passed)) {
      this.server.pause();
      this.client.once('drain', () => this.isStalled || this.server.resume());
    }
    if (bytes.length >= left) this.stall(cut);
  }

  stall(cut) {
    this.isStalled = true;
    this.server.pause();
    cut.stalled.add(this);
    if (cut.stalled.size >= cut.connections) cut.reach();
  }

  drop() {
    this.client.destroy();
    this.server.destroy();
  }
}

export async function startCutter(port) {
  const lines = new Set();
  const cutter = {
    requests: [],
    cut: null,
    cutAt(at, connections = 1) {
      const cut = { at, connections, stalled: new Set() };
      cut.reached = new Promise((resolve) => { cut.reach = resolve; });
      cut.now = () => {
        cutter.cut = null;
        const dropped = [...lines].filter((line) => line.isStalled);
        dropped.forEach((line) => line.drop());
        return dropped.length;
      };
      cutter.cut = cut;
      return cut;
    },
    // downloads are the requests with a token since the last call.
    takeDownloads: () => cutter.requests.splice(0).filter(({ path }) => /[?&]token=/.test(path)),
    async stop() {
      lines.forEach((line) => line.drop());
      server.close();
      await once(server, 'close');
    },
  };
  const server = net.createServer((client) => {
    const line = new Line(client, port, cutter);
    lines.add(line);
    client.on('close', () => lines.delete(line));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cutter.port = server.address().port;
  cutter.origin = `http://127.0.0.1:${cutter.port}`;
  return cutter;
}
