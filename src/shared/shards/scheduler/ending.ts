import { parseName } from '../protocol/names.ts';
import { fits, secondsLeft } from './build-time.ts';
import { claimState } from './claims.ts';
import type { Shard } from './shard.ts';
import type { Step, Work } from './work.ts';
import { canBeOutdone, hasSuccessor, isIn, living, livingPeers, publishAll } from './work.ts';

const tooShort = 'what is left of its time budget is too short';
export const outOfTime = `${tooShort}: the next entry of the matrix goes on`;
const lastOutOfTime = `${tooShort} for what is left of the run, and no shard follows it`;

/** Returns why a shard that builds nothing ends now; undefined if it goes on. */
export function reasonToEnd(shard: Shard, work: Work, now: number): string | undefined {
  if (work.left === 0) return 'every package has its result';
  if (needsOthersThatAreGone(shard, work))
    return 'what is left waits for shards of another kind, and none of them comes any more';
  const left = secondsLeft(shard, now);
  const free = work.candidates.filter((one) => claimState(shard, one.package, now).state === 'free');
  const isFollowed = hasSuccessor(shard, work);
  const isLast = !canBeOutdone(shard, work);
  const doesNotFit = free.length > 0 && free.every(({ seconds }) => !fits(shard, seconds, left, isLast));
  if (work.shortest() > left || (doesNotFit && isFollowed)) return isFollowed ? outOfTime : lastOutOfTime;
  // No other shard makes a package ready that would fit.
  const isAlone =
    living(shard).every((other) => other === shard.id) && free.length === work.candidates.length;
  if (doesNotFit && isAlone) return lastOutOfTime;
  // Entries start in the order of their numbers: the younger ones have more of their budget left.
  const younger = livingPeers(shard, work).filter((other) => other > shard.id).length;
  // One more than can help stays, to take over from one that dies.
  return younger > work.helping() ? 'more shards live than can still help' : undefined;
}

/** True if all that is left waits for what only others take, of whom each has started and ended, or none ever starts. */
function needsOthersThatAreGone(shard: Shard, { candidates, elsewhere, others }: Work): boolean {
  if (candidates.length > 0 || elsewhere.length === 0) return false;
  if (others === undefined) return true;
  const ofOthers = (ids: Iterable<number>) => [...ids].filter((id) => isIn(others, id));
  if (ofOthers(living(shard)).length > 0) return false;
  return Math.max(0, ...ofOthers(shard.listing?.heartbeats.keys() ?? [])) >= others.last;
}

/** Returns the next step to the end: everything is published and reported, and obsolete artifacts are removed. */
export function end(shard: Shard, why: string): Step {
  if (shard.pending.size > 0) return publishAll(shard);
  const parsed = shard.heartbeat === undefined ? undefined : parseName(shard.heartbeat.artifact.name);
  if (parsed?.kind !== 'heartbeat' || !parsed.ended || parsed.publication < shard.publications)
    return { do: 'heartbeat', ended: true };
  if (shard.obsoleteArtifacts.length > 0) return { do: 'remove', names: [...shard.obsoleteArtifacts] };
  return { do: 'end', why };
}
