import { expectedTimes } from '../../src/shared/planner/expectation.ts';
import { criticalPath, type Task } from '../../src/shared/planner/forecast.ts';
import type { Needs } from './azure-linux.ts';
import { normal, seeded } from './random.ts';

/** Packages to build, with the real and the expected durations of their builds. */
export interface Load {
  packages: readonly LoadedPackage[];
  /** Seconds of all builds together. */
  work: number;
  /** Seconds of the longest chain of builds. */
  chain: number;
}

export interface LoadedPackage extends Task {
  /** Seconds that the history of builds says, with noise. */
  expected: number;
  bytes: number;
}

/** Standard deviations of the logarithms of durations, of the error of history, and of sizes. */
const spread = { seconds: 1.2, history: 0.5, bytes: 1.5 };
/** The longest build on a hosted runner, in seconds. Longer ones are split, or are built on heavy runners. */
const longest = 3 * 3600;
/** The mean size of a result: 15 GB in all for Azure Linux. */
const meanBytes = 11e6;

/** Returns packages with seeded lognormal durations that sum up to `hours`, a noisy history, and sizes. */
export function makeLoad(needs: Needs, hours: number, seed: number): Load {
  const random = seeded(seed);
  const names = [...needs.keys()].sort();
  const raw = names.map(() => Math.exp(spread.seconds * normal(random)));
  const scale = (hours * 3600) / raw.reduce((sum, one) => sum + one, 0);
  const packages = names.map((name, at) => {
    const seconds = Math.min(longest, (raw[at] as number) * scale);
    const expected = Math.min(longest, seconds * Math.exp(spread.history * normal(random)));
    const bytes = meanBytes * Math.exp(spread.bytes * normal(random) - spread.bytes ** 2 / 2);
    return { name, needs: needs.get(name) ?? [], seconds, expected, bytes };
  });
  return {
    packages,
    work: packages.reduce((sum, { seconds }) => sum + seconds, 0),
    chain: criticalPath(packages),
  };
}

/** Returns the same packages as in a first run, which has no history of any of them. */
export function withoutHistory(load: Load, timeBudget: number): Load {
  const expected = expectedTimes(new Map(), timeBudget);
  return { ...load, packages: load.packages.map((one) => ({ ...one, expected: expected(one.name) })) };
}
