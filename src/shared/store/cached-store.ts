import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { order } from '../base/order.ts';
import {
  type Cache,
  CacheUnavailableError,
  DamagedEntryError,
  StoreUnavailableError,
} from '../github/cache/cache.ts';
import type { Result } from '../model/build-result.ts';
import type { Kept } from '../model/stored-parts.ts';
import { checkResult } from './check-result.ts';
import { mainEntries } from './main-entries.ts';
import { hasBytesOf, mainPaths, manifestFile, resultFiles, resultFolder, takeFiles } from './result-files.ts';
import { DamagedResultError, type Store } from './store.ts';
import { latestIn, listedIn, type StoreIndex } from './store-index.ts';
import { newWriter } from './writer.ts';

export interface CachedStoreOptions {
  /** A folder for files on their way. */
  tempDir: string;
  warn: (message: string) => void;
  /** What a call that got no answer means, for a result that the index lists: an end, or a build. */
  onTrouble: 'fail' | 'build';
  /**
   * Whether other jobs have part in this run: then what lies here without that the index tells of it is known to nobody
   * else, and is only found by {@link Store.search}.
   */
  shared: boolean;
  /** Decides what of a result is stored. Asked once for each. */
  keep: (result: Result) => Kept;
  /** Whether this run leaves anything to later ones. */
  saves: boolean;
  /** Milliseconds of any clock. */
  now?: () => number;
}

export interface CachedStore extends Store {
  /**
   * Packages of which less than all is saved, because that is not worth its bytes; and those that could not be, with the
   * words of the cache.
   */
  leftOut(): { rationed: { name: string; kept: Kept }[]; unsaved: { names: string[]; words: string } };
}

/** Results in the cache: one entry for each, by key. */
function entryKey(key: string): string {
  return `azl-result-1-${key}`;
}

/** What of a result a build may ask for, where all of it is too much. */
function mainKey(key: string): string {
  return `azl-main-1-${key}`;
}

/**
 * A store that has what `index` lists, too. Bytes come from the cache when they are opened, into `local`, and only then;
 * what the index does not list is asked for once, before it would be built.
 */
