import { expect, it } from 'vitest';
import { installedDifference } from '../../../src/shared/sandbox/transaction.ts';

it.each<[string[], string[], string | undefined]>([
  [['a', 'b'], ['b', 'a'], undefined],
  [['a', 'b', 'c'], ['a'], 'it holds b, c'],
  [['a'], ['a', 'b'], 'it lacks b'],
  [['a', 'c'], ['a', 'b'], 'it holds c and it lacks b'],
])('packages %j instead of %j differ: %s', (found, expected, difference) => {
  expect(installedDifference(found, expected)).toBe(difference);
});
