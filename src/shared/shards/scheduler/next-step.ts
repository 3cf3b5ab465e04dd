import { type ArtifactInfo, type ListedHeartbeat, liveShards } from '../protocol/listing.ts';
import { parseName } from '../protocol/names.ts';
import { claimState } from './claims.ts';
import { compactAt, fresh, generations } from './settings.ts';
import { leaseOf, type Shard } from './shard.ts';

/** A package that can be built now and that this shard knows no result of. */
export interface Candidate {
  package: string;
  /** Expected. */
  seconds: number;
  /** Packages whose results its build may install. */
  needs: readonly string[];
}

/** What there is to do in the run, as far as this shard knows. */
export interface Work {
  /** Highest priority first; without those that this shard is building or has finished. */
  candidates: readonly Candidate[];
  /** Packages that nobody finished, those being built included. */
  left: number;
  /** Expected seconds of the shortest of them. */
  shortest(): number;
  /** How many shards still help. */
  helping(): number;
  /** Numbers of the shards that take from these, too: the entries of one matrix, which start in this order. */
  peers: { first: number; last: number };
  /** What only shards of another matrix take, highest priority first. */
  elsewhere: readonly Candidate[];
  /** The numbers of those, when there are any. */
  others: { first: number; last: number } | undefined;
}

/** What a shard does next. It does one at a time, beside its builds. */
export type Step =
  | { do: 'list' }
  /** A sign that the listing should have shown is asked for by its exact name. */
  | { do: 'find'; shard: number; name: string }
  /** Signs of others that tell of new results. */
  | { do: 'read'; signs: readonly ListedHeartbeat[] }
  /** Whose claims these are. */
  | { do: 'ask'; items: readonly ArtifactInfo[] }
  | { do: 'claim'; candidate: Candidate; name: string }
  /** A package fails without a build. */
  | { do: 'give-up'; package: string; reason: string }
  /** Results become one artifact. `replaced`: own artifacts that hold them now. */
  | { do: 'publish'; packages: readonly string[]; replaced: readonly string[] }
  | { do: 'sign'; ended: boolean }
  | { do: 'remove'; names: readonly string[] }
  /** Until so many seconds have passed or a build has ended. Idle shards wait with jitter. */
  | { do: 'wait'; seconds: number; idle: boolean }
  | { do: 'end'; why: string };

/** Packages take so many times what is expected of them, now and then. */
const caution = 1.3;

/** A sign that is late by half of the interval comes before everything else. */
const overdue = 1.5;

/** Signs that may be gone one after the other before a shard waits for the listing. */
const readsInVain = 3;

/** Signs read at once. */
const readsAtOnce = 20;

/** An artifact of so many bytes is not worth to be published again with others. */
const smallBytes = 50e6;

const outOfTime = 'what is left of its time budget is too short: the next entry of the matrix goes on';
const lastOutOfTime =
  'what is left of its time budget is too short for what is left of the run, and no shard follows it';

/** What a shard does next: a pure function of what it knows. */
export function nextStep(shard: Shard, work: Work, now: number): Step {
  if (shard.listing === undefined) return { do: 'list' };
  if (shard.heartbeat === undefined) return { do: 'sign', ended: false };
  // Whatever keeps a shard busy, it must not be taken for dead.
  if (now >= shard.heartbeat.at + shard.settings.heartbeatInterval * overdue)
    return { do: 'sign', ended: false };
  // A listing that shows what is gone again and again is behind: it is given time.
  if (shard.missed > readsInVain) {
    shard.missed = 0;
    return { do: 'wait', seconds: shard.settings.pollInterval, idle: true };
  }
  const hasSlot = shard.building.size < shard.settings.slots;
  const pick = hasSlot ? nextPick(shard, work, now) : undefined;
  if (pick !== undefined) return pick;
  if (mustPublish(shard, work, now))
    return { do: 'publish', packages: [...shard.pending.keys()], replaced: [] };
  const signDue = now >= shard.heartbeat.at + shard.settings.heartbeatInterval;
  if (signDue || shard.heartbeat.publication < shard.publications) return { do: 'sign', ended: false };
  if (shard.obsoleteArtifacts.length > 0) return { do: 'remove', names: [...shard.obsoleteArtifacts] };
  const fold = compactable(shard);
  if (fold !== undefined) return fold;
  const why = shard.building.size === 0 ? reasonToEnd(shard, work, now) : undefined;
  if (why !== undefined) return end(shard, why);
  return keepUp(shard, now) ?? rest(shard, now, hasSlot);
}

