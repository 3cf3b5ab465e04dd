import type { ArtifactInfo } from '../protocol/listing.ts';
import { fits, secondsLeft } from './build-time.ts';
import { claimState } from './claims.ts';
import { end, outOfTime, reasonToEnd } from './ending.ts';
import { compaction, mustPublish } from './publishing.ts';
import { generations, mostMissedReads } from './settings.ts';
import type { Shard } from './shard.ts';
import type { Step, Work } from './work.ts';
import { type Candidate, canBeOutdone, hasSuccessor, livingPeers, publishAll } from './work.ts';

/** A heartbeat that is late by half of the interval is made before everything else. */
const overdue = 1.5;

/** Number of artifacts read at once. */
const readsAtOnce = 20;

/** Returns what a shard does next. Pure: the events in `shard.ts` change the state. */
export function nextStep(shard: Shard, work: Work, now: number): Step {
  const { heartbeat, settings } = shard;
  if (shard.listing === undefined) return { do: 'list' };
  if (heartbeat === undefined) return { do: 'heartbeat', ended: false };
  // However busy a shard is, it must not be taken for dead.
  if (now >= heartbeat.at + settings.heartbeatInterval * overdue) return { do: 'heartbeat', ended: false };
  // The listing still shows heartbeats that are gone: it gets time to catch up.
  if (shard.missed > mostMissedReads) return { do: 'wait', seconds: settings.pollInterval, idle: true };
  const hasSlot = shard.building.size < settings.slots;
  const pick = hasSlot ? nextPick(shard, work, now) : undefined;
  if (pick !== undefined) return pick;
  if (mustPublish(shard, work, now)) return publishAll(shard);
  const isDue = now >= heartbeat.at + settings.heartbeatInterval;
  if (isDue || heartbeat.publication < shard.publications) return { do: 'heartbeat', ended: false };
  if (shard.obsoleteArtifacts.length > 0) return { do: 'remove', names: [...shard.obsoleteArtifacts] };
  const compact = compaction(shard);
  if (compact !== undefined) return compact;
  const why = shard.building.size === 0 ? reasonToEnd(shard, work, now) : undefined;
  if (why !== undefined) return end(shard, why);
  return keepUp(shard, now) ?? rest(shard, now, hasSlot);
}

/** Returns the next step towards a build: what has to be known first, then its claim. */
function nextPick(shard: Shard, work: Work, now: number): Step | undefined {
  const left = secondsLeft(shard, now);
  const first = work.candidates.find((one) => claimState(shard, one.package, now).state !== 'taken');
  const [oldest] = livingPeers(shard, work);
  const isLast = !canBeOutdone(shard, work);
  const isOldest = shard.building.size === 0 && oldest === shard.id && hasSuccessor(shard, work);
  for (const candidate of work.candidates) {
    if (candidate.seconds > shard.settings.timeBudget) return tooLong(shard, candidate);
    if (!fits(shard, candidate.seconds, left, isLast)) {
      // The most urgent package may be too long for every living shard: the oldest ends, so that another entry starts.
      if (candidate === first && isOldest && claimState(shard, candidate.package, now).state === 'free')
        return end(shard, outOfTime);
      continue;
    }
    // No other shard sees a package that waits for a result which only this shard has.
    const isOwn = candidate.needs.some((need) => shard.pending.has(need));
    const look = isOwn ? undefined : lookAround(shard, now);
    const step = look ?? take(shard, work, candidate, now);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** Returns the step that a package's claims allow; undefined if another shard is building it. */
function take(shard: Shard, work: Work, candidate: Candidate, now: number): Step | undefined {
  const claim = claimState(shard, candidate.package, now);
  switch (claim.state) {
    case 'free':
      return (claim.again && reportFirst(shard)) || { do: 'claim', candidate, name: claim.claim };
    case 'ask':
      return { do: 'ask', claims: unknownClaims(shard, work, now) };
    case 'hopeless': {
      const reason = `${generations} shards that built it sent no heartbeat any more: perhaps it needs more memory or disk than they have`;
      return { do: 'give-up', package: candidate.package, reason, kind: 'shards' };
    }
    case 'taken':
      return undefined;
  }
}

function tooLong({ settings }: Shard, { package: name, seconds }: Candidate): Step {
  const [needed, given] = [seconds, settings.timeBudget].map((time) => Math.round(time / 60));
  const reason = `it is expected to take ${needed} minutes, and a shard has ${given} (time-budget)`;
  return { do: 'give-up', package: name, reason, kind: 'time-budget' };
}

/** Returns the step that reports own results before a package is built of which another shard may have died. */
function reportFirst(shard: Shard): Step | undefined {
  if (shard.pending.size > 0) return publishAll(shard);
  const isReported = (shard.heartbeat?.publication ?? 0) === shard.publications;
  return isReported ? undefined : { do: 'heartbeat', ended: false };
}

function unknownClaims(shard: Shard, work: Work, now: number): ArtifactInfo[] {
  const claims = work.candidates.map((one) => claimState(shard, one.package, now));
  return claims.flatMap((one) => (one.state === 'ask' ? [one.artifact] : [])).slice(0, readsAtOnce);
}

/** Returns the next look at what other shards may have done before a package is picked; undefined if all is seen. */
function lookAround(shard: Shard, now: number): Step | undefined {
  const isOld = now >= shard.listedAt + shard.settings.pollInterval;
  return !shard.fresh || isOld ? { do: 'list' } : catchUp(shard);
}

/** Returns the next look around of a shard that picks no package, so that its next pick has little to read. */
function keepUp(shard: Shard, now: number): Step | undefined {
  return now >= shard.listedAt + 4 * shard.settings.pollInterval ? { do: 'list' } : catchUp(shard);
}

function catchUp(shard: Shard): Step | undefined {
  for (const [id, { artifact }] of shard.lost) return { do: 'find', shard: id, name: artifact.name };
  const unread = [...(shard.listing?.heartbeats.values() ?? [])].filter(
    (one) => one.shard !== shard.id && one.publication > (shard.read.get(one.shard) ?? 0),
  );
  return unread.length === 0 ? undefined : { do: 'read', heartbeats: unread.slice(0, readsAtOnce) };
}

function rest(shard: Shard, now: number, hasSlot: boolean): Step {
  const { settings } = shard;
  if (hasSlot) {
    const due = shard.listedAt + settings.pollInterval;
    // A job that builds alone polls for nothing: without a build, nothing can change any more.
    if (due === Number.POSITIVE_INFINITY && shard.building.size === 0)
      return end(shard, 'nothing of what is left can be built');
    return now >= due ? { do: 'list' } : { do: 'wait', seconds: due - now, idle: true };
  }
  const dues = [
    (shard.heartbeat?.at ?? now) + settings.heartbeatInterval,
    shard.listedAt + 4 * settings.pollInterval,
    ...[...shard.pending.values()].map(({ at }) => at + settings.batchDelay),
  ];
  return { do: 'wait', seconds: Math.min(...dues) - now, idle: false };
}
