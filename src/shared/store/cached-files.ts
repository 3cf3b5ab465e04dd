import { CacheUnavailableError, StoreUnavailableError } from '../github/cache/cache.ts';
import type { Result, StoredParts } from '../model/build-result.ts';
import type { CacheEntries } from './cache-entries.ts';
import { type CachedState, isListed, localResult } from './cached-lookup.ts';
import { hasBytesOf } from './result-files.ts';
import type { SaveQueue } from './save-queue.ts';
import { DamagedResultError, type Store } from './store.ts';

/**
 * Opens files of results in the local store, and downloads what it lacks from the cache first.
 * @param onStoreError for a listed result of which the cache gives no answer: `fail` ends the run, `build` counts it as
 *   damaged
 */
export function cachedFiles(
  local: Store,
  entries: CacheEntries,
  { index, own, replaced }: CachedState,
  queue: Pick<SaveQueue, 'note'>,
  onStoreError: 'fail' | 'build',
): Pick<Store, 'check' | 'storedParts' | 'open' | 'openWithoutDebug' | 'put'> {
  const unavailable = (result: Result, error: unknown): unknown => {
    if (!(error instanceof CacheUnavailableError)) return error;
    if (onStoreError === 'build') return new DamagedResultError(result, 'its cache entry', error.message);
    return new StoreUnavailableError(
      `The stored result of ${result.package} cannot be fetched: ${error.message}`,
    );
  };

  const fetch = async (result: Result): Promise<void> => {
    const { key, package: name } = result;
    const found = await entries.fetch(key, name).catch((error: unknown) => {
      throw unavailable(result, error);
    });
    if (found === undefined) throw new DamagedResultError(result, 'its cache entry', 'is not there any more');
    queue.note(key, 'full');
    if (hasBytesOf(found, result)) return;
    replaced.add(key);
    throw new DamagedResultError(result, 'its cache entry', 'holds another build than the index says');
  };

  const open = async (result: Result): Promise<string> => {
    const here = await localResult(local, result.key, result.package);
    if (here !== undefined && hasBytesOf(here, result)) {
      try {
        return await local.open(result);
      } catch (error) {
        replaced.delete(result.key);
        if (!(error instanceof DamagedResultError) || !isListed(index, result.key)) throw error;
        await local.drop(result.key);
      }
    }
    await fetch(result);
    return await local.open(result);
  };

  const storedParts = async ({ key, package: name }: Result): Promise<StoredParts> =>
    (await localResult(local, key, name)) === undefined ? (index.results.get(key)?.stored ?? 'full') : 'full';

  return {
    check: async (result) => {
      if ((await localResult(local, result.key, result.package)) === undefined) return;
      await local.check(result).catch(async (error: unknown) => {
        if (!(error instanceof DamagedResultError) || !isListed(index, result.key)) throw error;
        await local.drop(result.key);
      });
    },
    storedParts,
    open,
    openWithoutDebug: async (result) => {
      if ((await storedParts(result)) === 'full') return await open(result);
      const folder = await entries.openWithoutDebug(result).catch((error: unknown) => {
        throw unavailable(result, error);
      });
      return folder ?? (await open(result));
    },
    put: async (result, filesDir, replace) => {
      const stored = await local.put(result, filesDir, replace);
      own.add(stored.key);
      return stored;
    },
  };
}
