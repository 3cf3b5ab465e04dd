import { createHash } from 'node:crypto';
import type { Header } from './header.ts';
import { seenTags } from './seen-tags.ts';

/** Part of every output digest. To be raised when the meaning of an output digest changes. */
export const outputDigestSchema = 'azl output digest 2';

/**
 * Returns the output digest: the SHA-256, in hex, over everything in an RPM's main header that a dependent's build can see.
 * The header contains the digests of all files. Pure.
 */
export function outputDigest(main: Header): string {
  const hash = createHash('sha256').update(`${outputDigestSchema}\n`);
  for (const { tag, type, count, data } of seenTags(main)) {
    hash.update(`${tag} ${type} ${count} ${data.length}\n`).update(data);
  }
  return hash.digest('hex');
}
