import type { PackagePlan } from '../model/outcome.ts';
import type { Task } from './forecast.ts';

/**
 * Expected seconds of a package that was never built. Azure Linux's take seven minutes on average. The estimate is high on
 * purpose: a matrix with too many entries costs seconds for each idle one, a matrix with too few does not finish the run.
 */
export const estimatedSeconds = 600;

/** Weight of the estimate, in packages with known times. */
const estimateWeight = 20;

/** Largest part of a time budget that an estimate may take, so that a shard still starts packages it knows nothing of. */
const largestPartOfBudget = 1 / 4;

/**
 * Returns the expected time of each package, for shards and for their number. All times in seconds. Pure.
 * @param seconds times of earlier builds
 */
export function expectedTimes(
  seconds: ReadonlyMap<string, number>,
  timeBudget: number,
): (name: string) => number {
  const sum = [...seconds.values()].reduce((all, one) => all + one, 0);
  const mean = (estimatedSeconds * estimateWeight + sum) / (estimateWeight + seconds.size);
  const guess = Math.min(mean, timeBudget * largestPartOfBudget);
  return (name) => seconds.get(name) ?? guess;
}

/** Probability that a rebuilt package makes a package that depends on it be built: most changes stop at once. */
const changeProbability = 0.5;

/**
 * The tasks that a plan will probably lead to, for a forecast. A package that is certain to be built, or was never built,
 * counts with its whole time, and so does one that no other package decides; one that is decided on the way counts with half the part of the package that decides it.
 * Pure.
 * @param isKnown true if a package was built before
 * @param expected seconds
 */
export function expectedTasks(
  plan: ReadonlyMap<string, PackagePlan>,
  isKnown: (name: string) => boolean,
  expected: (name: string) => number,
  needs: (name: string) => readonly string[],
): Task[] {
  const chances = new Map<string, number>();
  const chance = (name: string): number => {
    const known = chances.get(name);
    if (known !== undefined) return known;
    const planned = plan.get(name);
    let own = 0;
    // A cycle ends here.
    chances.set(name, own);
    const isAlone = planned?.state === 'maybe' && planned.waitsFor.length === 0;
    if (planned?.state === 'build' || isAlone || (planned?.state === 'maybe' && !isKnown(name))) own = 1;
    else if (planned?.state === 'maybe')
      own = changeProbability * Math.max(0, ...planned.waitsFor.map(chance));
    chances.set(name, own);
    return own;
  };
  return [...plan.keys()]
    .filter((name) => chance(name) > 0)
    .map((name) => ({ name, seconds: expected(name) * chance(name), needs: needs(name) }));
}
