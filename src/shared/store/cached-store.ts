import { order } from '../base/order.ts';
import type { Cache } from '../github/cache/cache.ts';
import type { Result, StoredParts } from '../model/build-result.ts';
import { type CacheEntries, cacheEntries } from './cache-entries.ts';
import { cachedFiles } from './cached-files.ts';
import { type CachedState, cachedLookup } from './cached-lookup.ts';
import { newSaveQueue, type SaveQueue } from './save-queue.ts';
import type { ResultSaver, Store } from './store.ts';
import type { StoreIndex } from './store-index.ts';

export interface CachedStoreOptions {
  /** A folder for downloads. */
  tempDir: string;
  warn: (message: string) => void;
  /** For a listed result of which the cache gives no answer: end the run, or build it. */
  onStoreError: 'fail' | 'build';
  /** True if other jobs take part in this run. See {@link cachedLookup}. */
  shared: boolean;
  /** The parts of a result that are to be saved. Called once for each result. */
  partsToSave: (result: Result) => StoredParts;
  /** True if this run leaves results to later runs. */
  saves: boolean;
  /** Milliseconds of any clock. */
  now?: () => number;
}

/** The results of which less than all parts is in the cache, for the log. */
export interface Unsaved {
  /** Packages of which the budget leaves out parts. */
  reduced: { name: string; parts: StoredParts }[];
  /** Packages whose upload failed, and the last message of the cache. */
  failed: { names: string[]; message: string };
}

export interface CachedStore extends Store {
  unsaved(): Unsaved;
}

/**
 * A store that also has the results that `index` lists. Their files are downloaded from the cache into `local` when they
 * are opened. A result that the index does not list is looked up once, before it would be built.
 */
export function cachedStore(
  local: Store,
  cache: Cache,
  index: StoreIndex,
  options: CachedStoreOptions,
): CachedStore {
  const state: CachedState = { index, own: new Set(), replaced: new Set() };
  const entries = cacheEntries(local, cache, options.tempDir);
  const queue = newSaveQueue({ save: entries.save, warn: options.warn, now: options.now });
  const reduced: Unsaved['reduced'] = [];
  const offer = offerTo(queue, entries, options, reduced);
  return {
    ...cachedLookup(local, entries, state, { note: queue.note, offer }, options),
    ...cachedFiles(local, entries, state, queue, options.onStoreError),
    offer,
    saved: queue.saved,
    flush: queue.flush,
    unsaved: () => ({ reduced: reduced.sort((a, b) => order(a.name, b.name)), failed: queue.failed() }),
  };
}

/** Queues the parts of a result that the budget allows. Notes those that it does not in `reduced`. */
function offerTo(
  queue: SaveQueue,
  entries: CacheEntries,
  options: Pick<CachedStoreOptions, 'saves' | 'partsToSave'>,
  reduced: Unsaved['reduced'],
): ResultSaver['offer'] {
  return (result) => {
    const { key, package: name } = result;
    if (queue.saved(key) !== undefined) return;
    if (!options.saves) return queue.note(key, 'none');
    const parts = options.partsToSave(result);
    if (parts !== 'full') reduced.push({ name, parts });
    queue.add(result, entries.isDamaged(key, parts) ? 'none' : parts);
  };
}
