import { order } from '../base/order.ts';
import { type Cache, CacheUnavailableError, StoreUnavailableError } from '../github/cache/cache.ts';
import type { Result, StoredParts } from '../model/build-result.ts';
import { type CacheEntries, cacheEntries } from './cache-entries.ts';
import { hasBytesOf } from './result-files.ts';
import { newSaveQueue, type SaveQueue } from './save-queue.ts';
import { DamagedResultError, type Latest, type Store } from './store.ts';
import { latestIn, listedIn, listResult, type StoreIndex, unlistResult } from './store-index.ts';

export interface CachedStoreOptions {
  /** A folder for downloads. */
  tempDir: string;
  warn: (message: string) => void;
  /** For a listed result of which the cache gives no answer: `fail` ends the run, `build` counts it as damaged. */
  onStoreError: 'fail' | 'build';
  /** True if other jobs take part in this run: only `search` returns a local result that the index does not list. */
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

/**
 * A store that also has the results that `index` lists. Their files are downloaded from the cache into `local` when they
 * are opened. A result that the index does not list is looked up once, before it would be built.
 */
export class CachedStore implements Store {
  private readonly local: Store;
  private readonly index: StoreIndex;
  private readonly options: CachedStoreOptions;
  private readonly entries: CacheEntries;
  private readonly queue: SaveQueue;
  private readonly reduced: Unsaved['reduced'] = [];
  /** Keys that were looked up in the cache. */
  private readonly searched = new Set<string>();
  /** Keys of results that this job built or found. */
  private readonly own = new Set<string>();
  /** Keys under which the cache holds another build than the index lists: the local store has it now. */
  private readonly replaced = new Set<string>();

  constructor(local: Store, cache: Cache, index: StoreIndex, options: CachedStoreOptions) {
    this.local = local;
    this.index = index;
    this.options = options;
    this.entries = cacheEntries(local, cache, options.tempDir);
    this.queue = newSaveQueue(this.entries.save, options.warn, options.now);
  }

  async get(key: string, name: string): Promise<Result | undefined> {
    const listed = listedIn(this.index, key, name);
    const here = await this.localResult(key, name);
    const counts = !this.options.shared || this.own.has(key) || (here && listed && hasBytesOf(here, listed));
    return counts ? (here ?? listed) : listed;
  }

  async search(key: string, name: string): Promise<Result | undefined> {
    const found =
      (await this.get(key, name)) ?? (await this.localResult(key, name)) ?? (await this.ask(key, name));
    if (found === undefined) return undefined;
    // This job reports the result to the others, and saves what only its machine had.
    this.own.add(key);
    if (!this.isListed(key)) this.offer(found);
    return found;
  }

  async latest(name: string): Promise<Latest | undefined> {
    return (await this.local.latest(name)) ?? latestIn(this.index, name);
  }

  async drop(key: string): Promise<void> {
    const { results, dropped } = this.index;
    // Two builds may find the same result damaged: the build that replaced it stays.
    if (this.replaced.has(key)) {
      unlistResult(this.index, key);
      return;
    }
    // The duration and the components of the dropped result are still useful.
    const listed = results.get(key);
    if (listed !== undefined) listResult(this.index, { ...listed, stored: 'none' });
    dropped.add(key);
    this.own.delete(key);
    await this.local.drop(key);
  }

  async check(result: Result): Promise<void> {
    if ((await this.localResult(result.key, result.package)) === undefined) return;
    await this.local.check(result).catch((error: unknown) => this.dropListed(result.key, error));
  }

  async storedParts({ key, package: name }: Result): Promise<StoredParts> {
    if ((await this.localResult(key, name)) !== undefined) return 'full';
    return this.index.results.get(key)?.stored ?? 'full';
  }

  async open(result: Result): Promise<string> {
    const here = await this.localResult(result.key, result.package);
    if (here !== undefined && hasBytesOf(here, result)) {
      try {
        return await this.local.open(result);
      } catch (error) {
        this.replaced.delete(result.key);
        await this.dropListed(result.key, error);
      }
    }
    await this.fetch(result);
    return await this.local.open(result);
  }

  async openWithoutDebug(result: Result): Promise<string> {
    if ((await this.storedParts(result)) === 'full') return await this.open(result);
    const folder = await this.entries
      .openWithoutDebug(result)
      .catch((error) => this.unavailable(result, error));
    return folder ?? (await this.open(result));
  }

  async put(result: Result, filesDir: string, replace: boolean): Promise<Result> {
    const stored = await this.local.put(result, filesDir, replace);
    this.own.add(stored.key);
    return stored;
  }

  offer(result: Result): void {
    const { key, package: name } = result;
    if (this.saved(key) !== undefined) return;
    if (!this.options.saves) {
      this.queue.note(key, 'none');
      return;
    }
    const parts = this.options.partsToSave(result);
    if (parts !== 'full') this.reduced.push({ name, parts });
    this.queue.add(result, this.entries.isDamaged(key, parts) ? 'none' : parts);
  }

  saved(key: string): StoredParts | undefined {
    return this.queue.saved(key);
  }

  async flush(): Promise<void> {
    await this.queue.flush();
  }

  unsaved(): Unsaved {
    return { reduced: this.reduced.sort((a, b) => order(a.name, b.name)), failed: this.queue.failed() };
  }

  /** The manifest in the local store. A damaged result is dropped there and counts as absent. */
  private async localResult(key: string, name: string): Promise<Result | undefined> {
    try {
      return await this.local.get(key, name);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await this.local.drop(key);
      return undefined;
    }
  }

  /** True if the index lists a result under this key that counts. */
  private isListed(key: string): boolean {
    return this.index.results.has(key) && !this.index.dropped.has(key);
  }

  /** Drops a local result that is damaged, if the cache has it, too. @throws `error` otherwise */
  private async dropListed(key: string, error: unknown): Promise<void> {
    if (!(error instanceof DamagedResultError) || !this.isListed(key)) throw error;
    await this.local.drop(key);
  }

  /** Looks a key up in the cache, once. */
  private async ask(key: string, name: string): Promise<Result | undefined> {
    if (this.searched.has(key) || this.index.dropped.has(key)) return undefined;
    this.searched.add(key);
    try {
      const found = await this.entries.fetch(key, name);
      if (found !== undefined) this.queue.note(key, 'full');
      return found;
    } catch (error) {
      if (!(error instanceof CacheUnavailableError || error instanceof DamagedResultError)) throw error;
      this.options.warn(`${name} is built: whether the store has its result is unknown (${error.message})`);
      return undefined;
    }
  }

  /** Downloads a listed result into the local store. */
  private async fetch(result: Result): Promise<void> {
    const { key, package: name } = result;
    const found = await this.entries.fetch(key, name).catch((error) => this.unavailable(result, error));
    if (found === undefined) throw new DamagedResultError(result, 'its cache entry', 'is not there any more');
    this.queue.note(key, 'full');
    if (hasBytesOf(found, result)) return;
    this.replaced.add(key);
    throw new DamagedResultError(result, 'its cache entry', 'holds another build than the index says');
  }

  private unavailable(result: Result, error: unknown): never {
    if (!(error instanceof CacheUnavailableError)) throw error;
    if (this.options.onStoreError === 'build')
      throw new DamagedResultError(result, 'its cache entry', error.message);
    throw new StoreUnavailableError(
      `The stored result of ${result.package} cannot be fetched: ${error.message}`,
    );
  }
}
