import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Returns the SHA-256 of a file's bytes, in hex. */
export async function fileDigest(path: string): Promise<string> {
  return await streamDigest(createReadStream(path));
}

/** Returns the SHA-256 of a stream's bytes, in hex. */
export async function streamDigest(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/** Returns the SHA-256 of a text, in hex. Pure. */
export function textDigest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
