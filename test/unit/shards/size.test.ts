import { expect, it } from 'vitest';
import { defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';
import {
  daysToKeep,
  jobMinutes,
  matrixEntries,
  mostEntries,
  withinLimit,
} from '../../../src/shared/shards/scheduler/size.ts';

it.each([
  ['nothing to build', 0, 100, 100, 0],
  ['a run that a budget covers', 3, 60, 100, 5],
  ['a run that fills it: packages rarely end where it does', 3, 95, 100, 8],
  ['a run of many budgets', 8, 76_500, 19_800, 42],
  ['more than a run may have', 100, 1000, 100, mostEntries],
])('the entries of a matrix for %s', (_, shards, length, budget, entries) => {
  expect(matrixEntries(shards, length, budget)).toBe(entries);
});

it.each([
  ['the default: as long as a hosted job may take', defaultSettings.timeBudget, 360],
  ['a short budget: publishing takes its minutes', 60, 11],
  ['a long one, in whole minutes', 1000 * 60, 1091],
])('the minutes of a job for %s', (_, budget, minutes) => {
  expect(jobMinutes(budget)).toBe(minutes);
});

it.each([
  ['nothing to build', 0, 1],
  ['an hour', 3600, 2],
  ['a day', 24 * 3600, 2],
  ['30 hours: merge needs what the first hour brought', 30 * 3600, 3],
  ['more than the platform keeps', 100 * 24 * 3600, 90],
])('what a run exchanges is kept beyond its end: %s', (_, length, days) => {
  expect(daysToKeep(length)).toBe(days);
});

it.each<[string, ordinary: number, heavy: number, kept: [number, number]]>([
  ['both fit', 100, 50, [100, 50]],
  ['no heavy package', 240, 0, [240, 0]],
  ['many ordinary ones', 240, 50, [190, 50]],
  ['many of both: half each', 240, 200, [120, 120]],
  ['few ordinary ones', 10, 240, [10, 230]],
])('two matrices share what a run may have: %s', (_, ordinary, heavy, kept) => {
  const sizes = withinLimit(ordinary, heavy);
  expect([sizes.ordinary, sizes.heavy]).toEqual(kept);
});
