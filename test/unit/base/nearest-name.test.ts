import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestName, nearestNames } from '../../../src/shared/base/nearest-name.ts';

describe('the number of edits', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['zlib', 'zlib', 0],
    ['zlib', 'zlip', 1],
    ['zlib', 'zilb', 1],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('from %j to %j is %d', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });

  it('is the same with a limit, up to the limit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 });
    fc.assert(
      fc.property(word, word, fc.nat(9), (a, b, most) => {
        const edits = editDistance(a, b);
        const limited = editDistance(a, b, most);
        expect(edits <= most ? limited === edits : limited > most).toBe(true);
      }),
    );
  });
});

it('the nearest name does not depend on the order of the candidates', () => {
  expect(nearestName('zlib-devl', ['zlib', 'zlib-devel', 'other'])).toBe('zlib-devel');
  expect(nearestName('Zlib', ['zlibx', 'zlib'])).toBe('zlib');
  expect(nearestName('bash', ['python3', 'nothing'])).toBeUndefined();
  const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(names, (candidates) => {
      const sorted = [...candidates].sort();
      expect(nearestName('abcab', candidates)).toBe(nearestName('abcab', sorted));
    }),
  );
});

it('the nearest names are few, the nearest first, and none is much farther than it', () => {
  const known = ['zlib-static', 'zlib-devel', 'glib-devel', 'alib-devel', 'blib-devel', 'xlib', 'zlib-devel'];
  expect(nearestNames('zlib-devl', known, 3)).toEqual(['zlib-devel', 'alib-devel', 'blib-devel']);
  expect(nearestNames('zlib-devl', known.slice(0, 2), 3)).toEqual(['zlib-devel']);
  expect(nearestNames('zlib-devl', ['python3'], 3)).toEqual([]);
});
