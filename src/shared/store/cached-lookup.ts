import { CacheUnavailableError } from '../github/cache/cache.ts';
import type { Result } from '../model/build-result.ts';
import type { CacheEntries } from './cache-entries.ts';
import { hasBytesOf } from './result-files.ts';
import type { SaveQueue } from './save-queue.ts';
import { DamagedResultError, type ResultLookup, type ResultSaver } from './store.ts';
import { latestIn, listedIn, type StoreIndex } from './store-index.ts';

/** The facts that the parts of one cached store share. */
export interface CachedState {
  index: StoreIndex;
  /** Keys of results that this job built or found. */
  own: Set<string>;
  /** Keys under which the cache holds another build than the index lists: the local store has it now. */
  replaced: Set<string>;
}

/** The manifest in the local store. A damaged result is dropped there and counts as absent. */
export async function localResult(
  local: Pick<ResultLookup, 'get' | 'drop'>,
  key: string,
  name: string,
): Promise<Result | undefined> {
  try {
    return await local.get(key, name);
  } catch (error) {
    if (!(error instanceof DamagedResultError)) throw error;
    await local.drop(key);
    return undefined;
  }
}

/** True if the index lists a result under this key that counts. */
export function isListed({ results, dropped }: StoreIndex, key: string): boolean {
  return results.has(key) && !dropped.has(key);
}

/**
 * Finds results in the index, in the local store and, once for each key, in the cache.
 * @param shared true if other jobs take part in the run: a local result that the index does not list is known to no other
 *   job, and only `search` returns it
 */
export function cachedLookup(
  local: ResultLookup,
  entries: Pick<CacheEntries, 'fetch'>,
  { index, own, replaced }: CachedState,
  saver: Pick<SaveQueue, 'note'> & Pick<ResultSaver, 'offer'>,
  { shared, warn }: { shared: boolean; warn: (message: string) => void },
): ResultLookup {
  const searched = new Set<string>();

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const listed = listedIn(index, key, name);
    const here = await localResult(local, key, name);
    const counts = !shared || own.has(key) || (here && listed && hasBytesOf(here, listed));
    return counts ? (here ?? listed) : listed;
  };

  const find = async (key: string, name: string): Promise<Result | undefined> => {
    const known = (await get(key, name)) ?? (await localResult(local, key, name));
    if (known !== undefined || searched.has(key) || index.dropped.has(key)) return known;
    searched.add(key);
    try {
      const found = await entries.fetch(key, name);
      if (found !== undefined) saver.note(key, 'full');
      return found;
    } catch (error) {
      if (!(error instanceof CacheUnavailableError || error instanceof DamagedResultError)) throw error;
      warn(`${name} is built: whether the store has its result is unknown (${error.message})`);
      return undefined;
    }
  };

  return {
    get,
    search: async (key, name) => {
      const found = await find(key, name);
      if (found === undefined) return undefined;
      // This job reports the result to the others, and saves what only its machine had.
      own.add(key);
      if (!isListed(index, key)) saver.offer(found);
      return found;
    },
    latest: async (name) => (await local.latest(name)) ?? latestIn(index, name),
    drop: async (key) => {
      // Two builds may find the same result damaged: the build that replaced it stays.
      if (replaced.has(key)) {
        index.results.delete(key);
        return;
      }
      // The duration and the components of the dropped result are still useful.
      const listed = index.results.get(key);
      if (listed !== undefined) index.results.set(key, { ...listed, stored: 'none' });
      index.dropped.add(key);
      own.delete(key);
      await local.drop(key);
    },
  };
}