/** The way to the next package: what has to be known first, then its claim. */
function nextPick(shard: Shard, work: Work, now: number): Step | undefined {
  const left = shard.settings.timeBudget - (now - shard.started);
  const first = work.candidates.find((one) => claimState(shard, one.package, now).state !== 'taken');
  const [oldest] = livingPeers(shard, work);
  const isLast = !canBeOutdone(shard, work);
  const isOldest = shard.building.size === 0 && oldest === shard.id && hasSuccessor(shard, work);
  for (const candidate of work.candidates) {
    if (candidate.seconds > shard.settings.timeBudget) {
      const reason = `it is expected to take ${Math.round(candidate.seconds / 60)} minutes, and a shard has ${Math.round(shard.settings.timeBudget / 60)} (time-budget)`;
      return { do: 'give-up', package: candidate.package, reason };
    }
    if (!fits(shard, candidate.seconds, left, isLast)) {
      // What the whole run waits for may be too long for every shard that lives: the oldest makes room for a fresh one.
      if (candidate === first && isOldest && claimState(shard, candidate.package, now).state === 'free')
        return end(shard, outOfTime);
      continue;
    }
    // What waits for a result that only this shard has is seen by nobody else.
    const isOwn = candidate.needs.some((need) => shard.pending.has(need));
    if (!isOwn) {
      const look = lookAround(shard, now);
      if (look !== undefined) return look;
    }
    const claim = claimState(shard, candidate.package, now);
    if (claim.state === 'free')
      return (claim.again && tellFirst(shard)) || { do: 'claim', candidate, name: claim.claim };
    if (claim.state === 'ask') return { do: 'ask', items: unknownClaims(shard, work, now) };
    if (claim.state === 'hopeless') {
      const reason = `${generations} shards that built it gave no sign of life any more: perhaps it needs more memory or disk than they have`;
      return { do: 'give-up', package: candidate.package, reason };
    }
  }
  return undefined;
}

/** What others do not know yet is told before a package is built that a shard has died of, or with. */
function tellFirst(shard: Shard): Step | undefined {
  if (shard.pending.size > 0) return { do: 'publish', packages: [...shard.pending.keys()], replaced: [] };
  const isTold = (shard.heartbeat?.publication ?? 0) === shard.publications;
  return isTold ? undefined : { do: 'sign', ended: false };
}

/**
 * Whether a package would end in time, also when it takes somewhat longer than expected: a fresh shard may try, and the
 * last one, as nobody would do better.
 */
function fits(shard: Shard, seconds: number, left: number, isLast: boolean): boolean {
  const isFresh = left >= shard.settings.timeBudget * fresh;
  return seconds <= left && (isFresh || isLast || seconds * caution <= left);
}

/** Whether there is a shard with more of its time left, or one will start. */
function canBeOutdone(shard: Shard, work: Work): boolean {
  return hasSuccessor(shard, work) || livingPeers(shard, work).some((other) => other > shard.id);
}

function unknownClaims(shard: Shard, work: Work, now: number): ArtifactInfo[] {
  const items = work.candidates.flatMap((one) => {
    const claim = claimState(shard, one.package, now);
    return claim.state === 'ask' ? [claim.item] : [];
  });
  return items.slice(0, readsAtOnce);
}

/** What has to be looked at before a package is picked by what others may have done; undefined when all is seen. */
function lookAround(shard: Shard, now: number): Step | undefined {
  const isOld = now >= shard.listedAt + shard.settings.pollInterval;
  if (!shard.fresh || isOld) return { do: 'list' };
  return catchUp(shard);
}

function catchUp(shard: Shard): Step | undefined {
  for (const [id, item] of shard.lost) return { do: 'find', shard: id, name: item.name };
  const signs = [...(shard.listing?.heartbeats.values() ?? [])].filter(
    (sign) => sign.shard !== shard.id && sign.publication > (shard.read.get(sign.shard) ?? 0),
  );
  return signs.length === 0 ? undefined : { do: 'read', signs: signs.slice(0, readsAtOnce) };
}

/** Whether finished packages are published now: somebody would take what they make ready, or they wait too long. */
function mustPublish(shard: Shard, work: Work, now: number): boolean {
  const { pending, settings: terms } = shard;
  if (pending.size === 0) return false;
  // Nothing that ends here soon could go with them.
  if (shard.building.size === 0) return true;
  const all = [...pending.values()];
  if (all.some(({ at }) => now >= at + terms.batchDelay)) return true;
  if (all.reduce((sum, { bytes }) => sum + bytes, 0) >= terms.batchBytes) return true;
  const live = living(shard);
  const own = livingPeers(shard, work).length;
  const isAwaited = (candidates: readonly Candidate[], takers: number) =>
    candidates
      .filter((one) => claimState(shard, one.package, now).state !== 'taken')
      .slice(0, takers)
      .some(({ needs }) => needs.some((need) => pending.has(need)));
  return isAwaited(work.candidates, own) || isAwaited(work.elsewhere, live.length - own);
}

