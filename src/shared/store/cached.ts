import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemsError } from '../problems.ts';
import { checkResult } from '../result/check-result.ts';
import type { Result } from '../result/result.ts';
import { worthOf } from './budget.ts';
import { BrokenEntry, type Cache, CacheTrouble } from './cache.ts';
import { hasBytesOf, resultFiles, resultFolder, takeFiles } from './result-files.ts';
import { DamagedResult, type Store } from './store.ts';
import { latestIn, listedIn, type StoreIndex } from './store-index.ts';

/** Savings of results at once, beside the builds. */
const savesAtOnce = 2;

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
  /** Build seconds for each byte that a result must save to be stored. */
  leastWorth: () => number;
  /** Whether this run leaves anything to later ones. */
  saves: boolean;
}

export interface CachedStore extends Store {
  /** Waits for what is being saved. Answers the packages that were left out because they are not worth their bytes. */
  flush(): Promise<string[]>;
}

/** Results in the cache: one entry for each, by key. */
function entryKey(key: string): string {
  return `azl-result-1-${key}`;
}

/** In an entry, beside the files that it lists. */
const manifestFile = 'result.json';

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
  /** Why nothing more is saved. */
  let closed = false;
  const leftOut: string[] = [];
  const queue: Result[] = [];
  const savers = new Set<Promise<void>>();

  const here = async (key: string, name: string): Promise<Result | undefined> => {
    try {
      return await local.get(key, name);
    } catch (error) {
      if (!(error instanceof DamagedResult)) throw error;
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
      if (!(error instanceof BrokenEntry)) throw error;
      throw new DamagedResult({ package: name, key }, 'its cache entry', error.message);
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
      return await fetchOnce(key, name);
    } catch (error) {
      if (!(error instanceof CacheTrouble || error instanceof DamagedResult)) throw error;
      options.warn(`${name} is built: whether the store has its result is unknown (${error.message})`);
      return undefined;
    }
  };

  const fetchListed = async (result: Result): Promise<void> => {
    let found: Result | undefined;
    try {
      found = await fetchOnce(result.key, result.package);
    } catch (error) {
      if (!(error instanceof CacheTrouble)) throw error;
      if (options.onTrouble === 'build') throw new DamagedResult(result, 'its cache entry', error.message);
      throw new StoreTrouble(`The stored result of ${result.package} cannot be fetched: ${error.message}`);
    }
    if (found === undefined) throw new DamagedResult(result, 'its cache entry', 'is not there any more');
    if (hasBytesOf(found, result)) return;
    replaced.add(result.key);
    throw new DamagedResult(result, 'its cache entry', 'holds another build than the index says');
  };

  const save = async (): Promise<void> => {
    for (let result = queue.shift(); result !== undefined && !closed; result = queue.shift()) {
      try {
        const root = join(await local.open(result), '..', '..');
        const files = [...resultFiles(result), join(resultFolder(result), manifestFile)];
        await cache.save(result.key, entryKey(result.key), root, files);
      } catch (error) {
        // A build is not lost with it: it is in this run, and a later one builds it again.
        const { message } = error as Error;
        options.warn(`The result of ${result.package} is not in the store: ${message}`);
        if (!(error instanceof CacheTrouble)) continue;
        closed = true;
        options.warn('Nothing more of this job is stored.');
      }
    }
  };

  return {
    get,
    search: async (key, name) => {
      const found = await find(key, name);
      // Whoever asked tells the others.
      if (found !== undefined) own.add(key);
      return found;
    },
    check: async (result) => {
      if ((await here(result.key, result.package)) === undefined) return;
      await local.check(result).catch(async (error: unknown) => {
        if (!(error instanceof DamagedResult) || !index.results.has(result.key)) throw error;
        await local.drop(result.key);
      });
    },
    open: async (result) => {
      const there = await here(result.key, result.package);
      if (there !== undefined && hasBytesOf(there, result)) {
        try {
          return await local.open(result);
        } catch (error) {
          replaced.delete(result.key);
          if (!(error instanceof DamagedResult) || !index.results.has(result.key)) throw error;
          await local.drop(result.key);
        }
      }
      await fetchListed(result);
      return await local.open(result);
    },
    put: async (result, filesDir, replace) => {
      const kept = await local.put(result, filesDir, replace);
      own.add(kept.key);
      return kept;
    },
    offer: (result) => {
      if (!options.saves || closed) return false;
      if (worthOf(result) < options.leastWorth()) {
        leftOut.push(result.package);
        return false;
      }
      queue.push(result);
      if (savers.size < savesAtOnce) {
        const saver = save().finally(() => savers.delete(saver));
        savers.add(saver);
      }
      return true;
    },
    // Two builds may find the same result damaged: what took its place stays.
    drop: async (key) => {
      index.results.delete(key);
      if (replaced.has(key)) return;
      own.delete(key);
      await local.drop(key);
      index.dropped.add(key);
    },
    latest: async (name) => (await local.latest(name)) ?? latestIn(index, name),
    flush: async () => {
      await Promise.all(savers);
      return leftOut.sort();
    },
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
    throw new DamagedResult({ package: name, key }, manifestFile, (error as Error).message);
  }
}

/** Nobody knows what the store has: then nothing is built in vain, and no package is to blame. */
export class StoreTrouble extends ProblemsError {
  constructor(message: string) {
    super([
      { message, mend: 'Run it again later; with on-store-error: build, what cannot be had is built.' },
    ]);
    this.name = 'StoreTrouble';
  }
}
