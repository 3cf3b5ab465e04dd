import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Problem } from '../base/problems.ts';
import {
  type Cache,
  CacheUnavailableError,
  DamagedEntryError,
  StoreUnavailableError,
} from '../github/cache/cache.ts';
import { refInKey, runInKey, visibleRefs } from '../github/run.ts';
import { fileDigest } from '../host/digests.ts';
import { withTempDir } from '../host/temp-dir.ts';
import { indexFile, readIndex, writeIndex } from './index-lines.ts';
import { joinIndex, newIndex, pruneIndex, type StoreIndex } from './store-index.ts';

const place = 'index';
/** The prefix of the keys of all indexes. */
const indexPrefix = 'azl-index-4-';

/** The prefix of a ref's keys: a look-up by the common prefix would find the newest index of any ref. */
function prefixOf(ref: string): string {
  return `${indexPrefix}${refInKey(ref)}-`;
}

const unconfirmed: Problem = {
  message: 'The store has no index, so all is built. Whether there is one cannot be confirmed',
  hint: "This is right for a first run. Where it is not, look for azl-index- in the list of caches on the repository's page (Actions, Caches).",
};

export interface SavedIndexOptions {
  cache: Cache;
  /** A folder for downloads. */
  tempDir: string;
  log: Log;
  /** True if GitHub lists an index that these refs can read; undefined if the token may not read the list. */
  isListed: (prefix: string, refs: readonly string[]) => Promise<boolean | undefined>;
  onStoreError: 'fail' | 'build';
}

/**
 * Returns the newest index of this run's ref, of its base and of the default branch, joined. That there is none is logged,
 * and confirmed by GitHub's list of caches if the token may read it.
 * @throws StoreUnavailableError when the cache gives no answer, unless `onStoreError` is `build`
 */
export async function fetchIndex(options: SavedIndexOptions): Promise<StoreIndex> {
  const { log, onStoreError, isListed } = options;
  const refs = visibleRefs();
  try {
    const { index, found } = await readNewest(options, refs);
    if (found > 0 || !options.cache.readable) return index;
    const listed = await isListed(indexPrefix, refs);
    if (listed) throw new CacheUnavailableError('GitHub lists an index that the cache does not find');
    if (listed === false) log.info('The store is empty: this is the first run that uses it.');
    else log.warn(unconfirmed);
    return index;
  } catch (error) {
    if (!(error instanceof CacheUnavailableError)) throw error;
    if (onStoreError === 'fail')
      throw new StoreUnavailableError(`The index of the store cannot be read: ${error.message}`);
    log.warn(`The index of the store cannot be read (${error.message}): all is built.`);
    return newIndex();
  }
}

/**
 * Saves the index under a key of this run and ref, joined with the results that other runs saved meanwhile. An index that
 * cannot be saved gives a warning: the next run reuses less.
 * @param now seconds since 1970
 */
export async function saveIndex(
  index: StoreIndex,
  now: number,
  options: Omit<SavedIndexOptions, 'isListed' | 'onStoreError'>,
): Promise<void> {
  const refs = visibleRefs();
  try {
    await withTempDir(options.tempDir, 'index-', async (dir) => {
      const { results } = (await readNewest(options, refs)).index;
      joinIndex(index, { ...newIndex(), results });
      pruneIndex(index, now);
      const file = join(dir, indexFile);
      await writeIndex(file, { ...index, onlyStored: false });
      // Several jobs of a run may each have one.
      const key = `${prefixOf(refs[0] as string)}${runInKey()}-${(await fileDigest(file)).slice(0, 8)}`;
      await options.cache.save(place, key, dir, [indexFile]);
    });
  } catch (error) {
    // The results of the run are not lost with the index.
    options.log.warn(`The index of the store is not saved: ${(error as Error).message}`);
  }
}

async function readNewest(
  { cache, tempDir, log }: Pick<SavedIndexOptions, 'cache' | 'tempDir' | 'log'>,
  refs: readonly string[],
): Promise<{ index: StoreIndex; found: number }> {
  const index = newIndex();
  let found = 0;
  for (const ref of refs) {
    const dir = join(tempDir, `index-${refInKey(ref)}`);
    try {
      const prefix = prefixOf(ref);
      const key = await cache.fetchNewest(place, prefix, dir);
      if (key === undefined || !key.toLowerCase().startsWith(prefix.toLowerCase())) continue;
      found++;
      const read = await readIndex(join(dir, indexFile));
      for (const error of read.errors) log.warn(`The index '${key}' has an entry that is left out: ${error}`);
      joinIndex(index, read.index);
    } catch (error) {
      if (error instanceof CacheUnavailableError) throw error;
      if (error instanceof DamagedEntryError) found++;
      log.warn(`The index of ${ref} is left out: ${(error as Error).message}`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  return { index, found };
}
