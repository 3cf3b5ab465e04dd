import { expect, it } from 'vitest';
import { estimatedSeconds, expectedTimes } from '../../../src/shared/planner/expectation.ts';
import { defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';
import { sizeMatrices } from '../../../src/shared/shards/scheduler/size.ts';

const { timeBudget } = defaultSettings;
const known = (count: number, seconds: number) =>
  new Map(Array.from({ length: count }, (_, at) => [`known${at}`, seconds]));

it('is what a package took before', () => {
  expect(expectedTimes(known(3, 7), timeBudget)('known1')).toBe(7);
});

it('is generous where nothing is known, and comes near the mean of what is known the more that is', () => {
  const of = (count: number) => expectedTimes(known(count, 100), timeBudget)('new');
  expect(of(0)).toBe(estimatedSeconds);
  expect(of(20)).toBe((estimatedSeconds + 100) / 2);
  expect(of(1400)).toBeCloseTo(107, 0);
});

it('fails no package as longer than a whole budget, and lets a shard take some of what it guesses at', () => {
  const guess = expectedTimes(new Map(), 60)('new');
  expect(guess * 3).toBeLessThan(60);
  expect(expectedTimes(known(100, 10_000), 1800)('new')).toBe(450);
  // What is known is no guess.
  expect(expectedTimes(known(100, 10_000), 1800)('known0')).toBe(10_000);
});

/** A run of so many packages of which nothing is known, in levels of twenty. */
const firstRun = (count: number, most: number, budget = timeBudget) => {
  const expected = expectedTimes(new Map(), budget);
  const tasks = Array.from({ length: count }, (_, at) => ({
    name: `p${at}`,
    seconds: expected(`p${at}`),
    needs: at < 20 ? [] : [`p${at - 20}`],
  }));
  const bounds = { most, timeBudget: budget };
  return sizeMatrices(tasks, () => false, bounds, bounds);
};

it.each([8, 20])('gives a first run of Azure Linux at %d shards entries for all its hours', (most) => {
  const { shards, entries } = firstRun(1404, most);
  expect(shards).toBe(most);
  expect((entries * timeBudget) / 3600).toBeGreaterThan(170 * 1.3);
  expect(entries).toBeLessThan(80);
});

it('gives a small distribution few entries, also where budgets are short', () => {
  expect(firstRun(16, 3)).toMatchObject({ shards: 3, entries: 5 });
  const short = firstRun(16, 3, 60);
  expect(short).toMatchObject({ shards: 3 });
  expect(short.entries).toBeLessThanOrEqual(8);
});