export function cachedStore(
  local: Store,
  cache: Cache,
  index: StoreIndex,
  options: CachedStoreOptions,
): CachedStore {
  const fetching = new Map<string, Promise<Result | undefined>>();
  const asked = new Set<string>();
  /** Keys of which the cache holds another build than the index says: that is local now. */
  const replaced = new Set<string>();
  /** Keys of what this job put here or found. */
  const own = new Set<string>();
  /** Keys of entries that hold something else than they should: nothing takes their place. */
  const broken = new Set<string>();
  const rationed: { name: string; kept: Kept }[] = [];
  const isListed = (key: string) => index.results.has(key) && !index.dropped.has(key);

  const here = async (key: string, name: string): Promise<Result | undefined> => {
    try {
      return await local.get(key, name);
    } catch (error) {
      if (!(error instanceof DamagedResultError)) throw error;
      await local.drop(key);
      return undefined;
    }
  };

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const listed = listedIn(index, key, name);
    const there = await here(key, name);
    const counts = !options.shared || own.has(key) || (there && listed && hasBytesOf(there, listed));
    return counts ? (there ?? listed) : listed;
  };

  /**
   * Fetches the entry of a key into `local`. Answers what it holds; undefined when there is none.
   * @throws CacheTrouble; DamagedResult when it holds something else
   */
  const fetch = async (key: string, name: string): Promise<Result | undefined> => {
    const dir = join(options.tempDir, `cached-${key}`);
    const taken = `${dir}.taken`;
    for (const old of [dir, taken]) await rm(old, { recursive: true, force: true });
    try {
      if (!(await cache.fetch(key, entryKey(key), dir))) return undefined;
      const result = await readManifest(join(dir, resultFolder({ key }), manifestFile), key, name);
      const fault = await takeFiles(result, dir, taken);
      if (fault !== undefined) throw fault;
      return await local.put(result, taken, true);
    } catch (error) {
      if (error instanceof DamagedResultError || error instanceof DamagedEntryError)
        broken.add(entryKey(key));
      if (!(error instanceof DamagedEntryError)) throw error;
      throw new DamagedResultError({ package: name, key }, 'its cache entry', error.message);
    } finally {
      for (const left of [dir, taken]) await rm(left, { recursive: true, force: true });
    }
  };
  const fetchOnce = (key: string, name: string): Promise<Result | undefined> => {
    const running = fetching.get(key) ?? fetch(key, name).finally(() => fetching.delete(key));
    fetching.set(key, running);
    return running;
  };

  const find = async (key: string, name: string): Promise<Result | undefined> => {
    const known = (await get(key, name)) ?? (await here(key, name));
    if (known !== undefined || asked.has(key) || index.dropped.has(key)) return known;
    asked.add(key);
    try {
      const found = await fetchOnce(key, name);
      if (found !== undefined) saves.note(key, 'whole');
      return found;
    } catch (error) {
      if (!(error instanceof CacheUnavailableError || error instanceof DamagedResultError)) throw error;
      options.warn(`${name} is built: whether the store has its result is unknown (${error.message})`);
      return undefined;
    }
  };

  /** What a call for a listed result without an answer ends with. */
  const troubleOf = (result: Result, error: unknown): unknown => {
    if (!(error instanceof CacheUnavailableError)) return error;
    if (options.onTrouble === 'build')
      return new DamagedResultError(result, 'its cache entry', error.message);
    return new StoreUnavailableError(
      `The stored result of ${result.package} cannot be fetched: ${error.message}`,
    );
  };
  const mains = mainEntries(cache, options.tempDir, mainKey, troubleOf, broken);

  const fetchListed = async (result: Result): Promise<void> => {
    let found: Result | undefined;
    try {
      found = await fetchOnce(result.key, result.package);
    } catch (error) {
      throw troubleOf(result, error);
    }
    if (found === undefined) throw new DamagedResultError(result, 'its cache entry', 'is not there any more');
    saves.note(result.key, 'whole');
    if (hasBytesOf(found, result)) return;
    replaced.add(result.key);
    throw new DamagedResultError(result, 'its cache entry', 'holds another build than the index says');
  };

  const open = async (result: Result): Promise<string> => {
    const there = await here(result.key, result.package);
    if (there !== undefined && hasBytesOf(there, result)) {
      try {
        return await local.open(result);
      } catch (error) {
        replaced.delete(result.key);
        if (!(error instanceof DamagedResultError) || !isListed(result.key)) throw error;
        await local.drop(result.key);
      }
    }
    await fetchListed(result);
    return await local.open(result);
  };

  const kept = async ({ key, package: name }: Result): Promise<Kept> =>
    (await here(key, name)) === undefined ? (index.results.get(key)?.kept ?? 'whole') : 'whole';

  const saves = newWriter({
    ...{ warn: options.warn, now: options.now },
    save: async (result, how) => {
      const root = join(await local.open(result), '..', '..');
      const files = how === 'whole' ? resultFiles(result) : mainPaths(result);
      const key = how === 'whole' ? entryKey(result.key) : mainKey(result.key);
      await cache.save(result.key, key, root, [...files, join(resultFolder(result), manifestFile)]);
    },
  });

  const offer = (result: Result): void => {
    const { key, package: name } = result;
    if (saves.saved(key) !== undefined) return;
    if (!options.saves) {
      saves.note(key, 'nothing');
      return;
    }
    const how = options.keep(result);
    if (how !== 'whole') rationed.push({ name, kept: how });
    saves.add(result, broken.has(how === 'whole' ? entryKey(key) : mainKey(key)) ? 'nothing' : how);
  };

  return {
    get,
    search: async (key, name) => {
      const found = await find(key, name);
      if (found === undefined) return undefined;
      // Whoever asked tells the others; and what only lay here is handed on.
      own.add(key);
      if (!isListed(key)) offer(found);
      return found;
    },
    check: async (result) => {
      if ((await here(result.key, result.package)) === undefined) return;
      await local.check(result).catch(async (error: unknown) => {
        if (!(error instanceof DamagedResultError) || !isListed(result.key)) throw error;
        await local.drop(result.key);
      });
    },
    kept,
    open,
    openMain: async (result) => {
      // What is not stored whole is not asked for whole first.
      const main = (await kept(result)) !== 'whole' ? await mains.open(result) : undefined;
      return main ?? (await open(result));
    },
    put: async (result, filesDir, replace) => {
      const kept = await local.put(result, filesDir, replace);
      own.add(kept.key);
      return kept;
    },
    offer,
    saved: saves.saved,
    flush: saves.flush,
    drop: async (key) => {
      // Two builds may find the same result damaged: what took its place stays.
      if (replaced.has(key)) {
        index.results.delete(key);
        return;
      }
      // What it took to build it is still worth knowing.
      const listed = index.results.get(key);
      if (listed !== undefined) index.results.set(key, { ...listed, kept: 'nothing' });
      index.dropped.add(key);
      own.delete(key);
      await local.drop(key);
    },
    latest: async (name) => (await local.latest(name)) ?? latestIn(index, name),
    leftOut: () => ({
      rationed: rationed.sort((x, y) => order(x.name, y.name)),
      unsaved: saves.unsaved(),
    }),
  };
}

/** @throws DamagedResult when the file is no manifest of a result of this package under this key */
async function readManifest(path: string, key: string, name: string): Promise<Result> {
  try {
    if (!(await lstat(path)).isFile()) throw new Error('it is no plain file');
    const result: unknown = JSON.parse(await readFile(path, 'utf8'));
    checkResult(result, name, key);
    return result;
  } catch (error) {
    throw new DamagedResultError({ package: name, key }, manifestFile, (error as Error).message);
  }
}
