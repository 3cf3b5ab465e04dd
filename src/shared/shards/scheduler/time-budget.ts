import { fresh } from './settings.ts';
import type { Shard } from './shard.ts';

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
