import { leastForBuild } from '../../builder/build-context.ts';
import { fresh, type ShardSettings } from './settings.ts';

/** Of its time budget, what a build may take longer: the rest of a hosted job's time is left to publishing. */
const overtime = 1 / 16;

/** Seconds that a build is given which starts so long after its shard. */
export function secondsForBuild({ timeBudget }: Pick<ShardSettings, 'timeBudget'>, elapsed: number): number {
  return Math.max(leastForBuild, timeBudget * (1 + overtime) - elapsed);
}

/**
 * Whether a build that ran out of time after so many seconds had about all that any shard can give. If not, one with
 * more left may end it. Each that tries in vain leaves a longer expectation behind, so after a few only a fresh one does.
 */
export function hadWholeBudget({ timeBudget }: Pick<ShardSettings, 'timeBudget'>, seconds: number): boolean {
  return seconds >= timeBudget * fresh;
}
