import { constants, open, readFile, writeFile } from 'node:fs/promises';
import type { Downloader } from '../sources/download.ts';
import { isWeb } from './repo-file.ts';

/** Bytes of the largest file of keys. */
const mostBytes = 1024 ** 2;

const noKey = 'is not a public key';

/**
 * Writes a public key to `path`. A `.repo` file may be a stranger's, and this process may be root: what is no public key
 * is not copied.
 * @param place its path or address
 * @returns why there is no key, if there is none
 */
export async function fetchKey(
  place: string,
  path: string,
  downloader: Downloader,
): Promise<string | undefined> {
  if (!isWeb(place)) {
    const read = await readKey(place);
    if ('failure' in read) return read.failure;
    await writeFile(path, read.bytes);
    return undefined;
  }
  const got = await downloader.download(place, path, { mostBytes });
  if ('failure' in got) return got.failure;
  return isPublicKey(await readFile(path)) ? undefined : noKey;
}

async function readKey(path: string): Promise<{ bytes: Buffer } | { failure: string }> {
  try {
    // A pipe without a writer must not stop this process.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) return { failure: 'is no regular file' };
      if (found.size > mostBytes) return { failure: 'is larger than the limit of 1 MB' };
      const bytes = await file.readFile();
      return isPublicKey(bytes) ? { bytes } : { failure: noKey };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { failure: `cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

/** True if a file begins as OpenPGP's public keys do (RFC 9580), or holds one in ASCII armour. Pure. */
export function isPublicKey(bytes: Uint8Array): boolean {
  const isPacket = [0x98, 0x99, 0x9a, 0xc6].includes(bytes[0] ?? 0);
  return isPacket || /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?$/m.test(Buffer.from(bytes).toString('latin1'));
}
