import { leastForBuild } from '../../builder/build-context.ts';
import { fresh, type ShardSettings } from './settings.ts';
import type { Shard } from './shard.ts';

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

/** Builds now and then take this many times their expected duration. */
const caution = 1.3;

/** Returns the seconds of its time budget that a shard has left. */
export function secondsLeft({ settings, started }: Shard, now: number): number {
  return settings.timeBudget - (now - started);
}

/**
 * True if a package of so many expected seconds ends in time, also when it takes somewhat longer. A shard that has just
 * started may try all the same, and so may the last one, as no other would do better.
 * @param left seconds of the time budget that are left
 */
export function fits(shard: Shard, seconds: number, left: number, isLast: boolean): boolean {
  const isFresh = left >= shard.settings.timeBudget * fresh;
  return seconds <= left && (isFresh || isLast || seconds * caution <= left);
}
