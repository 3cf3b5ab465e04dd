import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Cache } from '../../../src/shared/github/cache/cache.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { CachedStore } from '../../../src/shared/store/cached-store.ts';
import { DirectoryStore } from '../../../src/shared/store/directory-store.ts';
import type { Store } from '../../../src/shared/store/store.ts';
import { newIndex, seeResults } from '../../../src/shared/store/store-index.ts';
import { madeKey, madeResult } from '../../support/made-result.ts';
import { temporaryFolders } from '../../support/temporary.ts';

/** One run's hold on a store. */
export interface Opened {
  store: Store;
  /** Waits for what goes on beside the builds. */
  saved(): Promise<unknown>;
  /** Ends the run: what it kept is there for the next. */
  end(): Promise<void>;
}

/**
 * What every store promises.
 * @param empty a store that holds nothing; each call of its answer is a later run, on another machine where it can be
 */
export function storeContract(empty: () => () => Promise<Opened>): void {
  const temporary = temporaryFolders();
  const key = madeKey('ab');
  const other = madeKey('cd');
  const keep = async ({ store }: Opened, bytes: string, under = key): Promise<Result> => {
    const dir = join(temporary(), 'result');
    const kept = await store.put(await madeResult(dir, under, bytes), dir, false);
    expect(existsSync(dir)).toBe(false);
    store.offer(kept);
    return kept;
  };
  const bytesOf = async ({ store }: Opened, result: Result) =>
    readFileSync(join(await store.open(result), result.srpm.file), 'utf8');

  it('has nothing at first', async () => {
    const { store } = await empty()();
    expect(await store.get(key, 'app')).toBeUndefined();
    expect(await store.search(key, 'app')).toBeUndefined();
    expect(await store.latest('app')).toBeUndefined();
  });

  it('gives the run that kept a result back what it kept, by key and package only', async () => {
    const run = await empty()();
    const kept = await keep(run, 'one');
    expect(await run.store.get(key, 'app')).toEqual(kept);
    expect(await run.store.search(key, 'app')).toEqual(kept);
    expect(await run.store.get(key, 'other')).toBeUndefined();
    expect(await run.store.get(other, 'app')).toBeUndefined();
    await run.store.check(kept);
    expect(await bytesOf(run, kept)).toBe('one');
  });

  it('gives a later run what an earlier one kept, and tells of what it was made', async () => {
    const next = empty();
    const first = await next();
    const kept = await keep(first, 'one');
    await first.end();
    const second = await next();
    expect(await second.store.get(key, 'app')).toEqual(kept);
    expect(await second.store.get(key, 'other')).toBeUndefined();
    await second.store.check(kept);
    expect(await bytesOf(second, kept)).toBe('one');
    expect(await second.store.latest('app')).toMatchObject({ key, components: { spec: 'ab' }, seconds: 1 });
  });

  it('finds what a run kept that had no time to tell', async () => {
    const next = empty();
    const first = await next();
    const kept = await keep(first, 'one');
    await first.saved();
    const second = await next();
    expect(await second.store.search(key, 'app')).toEqual(kept);
    expect(await second.store.search(other, 'app')).toBeUndefined();
    expect(await bytesOf(second, kept)).toBe('one');
  });

  it('lets the first whole result stay', async () => {
    const next = empty();
    const first = await next();
    await keep(first, 'one');
    expect((await keep(first, 'two')).srpm.shipDigest).toBe(textDigest('one'));
    await first.end();
    const second = await next();
    const found = (await second.store.get(key, 'app')) as Result;
    expect(await bytesOf(second, found)).toBe('one');
  });

  it('forgets what is dropped, and remembers what that was made of', async () => {
    const next = empty();
    const first = await next();
    await keep(first, 'one');
    await first.end();
    const second = await next();
    await second.store.drop(key);
    expect(await second.store.get(key, 'app')).toBeUndefined();
    expect(await second.store.search(key, 'app')).toBeUndefined();
    expect(await keep(second, 'two')).toMatchObject({ srpm: { shipDigest: textDigest('two') } });
    expect(await second.store.get(key, 'app')).toMatchObject({ srpm: { shipDigest: textDigest('two') } });
  });
}

/** The same of a store over a cache. @param emptyCache one that holds nothing */
export function cachedStoreContract(emptyCache: () => Cache): void {
  const temporary = temporaryFolders();
  const runs: CachedStore[] = [];
  // Who saves beside the builds ends before the next test begins.
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.flush();
  });
  storeContract(() => {
    const cache = emptyCache();
    let indexed: Result[] = [];
    return async () => {
      const index = newIndex();
      seeResults(index, indexed, 1);
      const store = new CachedStore(new DirectoryStore(temporary()), cache, index, {
        ...{ tempDir: temporary(), onStoreError: 'fail', saves: true, shared: true },
        warn: (message) => expect.fail(message),
        partsToSave: () => 'full',
      });
      runs.push(store);
      const put = store.put.bind(store);
      store.put = async (...args) => {
        const kept = await put(...args);
        seeResults(index, [kept], 2);
        return kept;
      };
      return {
        store,
        saved: () => store.flush(),
        end: async () => {
          await store.flush();
          indexed = [...index.results.values()].map(({ result }) => result);
        },
      };
    };
  });
}
