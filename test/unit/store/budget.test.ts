import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storedParts } from '../../../src/shared/model/build-result.ts';
import { bytesStored, partsWithin, shareOf } from '../../../src/shared/store/allocation.ts';
import { filesWithoutDebug } from '../../../src/shared/store/result-files.ts';
import { madeUpResult, madeUpRpm } from '../../support/made-up.ts';

/** A result of `main` bytes for builds and `rest` bytes of debuginfo. */
const of = (main: number, rest: number, seconds: number) => {
  const rpms = [madeUpRpm('app', { size: main }), madeUpRpm('app-debuginfo', { size: rest })];
  const plain = madeUpResult('app', rpms);
  return { ...plain, seconds, srpm: { ...plain.srpm, size: 0 } };
};
const bytesWithoutDebug = (result: ReturnType<typeof of>) =>
  filesWithoutDebug(result).reduce((sum, { size }) => sum + size, 0);

const row = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.nat(99), fc.nat(99));
const partsOfAll = (known: readonly ReturnType<typeof of>[], budget: number) => {
  const share = shareOf(known, budget);
  return known.map((one) => ({ one, stored: partsWithin(one, share) }));
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
      'full full',
    ],
    [
      'what is for people goes first',
      [
        [4, 4, 1],
        [5, 2, 1],
      ],
      10,
      'without-debug without-debug',
    ],
    [
      'of as few as need be: what saves most for its size is whole',
      [
        [2, 2, 2],
        [2, 1, 1],
        [2, 3, 3],
      ],
      11,
      'full without-debug full',
    ],
    [
      'of one only, where all of ten is a byte too much',
      Array.from({ length: 10 }, (_, at): Row => [60, 40, 10 - at]),
      999,
      `${'full '.repeat(9)}without-debug`,
    ],
    [
      'then what saves least for its size',
      [
        [4, 4, 8],
        [7, 0, 7],
      ],
      10,
      'without-debug none',
    ],
    ['one is too large', [[11, 0, 22]], 10, 'none'],
    [
      'no room at all',
      [
        [1, 0, 5],
        [0, 0, 0],
      ],
      0,
      'none none',
    ],
    ['no room, and nothing that it saves', [[1, 0, 0]], 0, 'none'],
    [
      'what saves nothing stays out where not all of it fits',
      [
        [3, 0, 6],
        [4, 0, 0],
        [2, 0, 0],
      ],
      5,
      'without-debug none none',
    ],
  ])('%s', (_what, rows, budget, stored) => {
    const known = rows.map((row) => of(...row));
    const share = shareOf(known, budget);
    expect(known.map((one) => partsWithin(one, share)).join(' ')).toBe(stored);
    if (rows.length === 0) expect(partsWithin(of(1e9, 0, 1), share)).toBe('full');
  });

  it('is never passed, and stores nothing of a lower value density than what it leaves out', () => {
    fc.assert(
      fc.property(fc.array(row), fc.nat(900), (rows, budget) => {
        const known = rows.map((one) => of(...one));
        const stored = partsOfAll(known, budget);
        const bytes = stored.reduce((sum, { one, stored: how }) => sum + bytesStored(one, how), 0);
        expect(bytes).toBeLessThanOrEqual(budget);
        const densities = (how: string) =>
          stored.flatMap(({ one, stored: own }) =>
            own === how ? [one.seconds / bytesWithoutDebug(one)] : [],
          );
        expect(Math.min(...densities('without-debug'))).toBeGreaterThanOrEqual(
          Math.max(...densities('none')),
        );
        expect(Math.min(...densities('full'))).toBeGreaterThanOrEqual(
          Math.max(...densities('without-debug')),
        );
        // Nobody has more than a build needs while another has not even that.
        expect(densities('full').length === 0 || densities('none').length === 0).toBe(true);
      }),
    );
  });

  it('stores no less of anything when it is larger', () => {
    fc.assert(
      fc.property(fc.array(row), fc.nat(900), fc.nat(900), (rows, budget, more) => {
        const known = rows.map((one) => of(...one));
        const small = partsOfAll(known, budget);
        for (const [at, { stored }] of partsOfAll(known, budget + more).entries())
          expect(storedParts.indexOf(stored)).toBeLessThanOrEqual(
            storedParts.indexOf(small[at]?.stored ?? 'none'),
          );
      }),
    );
  });
});
