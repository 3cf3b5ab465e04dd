import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProblemsError } from '../../../src/shared/base/problems.ts';
import { StoreUnavailableError } from '../../../src/shared/github/cache/cache.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import type { Result } from '../../../src/shared/model/build-result.ts';
import { CachedStore, type CachedStoreOptions } from '../../../src/shared/store/cached-store.ts';
import { DirectoryStore } from '../../../src/shared/store/directory-store.ts';
import { resultFolder } from '../../../src/shared/store/result-files.ts';
import { DamagedResultError } from '../../../src/shared/store/store.ts';
import { newIndex, seeResults } from '../../../src/shared/store/store-index.ts';
import { FolderCache } from '../../support/folder-cache.ts';
import { madeKey, madeResult } from '../../support/made-result.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { cachedStoreContract } from './contract.ts';

const temporary = temporaryFolders();
const key = madeKey('ab');

/** A run on a machine of its own, with an index that lists `indexed`. */
function open(cache: FolderCache, indexed: readonly Result[] = [], more: Partial<CachedStoreOptions> = {}) {
  const index = newIndex();
  seeResults(index, indexed, 1);
  const warnings: string[] = [];
  const store = new CachedStore(new DirectoryStore(temporary()), cache, index, {
    tempDir: temporary(),
    warn: (message) => warnings.push(message),
    onStoreError: 'fail',
    partsToSave: () => 'full',
    saves: true,
    shared: true,
    ...more,
  });
  return { store, index, warnings };
}

/** A cache that has one result, as a run left it. */
async function left(bytes = 'one', more: Partial<CachedStoreOptions> = {}) {
  const cache = new FolderCache(temporary());
  const run = open(cache, [], more);
  const dir = join(temporary(), 'result');
  const result = await run.store.put(await madeResult(dir, key, bytes), dir, false);
  run.store.offer(result);
  await run.store.flush();
  const leftOut = run.store.unsaved().reduced;
  return { cache, result, leftOut, warnings: run.warnings };
}
const entry = `azl-result-1-${key}`;
const nothing = () => 'none' as const;
const mainOnly = () => 'without-debug' as const;

