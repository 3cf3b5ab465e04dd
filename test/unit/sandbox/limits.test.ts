import { expect, it } from 'vitest';
import { diskReserve } from '../../../src/shared/host/full-disk.ts';
import { inTime } from '../../../src/shared/sandbox/bounds.ts';
import { pauseFor } from '../../../src/shared/sandbox/disk-watch.ts';
import { limitsOf, memoryFor, memoryReserve } from '../../../src/shared/sandbox/limits.ts';
import { memoryShortage } from '../../../src/shared/sandbox/watch.ts';

const gib = 1024 ** 3;

it('what was given for a package holds for each of its steps, above what was given for all', () => {
  const given = { '*': { seconds: 5, log: 7 }, app: { seconds: 9 } };
  for (const step of ['srpm', 'transaction', 'build', 'check'] as const)
    expect(limitsOf(step, given, 'app')).toEqual({ ...limitsOf(step), seconds: 9, log: 7 });
  expect(limitsOf('build', given, 'lib').seconds).toBe(5);
  expect(limitsOf('build', given, 'constructor')).toEqual({ ...limitsOf('build'), seconds: 5, log: 7 });
});

it.each([
  ['of 16 GB', 16e9, 14e9],
  ['of 7 GB', 7e9, 6e9],
  ['of 2 GB', 2e9, 1.7e9],
])('a runner %s keeps memory for itself', (_name, total, most) => {
  expect(memoryFor(total)).toBeLessThanOrEqual(most + 0.5e9);
  expect(memoryFor(total) + memoryReserve(total)).toBe(total);
});

it('the largest is ended when the machine has hardly any memory left', () => {
  expect(memoryShortage(16 * gib, 2 * gib)).toBeUndefined();
  expect(memoryShortage(16 * gib, 0.4 * gib)?.(12 * gib).message).toBe(
    'used the most memory (12 GiB) when the machine had only 409.6 MiB left',
  );
});

it('a GiB of a disk stays, and an eighth of a small one', () => {
  expect([diskReserve(14 * gib), diskReserve(gib)]).toEqual([gib, gib / 8]);
});

it('a disk is looked at the more often, the less is free', () => {
  expect([pauseFor(100 * gib, gib), pauseFor(2 * gib, gib), pauseFor(gib, gib)]).toEqual([250, 500 / 3, 15]);
});

it.each([
  [1, '1 second'],
  [90, '90 seconds'],
  [1800, '30 minutes'],
  [9000, '2.5 hours'],
])('%d seconds are %s', (seconds, text) => {
  expect(inTime(seconds)).toBe(text);
});
