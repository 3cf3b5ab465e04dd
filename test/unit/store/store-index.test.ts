import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/shared/model/build-result.ts';
import {
  joinIndex,
  latestIn,
  listResult,
  newestResults,
  newIndex,
  pruneIndex,
  type StoreIndex,
  seeResults,
  unlistResult,
} from '../../../src/shared/store/store-index.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';

const digest = (letter: string) => letter.repeat(64);
const result = (key: string, name = 'app'): Result => ({
  ...madeUpResult(name, [madeUpRpm(name, { shipDigest: digest('b'), outputDigest: digest('c') })], key),
  srpm: { file: `${name}-1.0-1.src.rpm`, size: 1, shipDigest: digest('d') },
});
const index = (...seen: [key: string, seen: number, name?: string][]): StoreIndex => {
  const made = newIndex();
  for (const [key, when, name] of seen) seeResults(made, [result(digest(key), name)], when);
  return made;
};
const day = 24 * 3600;

describe('the index of the store', () => {
  it('joins to the same, in whatever order, and knows what was seen last', () => {
    const entry = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), seen: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(fc.array(entry), { maxLength: 4 }), (indexes) => {
        const joined = (order: typeof indexes) => {
          const into = newIndex();
          for (const one of order)
            joinIndex(into, index(...one.map(({ key, seen }): [string, number] => [key, seen])));
          return into;
        };
        const forth = joined(indexes);
        expect(joined(indexes.toReversed()).results).toEqual(forth.results);
        // Within one index the last word counts.
        const seen = new Map<string, number>();
        for (const one of indexes) {
          const last = new Map(one.map(({ key, seen: when }) => [key, when]));
          for (const [key, when] of last) seen.set(key, Math.max(when, seen.get(key) ?? 0));
        }
        expect([...forth.results].map(([key, one]) => [key[0], one.seen]).sort()).toEqual([...seen].sort());
      }),
    );
  });

  it('does not take back what turned out to be gone', () => {
    const own = newIndex();
    own.dropped.add(digest('a'));
    joinIndex(own, index(['a', 1], ['b', 1]));
    expect([...own.results.keys()]).toEqual([digest('b')]);
  });

  it('knows the newest result of each package', () => {
    const all = index(['a', 1], ['b', 3], ['c', 2], ['d', 1, 'lib']);
    expect(latestIn(all, 'app')?.key).toBe(digest('b'));
    expect(latestIn(all, 'none')).toBeUndefined();
    expect(
      newestResults(all)
        .map(({ key }) => key)
        .sort(),
    ).toEqual([digest('b'), digest('d')]);
  });

  it('knows the newest result of a package, whatever was listed, replaced and removed in which order', () => {
    const step = fc.record({
      key: fc.constantFrom(...'abcd'),
      name: fc.constantFrom('app', 'lib'),
      seen: fc.nat(3),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const made = newIndex();
        for (const { key, name, seen, remove } of steps) {
          const own = digest(name === 'app' ? key : key.toUpperCase());
          if (remove) unlistResult(made, own);
          else if ((made.results.get(own)?.seen ?? 0) <= seen)
            listResult(made, { result: result(own, name), seen, stored: 'full' });
        }
        for (const name of ['app', 'lib']) {
          const all = [...made.results.values()].filter((one) => one.result.package === name);
          const [newest] = all.sort((a, b) => b.seen - a.seen || (a.result.key < b.result.key ? -1 : 1));
          expect(latestIn(made, name)?.key).toBe(newest?.result.key);
        }
      }),
    );
  });

  it('forgets after two weeks, but never the newest of a package', () => {
    const all = index(['a', 0], ['b', 2 * day], ['c', 1, 'lib']);
    pruneIndex(all, 15 * day);
    expect([...all.results.keys()].sort()).toEqual([digest('b'), digest('c')]);
    pruneIndex(all, 100 * day);
    expect(all.results.size).toBe(2);
  });
});
