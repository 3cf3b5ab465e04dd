import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sharedOut } from '../../../src/shared/specs/ask-rpm.ts';

it('shares each spec out once, the longest first, in parts of about the same weight', () => {
  expect(sharedOut([], 2)).toEqual([[], []]);
  expect(sharedOut([1, 90_000, 2, 3], 2)).toEqual([[1], [3, 2, 0]]);
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), fc.integer({ min: 1, max: 8 }), (sizes, count) => {
      const parts = sharedOut(sizes, count);
      expect(parts).toHaveLength(count);
      expect(parts.flat().sort((a, b) => a - b)).toEqual([...sizes.keys()]);
      const weights = parts.map((part) =>
        part.reduce((sum, index) => sum + (sizes[index] as number) + 4096, 0),
      );
      const longest = Math.max(0, ...sizes) + 4096;
      expect(Math.max(...weights) - Math.min(...weights)).toBeLessThanOrEqual(longest);
    }),
  );
});
