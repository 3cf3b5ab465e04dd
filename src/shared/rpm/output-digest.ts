import { createHash } from 'node:crypto';
import type { Turn } from '../base/turns.ts';
import type { Header } from './header.ts';
import { seenTags } from './seen-tags.ts';

/** Part of every output digest. To be raised when the meaning of an output digest changes. */
export const outputDigestSchema = 'azl output digest 2';

/** Hashed between two looks at the clock: some milliseconds. */
const chunkBytes = 1 << 21;

/**
 * Returns the output digest: the SHA-256, in hex, over everything in an RPM's main header that a dependent's build can see.
 * The header contains the digests of all files. Pure.
 * @throws RpmFormatError as {@link seenTags}
 */
export async function outputDigest(main: Pick<Header, 'tags'>, turn: Turn): Promise<string> {
  const hash = createHash('sha256').update(`${outputDigestSchema}\n`);
  for (const { tag, type, count, data } of await seenTags(main, turn)) {
    hash.update(`${tag} ${type} ${count} ${data.length}\n`);
    for (let at = 0; at < data.length; at += chunkBytes) {
      await turn();
      hash.update(data.subarray(at, at + chunkBytes));
    }
  }
  return hash.digest('hex');
}
