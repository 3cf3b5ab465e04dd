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
  readIndex,
  type StoreIndex,
  seeResults,
  unlistResult,
  writeIndex,
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
  it('is read as it was written, whatever was added first', () => {
    const one = index(['a', 1], ['b', 2, 'lib']);
    const two = index(['b', 2, 'lib'], ['a', 1]);
    for (const made of [one, two]) {
      made.answers.set('question', { ok: true, installed: [{ origin: 'local', file: 'a.rpm' }] });
      made.dropped.add(digest('f'));
    }
    expect(writeIndex(one)).toBe(writeIndex(two));
    const { index: read, errors } = readIndex(writeIndex(one));
    expect(errors).toEqual([]);
    expect(read).toEqual({ ...one, dropped: new Set() });
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['null', 'null', /another version/],
    ['another version', '{"schema":"azl/index","version":1,"results":[]}', /another version/],
    ['no list', '{"schema":"azl/index","version":2,"results":{}}', /no list 'results'/],
  ])('is refused when it is %s', (_what, text, words) => {
    expect(() => readIndex(text)).toThrow(words);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['no time', { result: result(digest('a')), stored: 'full' }],
    ['a key that is none', { result: result('../a'), seen: 1, stored: 'full' }],
    [
      'a package that is a path',
      { result: { ...result(digest('a')), package: '../etc' }, seen: 1, stored: 'full' },
    ],
    [
      'an RPM that is a path',
      { result: { ...result(digest('a')), rpms: [madeUpRpm('../x')] }, seen: 1, stored: 'full' },
    ],
    ['no SRPM', { result: { ...result(digest('a')), srpm: null }, seen: 1, stored: 'full' }],
    ['stored in parts that nobody knows', { result: result(digest('a')), seen: 1, stored: 'whole' }],
  ])('leaves out a result that is %s, and keeps the others', (_what, one) => {
    const good = { result: result(digest('b'), 'lib'), seen: 1, stored: 'full' };
    const text = JSON.stringify({ schema: 'azl/index', version: 2, results: [one, good], answers: {} });
    const { index: read, errors } = readIndex(text);
    expect([...read.results.keys()]).toEqual([digest('b')]);
    expect(errors).toHaveLength(1);
  });

  it('takes only answers that make sense', () => {
    const answers = {
      a: { ok: true, installed: [{ origin: 'local', file: 'a.rpm' }] },
      b: { ok: true, installed: [{ origin: 'elsewhere', file: 'a.rpm' }] },
      c: { ok: true },
      d: { ok: false, problems: [], missing: [] },
      e: null,
    };
    const text = JSON.stringify({ schema: 'azl/index', version: 2, results: [], answers });
    expect([...readIndex(text).index.answers.keys()]).toEqual(['a']);
  });

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

  it('is written as far as it fits: what is taken in any case, the newest of each package, what was seen last', () => {
    const entries: [string, number, string][] = [
      ['a', 1, 'lib'],
      ['b', 2, 'app'],
      ['c', 3, 'app'],
      ['d', 4, 'app'],
      ['e', 4, 'app'],
    ];
    const size = (count: number) =>
      JSON.stringify([...index(...entries).results.values()].slice(0, count)).length;
    const stored = (most: number, seen = entries, taken: string[] = []) => {
      const { index: read, errors } = readIndex(writeIndex(index(...seen), new Set(taken.map(digest)), most));
      expect(errors).toEqual([]);
      return [...read.results.keys()].map((key) => key[0]).join('');
    };
    expect(stored(0)).toBe('');
    expect(stored(size(2))).toBe('ad');
    expect(stored(size(3))).toBe('ade');
    expect(stored(size(4))).toBe('acde');
    expect(stored(size(5))).toBe('abcde');
    expect(stored(size(2), entries.toReversed())).toBe('ad');
    expect(stored(0, entries, ['b', 'c'])).toBe('bc');
    expect(stored(size(3), entries, ['b'])).toBe('abd');
  });
});