/** Many artifacts are listed: own small ones become one. */
function compactable(shard: Shard): Step | undefined {
  if ((shard.listing?.items.size ?? 0) < compactAt) return undefined;
  const small = [...shard.published]
    .filter(([, { bytes }]) => bytes < smallBytes)
    .sort(([, a], [, b]) => a.bytes - b.bytes);
  const parts: typeof small = [];
  let sum = 0;
  for (const part of small) {
    sum += part[1].bytes;
    if (sum > shard.settings.batchBytes) break;
    parts.push(part);
  }
  if (parts.length < 2) return undefined;
  const packages = parts.flatMap(([, one]) => one.packages);
  return { do: 'publish', packages, replaced: parts.map(([name]) => name) };
}

function reasonToEnd(shard: Shard, work: Work, now: number): string | undefined {
  if (work.left === 0) return 'every package has its result';
  if (waitsInVain(shard, work))
    return 'what is left waits for shards of another kind, and none of them comes any more';
  const left = shard.settings.timeBudget - (now - shard.started);
  const free = work.candidates.filter((one) => claimState(shard, one.package, now).state === 'free');
  const isFollowed = hasSuccessor(shard, work);
  const isLast = !canBeOutdone(shard, work);
  const isTooLate = free.length > 0 && free.every(({ seconds }) => !fits(shard, seconds, left, isLast));
  if (work.shortest() > left || (isTooLate && isFollowed)) return isFollowed ? outOfTime : lastOutOfTime;
  // Nobody else makes anything ready that would fit.
  const isAlone =
    living(shard).every((other) => other === shard.id) && free.length === work.candidates.length;
  if (isTooLate && isAlone) return lastOutOfTime;
  // Entries start in the order of their numbers: the younger ones have more of their budget left.
  const younger = livingPeers(shard, work).filter((other) => other > shard.id).length;
  // One more than can help stays, to take over from one that dies.
  if (younger > work.helping()) return 'more shards live than can still help';
  return undefined;
}

function living(shard: Shard): number[] {
  return shard.listing === undefined ? [] : liveShards(shard.listing, leaseOf(shard));
}

/** Whether all that is left waits for what only others take, of whom each has come and gone, or none ever comes. */
function waitsInVain(shard: Shard, { candidates, elsewhere, others }: Work): boolean {
  if (candidates.length > 0 || elsewhere.length === 0) return false;
  if (others === undefined) return true;
  const ofOthers = (ids: Iterable<number>) => [...ids].filter((id) => isIn(others, id));
  if (ofOthers(living(shard)).length > 0) return false;
  return Math.max(0, ...ofOthers(shard.listing?.heartbeats.keys() ?? [])) >= others.last;
}

function livingPeers(shard: Shard, work: Work): number[] {
  return living(shard).filter((other) => isIn(work.peers, other));
}

function isIn({ first, last }: { first: number; last: number }, id: number): boolean {
  return first <= id && id <= last;
}

/** Whether an entry of the matrix starts when this shard ends. */
function hasSuccessor(shard: Shard, work: Work): boolean {
  const started = [...(shard.listing?.heartbeats.keys() ?? [])].filter((other) => isIn(work.peers, other));
  return Math.max(shard.id, ...started) < work.peers.last;
}

/** Nothing is kept back at the end, and nothing left lying about. */
function end(shard: Shard, why: string): Step {
  if (shard.pending.size > 0) return { do: 'publish', packages: [...shard.pending.keys()], replaced: [] };
  const said = shard.heartbeat === undefined ? undefined : parseName(shard.heartbeat.item.name);
  if (said?.kind !== 'alive' || !said.ended || said.publication < shard.publications)
    return { do: 'sign', ended: true };
  if (shard.obsoleteArtifacts.length > 0) return { do: 'remove', names: [...shard.obsoleteArtifacts] };
  return { do: 'end', why };
}

/** A busy shard looks around as often as it gives a sign, so that its next pick has little to read. */
function keepUp(shard: Shard, now: number): Step | undefined {
  if (now >= shard.listedAt + 4 * shard.settings.pollInterval) return { do: 'list' };
  return catchUp(shard);
}

function rest(shard: Shard, now: number, hasSlot: boolean): Step {
  const { settings: terms } = shard;
  if (hasSlot) {
    const due = shard.listedAt + terms.pollInterval;
    return now >= due ? { do: 'list' } : { do: 'wait', seconds: due - now, idle: true };
  }
  const dues = [
    (shard.heartbeat?.at ?? now) + terms.heartbeatInterval,
    shard.listedAt + 4 * terms.pollInterval,
    ...[...shard.pending.values()].map(({ at }) => at + terms.batchDelay),
  ];
  return { do: 'wait', seconds: Math.min(...dues) - now, idle: false };
}
