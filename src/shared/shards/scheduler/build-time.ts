import { leastForBuild } from '../../builder/build-context.ts';
import { fresh, type ShardSettings } from './settings.ts';

/** The part of its time budget that a build may run longer. The rest of a hosted job's time is for publishing. */
const overtime = 1 / 16;

/** Returns the seconds that a build may run. @param elapsed seconds from the start of its shard to that of the build */
export function secondsForBuild({ timeBudget }: Pick<ShardSettings, 'timeBudget'>, elapsed: number): number {
  return Math.max(leastForBuild, timeBudget * (1 + overtime) - elapsed);
}

/**
 * True if a build that ran out of time after so many seconds had about all the time that any shard has. If not, a shard
 * with more time left may finish it. Each try makes the package expected to take longer, so the last one is made by a
 * shard that has just started.
 */
export function hadWholeBudget({ timeBudget }: Pick<ShardSettings, 'timeBudget'>, seconds: number): boolean {
  return seconds >= timeBudget * fresh;
}
