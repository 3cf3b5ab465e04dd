import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits, passedLimits } from '../../../bench/schedule/limits.ts';
import { makeLoad, withoutHistory } from '../../../bench/schedule/load.ts';
import { assignedInAdvance, levelPerMatrix } from '../../../bench/schedule/policies.ts';
import { simulate } from '../../../bench/schedule/simulate.ts';
import { defaultSettings } from '../../../src/shared/shards/scheduler/settings.ts';
import { sizeMatrices } from '../../../src/shared/shards/scheduler/size.ts';

/** Packages that need only earlier ones. */
const someNeeds = fc
  .array(fc.array(fc.nat(40), { maxLength: 3 }), { minLength: 1, maxLength: 40 })
  .map(
    (list) =>
      new Map(
        list.map((needs, at) => [
          `p${at}`,
          [...new Set(needs.filter((need) => need < at).map((need) => `p${need}`))],
        ]),
      ),
  );

const wide = new Map(Array.from({ length: 300 }, (_, at) => [`p${at}`, at < 40 ? [] : [`p${at % 40}`]]));

describe('shards that pull', () => {
  it('build every package of any graph, whoever dies, whatever a listing leaves out', () => {
    fc.assert(
      fc.property(
        someNeeds,
        fc.integer({ min: 2, max: 6 }),
        fc.nat(2),
        fc.constantFrom(0, 0.3),
        fc.nat(1000),
        (needs, shards, deaths, cut, seed) => {
          const load = makeLoad(needs, needs.size / 10, seed);
          const run = simulate({ load, shards, seed, deaths, cut });
          expect(run.failed).toEqual([]);
          expect(passedLimits(run, needs.size)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('leave what they have too little time for to one that has more', () => {
    // Some take half of a budget, and nobody expects it.
    const timeBudget = 7200;
    const load = makeLoad(wide, 40, 4);
    const packages = load.packages.map((one, at) =>
      at % 30 === 29 ? { ...one, expected: 600, seconds: 4000 } : { ...one, expected: 900, seconds: 900 },
    );
    const work = packages.reduce((sum, { seconds }) => sum + seconds, 0);
    const long = { packages, work, chain: 7200 };
    const settings = { ...defaultSettings, timeBudget };
    const run = simulate({ load: long, shards: 12, seed: 1, settings });
    expect(run.ranOut).toBeGreaterThan(0);
    expect(run.failed).toEqual([]);
    expect(run.built).toBe(300);
  });

  it('give up what a whole budget is too short for, and nothing else', () => {
    const load = makeLoad(
      new Map([
        ['fine', []],
        ['hangs', []],
        ['needs-fine', ['fine']],
      ]),
      1,
      1,
    );
    const packages = load.packages.map((one) => ({
      ...one,
      expected: 600,
      seconds: one.name === 'hangs' ? 1e6 : 600,
    }));
    const run = simulate({ load: { packages, work: 20_000, chain: 1200 }, shards: 2, seed: 1 });
    expect(run.failed).toEqual(['hangs']);
    expect(run.built).toBe(2);
  });

  it('build every package in a first run, whose matrix was sized by guesses', () => {
    const { timeBudget } = defaultSettings;
    const load = withoutHistory(makeLoad(wide, 40, 1), timeBudget);
    const tasks = load.packages.map((one) => ({ ...one, seconds: one.expected }));
    const bounds = { most: 8, timeBudget };
    const { shards } = sizeMatrices(tasks, () => false, bounds, bounds);
    const run = simulate({ load, shards, seed: 1 });
    expect(run.failed).toEqual([]);
    expect(passedLimits(run, 300)).toEqual([]);
  });

  it('do the same again for the same seed', () => {
    const load = makeLoad(wide, 40, 1);
    expect(simulate({ load, shards: 5, seed: 1 })).toEqual(simulate({ load, shards: 5, seed: 1 }));
  });

  it('build nothing twice while nobody dies', () => {
    const load = makeLoad(wide, 40, 2);
    expect(simulate({ load, shards: 8, seed: 2 }).twice).toBe(0);
  });

  it('are compared with policies that keep the order of the graph, too', () => {
    const load = makeLoad(wide, 40, 3);
    const bound = Math.max(load.work / 8, load.chain);
    for (const policy of [levelPerMatrix, assignedInAdvance])
      expect(policy(load, 8, 3)).toBeGreaterThan(bound * 0.95);
  });
});

it.each([
  [{ listed: limits.listed }, 'artifacts were listed'],
  [{ createdByJob: limits.createdByJob + 1 }, 'one job created'],
  [{ jobs: limits.jobs + 1 }, 'jobs were started'],
  [{ built: 299 }, '1 packages were not built'],
])('says which limit was passed: %j', (fault, words) => {
  const run = simulate({ load: makeLoad(wide, 40, 1), shards: 4, seed: 1 });
  expect(passedLimits(run, 300)).toEqual([]);
  expect(passedLimits({ ...run, ...fault }, 300).join()).toContain(words);
});
