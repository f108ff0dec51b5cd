// A FastCGI peer (specification 1.0) that says whatever a test wants it to:
// a web server of good manners, or of none.
import net from 'node:net';

export const type = { begin: 1, abort: 2, end: 3, params: 4, stdin: 5, stdout: 6, stderr: 7, getValues: 9, valuesResult: 10, unknown: 11 };
export const protocolStatus = { complete: 0, cantMultiplex: 1, unknownRole: 3 };

export function record(kind, id, content = Buffer.alloc(0), { version = 1, padding = 0 } = {}) {
  const body = Buffer.from(content);
  const header = Buffer.from([version, kind, id >> 8, id & 255, body.length >> 8, body.length & 255, padding, 0]);
  return Buffer.concat([header, body, Buffer.alloc(padding)]);
}

export const begin = (id = 1, { role = 1, keep = true } = {}) => record(type.begin, id, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0]);

function size(length) {
  if (length < 128) return Buffer.from([length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((length | 0x80000000) >>> 0);
  return bytes;
}

export function pairs(variables) {
  return Buffer.concat(Object.entries(variables).flatMap(([name, value]) => {
    const [n, v] = [Buffer.from(name), Buffer.from(value)];
    return [size(n.length), size(v.length), n, v];
  }));
}

export function request(variables, { id = 1, keep = true, role = 1 } = {}) {
  return Buffer.concat([begin(id, { role, keep }), record(type.params, id, pairs(variables)), record(type.params, id), record(type.stdin, id)]);
}

// Peer is a connection; records() gives what came, take() waits for the end of
// a request.
export class Peer {
  constructor(path) {
    this.socket = net.connect(path);
    this.buffer = Buffer.alloc(0);
    this.records = [];
    this.isClosed = false;
    this.waiting = [];
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => this.parse(chunk));
    this.socket.on('close', () => { this.isClosed = true; this.wake(); });
  }

  parse(chunk) {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    for (;;) {
      if (this.buffer.length < 8) break;
      const length = this.buffer.readUInt16BE(4);
      const whole = 8 + length + this.buffer[6];
      if (this.buffer.length < whole) break;
      this.records.push({ type: this.buffer[1], id: this.buffer.readUInt16BE(2), content: this.buffer.subarray(8, 8 + length) });
      this.buffer = this.buffer.subarray(whole);
    }
    this.wake();
  }

  wake() {
    this.waiting.splice(0).forEach((resolve) => resolve());
  }

  // until waits for a condition on the peer, or for its end.
  async until(condition, milliseconds = 10000) {
    const end = Date.now() + milliseconds;
    while (!condition() && !this.isClosed) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${condition}`);
      let timer;
      await new Promise((resolve) => {
        this.waiting.push(resolve);
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  write(...parts) {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  // take waits for the end of request `id` and returns what it was answered;
  // `status` is null where the answer has no end.
  async take(id = 1) {
    const end = () => this.records.find((each) => each.type === type.end && each.id === id);
    await this.until(end);
    const last = end();
    const taken = this.records.slice(0, last ? this.records.indexOf(last) + 1 : undefined).filter((each) => each.id === id);
    this.records = this.records.filter((each) => !taken.includes(each));
    const stream = (kind) => Buffer.concat(taken.filter((each) => each.type === kind).map(({ content }) => content));
    return { out: stream(type.stdout), err: stream(type.stderr).toString(), status: last ? last.content[4] : null };
  }

  destroy() {
    this.socket.destroy();
  }
}
