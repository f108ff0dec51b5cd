// A bare HTTP/1.1 client: it sends a request line as it is given, which the
// usual clients would repair or refuse.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

// drain reads a socket to its end: how many bytes came, and the last of them.
export async function drain(socket) {
  let received = 0;
  let tail = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received += chunk.length;
    tail = Buffer.concat([tail, chunk]).subarray(-4096);
  });
  await once(socket, 'close');
  return { received, tail };
}

// parseHead takes the lines of a head apart: names in lower case, each with
// the list of its values.
export function parseHead(text) {
  const [first, ...lines] = text.split(/\r?\n/);
  const headers = {};
  for (const line of lines.filter(Boolean)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    (headers[name] ??= []).push(line.slice(colon + 1).trim());
  }
  return { first, headers };
}

// splitHead returns the head's text and the bytes that follow it.
export function splitHead(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no end of the head in ${bytes.length} bytes`);
  return [bytes.subarray(0, end).toString('latin1'), bytes.subarray(end + 4)];
}

function unchunked(bytes) {
  const parts = [];
  while (bytes.length > 0) {
    const line = bytes.indexOf('\r\n');
    const size = parseInt(bytes.subarray(0, line).toString(), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    bytes = bytes.subarray(line + 2 + size + 2);
  }
  return Buffer.concat(parts);
}

function parseResponse(bytes) {
  const [head, rest] = splitHead(bytes);
  const { first, headers } = parseHead(head);
  const chunked = headers['transfer-encoding']?.[0] === 'chunked';
  return answer(Number(first.split(' ')[1]), headers, chunked ? unchunked(rest) : rest);
}

// answer is what a test looks at, whatever it came through.
export function answer(status, headers, body) {
  return {
    status,
    headers,
    body,
    header: (name) => headers[name.toLowerCase()]?.[0],
    cookies: () => headers['set-cookie'] ?? [],
    json: () => JSON.parse(body.toString()),
    // The code of one of our refusals; undefined for the web server's own.
    code: () => /"code":"(\w+)"|data-code="(\w+)"/.exec(body.toString())?.slice(1).find(Boolean),
  };
}

// request sends one request on a connection of its own and reads to its end.
// `from` is the address of the client, `isTls` asks no certificate.
export function request(port, { method = 'GET', path, headers = {}, body = '', from, isTls = false, version = '1.1' }) {
  const lines = [`${method} ${path} HTTP/${version}`, `Host: 127.0.0.1:${port}`, 'Connection: close'];
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value].flat()) lines.push(`${name}: ${each}`);
  }
  if (body || method === 'POST') lines.push(`Content-Length: ${body.length}`);
  return new Promise((resolve, reject) => {
    const where = { port, host: '127.0.0.1', localAddress: from };
    const socket = isTls ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where);
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => {
      // A server may refuse a huge request and close while we still write.
      if (chunks.length === 0) reject(error);
    });
    socket.on('close', () => {
      try {
        resolve(parseResponse(Buffer.concat(chunks)));
      } catch (error) {
        reject(error);
      }
    });
    socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'));
  });
}
