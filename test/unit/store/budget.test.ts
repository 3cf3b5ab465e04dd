import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastWorth, worthOf } from '../../../src/shared/store/budget.ts';
import { bytesOf } from '../../../src/shared/store/result-files.ts';
import { madeUpResult } from '../../support/made-up.ts';

const of = (bytes: number, seconds: number) => {
  const plain = madeUpResult('app', []);
  return { ...plain, seconds, srpm: { ...plain.srpm, size: bytes } };
};

describe('what is worth its bytes', () => {
  it.each<[string, [bytes: number, seconds: number][], number, number]>([
    ['nothing known', [], 10, 0],
    [
      'all fits',
      [
        [4, 1],
        [6, 1],
      ],
      10,
      0,
    ],
    [
      'the least dense does not fit',
      [
        [4, 8],
        [7, 7],
      ],
      10,
      1,
    ],
    ['nothing fits', [[11, 22]], 10, 2],
    ['no room at all', [[1, 5]], 0, 5],
    ['an empty result', [[0, 1]], 0, 0],
  ])('%s', (_what, known, budget, least) => {
    expect(
      leastWorth(
        known.map(([bytes, seconds]) => of(bytes, seconds)),
        budget,
      ),
    ).toBe(least);
  });

  it('keeps no more than fits but for the last, and nothing worth less than what is left out', () => {
    const one = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 99 }));
    fc.assert(
      fc.property(fc.array(one), fc.nat(500), (known, budget) => {
        const results = known.map(([bytes, seconds]) => of(bytes, seconds));
        const least = leastWorth(results, budget);
        const sum = (all: typeof results) => all.reduce((bytes, one) => bytes + bytesOf(one), 0);
        expect(sum(results.filter((one) => worthOf(one) > least))).toBeLessThanOrEqual(budget);
        if (sum(results) <= budget) expect(least).toBe(0);
      }),
    );
  });
});
