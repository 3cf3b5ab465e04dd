import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keeps } from '../../../src/shared/model/stored-parts.ts';
import { bytesStored, keptOf, shareOf } from '../../../src/shared/store/budget.ts';
import { filesWithoutDebug } from '../../../src/shared/store/result-files.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';

/** A result of `main` bytes for builds and `rest` for people. */
const of = (main: number, rest: number, seconds: number) => {
  const rpms = [madeUpRpm('app', { size: main }), madeUpRpm('app-debuginfo', { size: rest })];
  const plain = madeUpResult('app', rpms);
  return { ...plain, seconds, srpm: { ...plain.srpm, size: 0 } };
};
const mainBytes = (result: ReturnType<typeof of>) =>
  filesWithoutDebug(result).reduce((sum, { size }) => sum + size, 0);

const row = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.nat(99), fc.nat(99));
const keptAll = (known: readonly ReturnType<typeof of>[], budget: number) => {
  const ration = shareOf(known, budget);
  return known.map((one) => ({ one, kept: keptOf(one, ration) }));
};

type Row = [main: number, rest: number, seconds: number];

describe('a budget', () => {
  it.each<[string, Row[], number, string]>([
    ['nothing known: all of what comes', [], 10, ''],
    [
      'all fits',
      [
        [2, 2, 1],
        [3, 3, 1],
      ],
      10,
      'whole whole',
    ],
    [
      'what is for people goes first',
      [
        [4, 4, 1],
        [5, 2, 1],
      ],
      10,
      'main main',
    ],
    [
      'of as few as need be: what saves most for its size is whole',
      [
        [2, 2, 2],
        [2, 1, 1],
        [2, 3, 3],
      ],
      11,
      'whole main whole',
    ],
    [
      'of one only, where all of ten is a byte too much',
      Array.from({ length: 10 }, (_, at): Row => [60, 40, 10 - at]),
      999,
      `${'whole '.repeat(9)}main`,
    ],
    [
      'then what saves least for its size',
      [
        [4, 4, 8],
        [7, 0, 7],
      ],
      10,
      'main nothing',
    ],
    ['one is too large', [[11, 0, 22]], 10, 'nothing'],
    [
      'no room at all',
      [
        [1, 0, 5],
        [0, 0, 0],
      ],
      0,
      'nothing nothing',
    ],
    ['no room, and nothing that it saves', [[1, 0, 0]], 0, 'nothing'],
    [
      'what saves nothing stays out where not all of it fits',
      [
        [3, 0, 6],
        [4, 0, 0],
        [2, 0, 0],
      ],
      5,
      'main nothing nothing',
    ],
  ])('%s', (_what, rows, budget, kept) => {
    const known = rows.map((row) => of(...row));
    const ration = shareOf(known, budget);
    expect(known.map((one) => keptOf(one, ration)).join(' ')).toBe(kept);
    if (rows.length === 0) expect(keptOf(of(1e9, 0, 1), ration)).toBe('whole');
  });

  it('is never passed, and keeps nothing that is worth less than what it leaves out', () => {
    fc.assert(
      fc.property(fc.array(row), fc.nat(900), (rows, budget) => {
        const known = rows.map((one) => of(...one));
        const kept = keptAll(known, budget);
        const bytes = kept.reduce((sum, { one, kept: how }) => sum + bytesStored(one, how), 0);
        expect(bytes).toBeLessThanOrEqual(budget);
        const worth = (how: string) =>
          kept.flatMap(({ one, kept: own }) => (own === how ? [one.seconds / mainBytes(one)] : []));
        expect(Math.min(...worth('main'))).toBeGreaterThanOrEqual(Math.max(...worth('nothing')));
        expect(Math.min(...worth('whole'))).toBeGreaterThanOrEqual(Math.max(...worth('main')));
        // Nobody has more than a build needs while another has not even that.
        expect(worth('whole').length === 0 || worth('nothing').length === 0).toBe(true);
      }),
    );
  });

  it('keeps no less of anything when it is larger', () => {
    fc.assert(
      fc.property(fc.array(row), fc.nat(900), fc.nat(900), (rows, budget, more) => {
        const known = rows.map((one) => of(...one));
        const small = keptAll(known, budget);
        for (const [at, { kept }] of keptAll(known, budget + more).entries())
          expect(keeps.indexOf(kept)).toBeLessThanOrEqual(keeps.indexOf(small[at]?.kept ?? 'nothing'));
      }),
    );
  });
});
