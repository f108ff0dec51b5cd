// A file that takes long enough to be cut: 200 MiB, in which no part is like
// another, so that bytes that came to the wrong place are told.
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { isRoot, user } from './sites.mjs';

const megabyte = 1 << 20;
export const bigSize = 200 * megabyte;

// makeBigFile returns the SHA-256 of what it wrote.
export function makeBigFile(file) {
  const hash = createHash('sha256');
  const block = randomBytes(megabyte);
  const out = fs.openSync(file, 'w', 0o644);
  for (let at = 0; at < bigSize; at += megabyte) {
    block.writeUInt32BE(at);
    hash.update(block);
    fs.writeSync(out, block);
  }
  fs.closeSync(out);
  if (isRoot) fs.chownSync(file, user.uid, user.gid);
  return hash.digest('hex');
}

export async function digestOf(file) {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: megabyte }), hash);
  return hash.digest('hex');
}