describe('a store over a cache', () => {
  describe('keeps the promises of a store', () => {
    cachedStoreContract(() => new FolderCache(temporary()));
  });

  it('plans with the index alone: no call, and bytes only for who opens them', async () => {
    const { cache, result } = await left();
    const { store } = open(cache, [result]);
    cache.asked.length = 0;
    expect(await store.get(key, 'app')).toEqual(result);
    await store.check(result);
    expect(await store.latest('app')).toMatchObject({ key });
    expect(cache.asked).toEqual([]);
    await Promise.all([store.open(result), store.open(result)]);
    await store.open(result);
    expect(cache.asked).toEqual([entry]);
  });

  it('takes a look-up without an answer for unknown: nothing is built needlessly, and no package is to blame', async () => {
    const { cache, result } = await left();
    cache.trouble = 'Failed to restore: Rate limited';
    const { store } = open(cache, [result]);
    await expect(store.open(result)).rejects.toThrow(StoreUnavailableError);
    await expect(store.open(result)).rejects.toThrow(ProblemsError);
    await expect(store.open(result)).rejects.toThrow(
      /app cannot be fetched: .*Rate limited.*on-store-error: build/,
    );
    cache.trouble = undefined;
    expect(readFileSync(join(await store.open(result), result.srpm.file), 'utf8')).toBe('one');
  });

  it('builds it where the user says so', async () => {
    const { cache, result } = await left();
    cache.trouble = 'no answer';
    const { store } = open(cache, [result], { onStoreError: 'build' });
    await expect(store.open(result)).rejects.toThrow(DamagedResultError);
    await store.drop(key);
    expect(await store.get(key, 'app')).toBeUndefined();
  });

  it('asks once for what the index does not list; without an answer that is built', async () => {
    const { cache } = await left();
    cache.trouble = 'no answer';
    const { store, warnings } = open(cache);
    expect(await store.search(key, 'app')).toBeUndefined();
    expect(warnings.join()).toMatch(
      /^app is built: whether the store has its result is unknown \(no answer\)/,
    );
    expect(await store.search(key, 'app')).toBeUndefined();
    expect(cache.asked).toEqual([entry]);
  });

  it('counts what is gone no more, and knows what it took to build', async () => {
    const { cache, result } = await left();
    rmSync(cache.at(key, entry), { recursive: true });
    const { store, index } = open(cache, [result]);
    await expect(store.open(result)).rejects.toThrow(/its cache entry is not there any more/);
    await store.drop(key);
    expect(index.results.get(key)).toEqual({ result, seen: 1, stored: 'none' });
    expect(await store.get(key, 'app')).toBeUndefined();
    expect(await store.latest('app')).toMatchObject({ key, seconds: result.seconds });
    expect(index.dropped).toEqual(new Set([key]));
  });

  it.each<[string, (folder: string, result: Result) => void, RegExp]>([
    [
      'other bytes',
      (folder, { srpm }) => writeFileSync(join(folder, srpm.file), 'two'),
      /has another SHA-256/,
    ],
    ['a file missing', (folder, { srpm }) => rmSync(join(folder, srpm.file)), /is missing/],
    [
      'a link',
      (folder, { srpm }) => {
        rmSync(join(folder, srpm.file));
        symlinkSync('/etc/passwd', join(folder, srpm.file));
      },
      /no plain file/,
    ],
    ['no manifest', (folder) => rmSync(join(folder, 'result.json')), /result\.json/],
    [
      'a manifest with a path for a name',
      (folder, { srpm }) => {
        const manifest = join(folder, 'result.json');
        writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll(srpm.file, '../../x.src.rpm'));
      },
      /\$\.srpm\.file: This is "\.\.\/\.\.\/x/,
    ],
    [
      'the manifest of another key',
      (folder) => {
        const manifest = join(folder, 'result.json');
        writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll(key, madeKey('cd')));
      },
      /\$\.key: This is [0-9a-f]{64}, but expected/,
    ],
  ])('takes nothing from an entry with %s, listed or not', async (_what, damage, words) => {
    const { cache, result } = await left();
    damage(join(cache.at(key, entry), resultFolder(result)), result);
    const listed = open(cache, [result]);
    await expect(listed.store.open(result)).rejects.toThrow(DamagedResultError);
    await expect(listed.store.open(result)).rejects.toThrow(words);
    const asking = open(cache);
    expect(await asking.store.search(key, 'app')).toBeUndefined();
    expect(asking.warnings.join()).toMatch(words);
  });

  it.each([
    true,
    false,
  ])('takes what the cache has where the index tells of another build (shared: %s)', async (shared) => {
    const { cache, result } = await left('one');
    const indexed = await madeResult(join(temporary(), 'other'), key, 'two');
    const { store } = open(cache, [indexed], { shared });
    await expect(store.open(indexed)).rejects.toThrow(/holds another build than the index says/);
    // Several builds may find it so.
    await store.drop(key);
    await store.drop(key);
    // In a shared run nobody else knows of it yet: it is found like what a run before built.
    expect(await store.get(key, 'app')).toEqual(shared ? undefined : result);
    expect(await store.search(key, 'app')).toEqual(result);
    expect(readFileSync(join(await store.open(result), result.srpm.file), 'utf8')).toBe('one');
  });

  it('has the main files of what was stored without the rest, and only these', async () => {
    const { cache, result } = await left('one', { partsToSave: mainOnly });
    expect(existsSync(cache.at(key, entry))).toBe(false);
    const { store, index } = open(cache);
    seeResults(index, [result], 1, mainOnly);
    const main = `azl-without-debug-1-${key}`;
    const folder = await store.openWithoutDebug(result);
    expect(readdirSync(folder)).toEqual(['app-1.0-1.x86_64.rpm']);
    expect(textDigest(readFileSync(join(folder, 'app-1.0-1.x86_64.rpm')))).toBe(result.rpms[0]?.shipDigest);
    expect(await store.openWithoutDebug(result)).toBe(folder);
    expect(await store.storedParts(result)).toBe('without-debug');
    // Who publishes it and has no room lets go of it, and may need it again.
    rmSync(folder, { recursive: true });
    const again = await Promise.all([store.openWithoutDebug(result), store.openWithoutDebug(result)]);
    expect(again).toEqual([folder, folder]);
    expect(readdirSync(folder)).toEqual(['app-1.0-1.x86_64.rpm']);
    expect(cache.asked).toEqual([main, main]);
    await expect(store.open(result)).rejects.toThrow(DamagedResultError);
  });

  it('takes no other bytes for what builds ask for', async () => {
    const { cache, result } = await left('one', { partsToSave: mainOnly });
    const main = cache.at(key, `azl-without-debug-1-${key}`);
    writeFileSync(join(main, resultFolder(result), 'app-1.0-1.x86_64.rpm'), 'two');
    const { store, index } = open(cache);
    seeResults(index, [result], 1, mainOnly);
    await expect(store.openWithoutDebug(result)).rejects.toThrow(DamagedResultError);
    cache.trouble = 'no answer';
    const other = open(cache);
    seeResults(other.index, [result], 1, mainOnly);
    await expect(other.store.openWithoutDebug(result)).rejects.toThrow(StoreUnavailableError);
  });

  it('plans with what is not stored, unless all is to be published', async () => {
    const { cache, result } = await left('one', { partsToSave: nothing });
    const { store, index } = open(cache);
    seeResults(index, [result], 1, nothing);
    expect(await store.get(key, 'app')).toEqual(result);
    index.onlyStored = true;
    expect(await store.get(key, 'app')).toBeUndefined();
    seeResults(index, [result], 2, mainOnly);
    expect(await store.get(key, 'app')).toEqual(result);
    seeResults(index, [result], 3, nothing);
    expect(await store.latest('app')).toMatchObject({ key });
  });

  it('knows in a shared run only what others know, or can be found by all', async () => {
    const cache = new FolderCache(temporary());
    const dir = join(temporary(), 'result');
    const stored = temporary();
    const result = await new DirectoryStore(stored).put(await madeResult(dir, key, 'one'), dir, false);
    const open = (shared: boolean) =>
      new CachedStore(new DirectoryStore(stored), cache, newIndex(), {
        ...{
          tempDir: temporary(),
          warn: () => {},
          onStoreError: 'fail',
          partsToSave: () => 'full',
          saves: true,
          shared,
        },
      });
    expect(await open(false).get(key, 'app')).toEqual(result);
    expect(await open(true).get(key, 'app')).toBeUndefined();
    const store = open(true);
    expect(await store.search(key, 'app')).toEqual(result);
    expect(await store.get(key, 'app')).toEqual(result);
  });

  it('says what is not worth its bytes', async () => {
    expect((await left('one', { partsToSave: nothing })).leftOut).toEqual([{ name: 'app', parts: 'none' }]);
    expect((await left('one', { partsToSave: mainOnly })).leftOut).toEqual([
      { name: 'app', parts: 'without-debug' },
    ]);
  });

  describe('with a cache that takes nothing', () => {
    const keys = ['a', 'b', 'c'].map(madeKey);
    const names = ['app', 'lib', 'other'];
    /** A job that offers results, one after the other. */
    const troubled = () => {
      const cache = new FolderCache(temporary());
      cache.trouble = 'no answer';
      const clock = { now: 0 };
      const run = open(cache, [], { now: () => clock.now });
      const offer = async (at: number) => {
        const dir = join(temporary(), 'result');
        const made = await madeResult(dir, keys[at] as string, 'one', names[at] as string);
        run.store.offer(await run.store.put(made, dir, false));
      };
      const stored = () => keys.map((one) => run.store.saved(one));
      return { ...run, cache, clock, offer, stored };
    };

    it('tells only of what was saved, and tries the rest once more at its end', async () => {
      const { store, cache, offer, stored, warnings } = troubled();
      await offer(0);
      expect(stored()).toEqual(['none', undefined, undefined]);
      await store.flush();
      expect(stored()).toEqual(['none', undefined, undefined]);
      expect(store.unsaved().failed).toEqual({ names: ['app'], message: 'no answer' });
      expect(warnings.join()).toMatch(/^The result of app is not in the store yet: no answer/);
      cache.trouble = undefined;
      await store.flush();
      expect(stored()).toEqual(['full', undefined, undefined]);
      expect(store.unsaved().failed.names).toEqual([]);
    });

    it('leaves it alone for a while, and goes on then with all that waits', async () => {
      const { cache, clock, offer, stored, warnings } = troubled();
      await offer(0);
      await expect.poll(() => warnings).toHaveLength(1);
      cache.trouble = undefined;
      await offer(1);
      expect(cache.saved).toEqual([]);
      clock.now = 10 * 60_000;
      await offer(2);
      await expect.poll(() => stored()).toEqual(['full', 'full', 'full']);
      expect(warnings).toHaveLength(1);
    });
  });

  it('hands on what lay here and was nowhere else', async () => {
    const cache = new FolderCache(temporary());
    const stored = new DirectoryStore(temporary());
    const dir = join(temporary(), 'result');
    await stored.put(await madeResult(dir, key, 'one'), dir, false);
    const store = new CachedStore(stored, cache, newIndex(), {
      ...{ tempDir: temporary(), warn: () => {}, onStoreError: 'fail', partsToSave: () => 'full' },
      ...{ saves: true, shared: true },
    });
    await store.search(key, 'app');
    await store.flush();
    expect(store.saved(key)).toBe('full');
    expect(cache.saved).toEqual([entry]);
  });

  it('saves in the place of what is gone, and not of what is damaged', async () => {
    const { cache, result } = await left();
    const rebuilt = async () => {
      const { store } = open(cache, [result]);
      await expect(store.open(result)).rejects.toThrow(DamagedResultError);
      await store.drop(key);
      const dir = join(temporary(), 'result');
      store.offer(await store.put(await madeResult(dir, key, 'one'), dir, false));
      await store.flush();
      return store.saved(key);
    };
    rmSync(cache.at(key, entry), { recursive: true });
    expect(await rebuilt()).toBe('full');
    writeFileSync(join(cache.at(key, entry), resultFolder(result), result.srpm.file), 'two');
    expect(await rebuilt()).toBe('none');
  });

  it('saves nothing where nothing is to be left', async () => {
    const { cache } = await left('one', { saves: false });
    expect(existsSync(cache.at(key, entry))).toBe(false);
  });
});
