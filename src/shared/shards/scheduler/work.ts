import type { FailureKind } from '../../model/outcome.ts';
import type { ArtifactInfo, ListedHeartbeat } from '../protocol/listing.ts';
import { leaseOf, type Shard } from './shard.ts';

/** A package that can be built now, and of which this shard knows no result. */
export interface Candidate {
  package: string;
  /** Expected duration. */
  seconds: number;
  /** Packages whose results its build may install. */
  needs: readonly string[];
}

/** The numbers of the entries of one matrix, which start in this order. */
export interface ShardRange {
  first: number;
  last: number;
}

/** The open work of the run, as far as this shard knows. */
export interface Work {
  /** Highest priority first; without those that this shard is building or has finished. */
  candidates: readonly Candidate[];
  /** Number of packages that no shard finished, those being built included. */
  left: number;
  /** Expected seconds of the shortest of them. */
  shortest(): number;
  /** Number of shards that can still help. */
  helping(): number;
  /** The shards that take from these candidates, too. */
  peers: ShardRange;
  /** Candidates that only shards of another matrix take, highest priority first. */
  elsewhere: readonly Candidate[];
  /** The shards of that other matrix, if there is one. */
  others: ShardRange | undefined;
}

/** The next action of a shard. It does one at a time, beside its builds. */
export type Step =
  | { do: 'list' }
  /** Asks by name for a heartbeat that the listing should have shown. */
  | { do: 'find'; shard: number; name: string }
  /** Reads heartbeats of other shards that report new results. */
  | { do: 'read'; heartbeats: readonly ListedHeartbeat[] }
  /** Asks for the owners of claims. */
  | { do: 'ask'; claims: readonly ArtifactInfo[] }
  | { do: 'claim'; candidate: Candidate; name: string }
  /** Fails a package without a build. */
  | { do: 'give-up'; package: string; reason: string; kind: FailureKind }
  /** Makes one artifact of results. `replaced`: own artifacts that hold them now. */
  | { do: 'publish'; packages: readonly string[]; replaced: readonly string[] }
  | { do: 'heartbeat'; ended: boolean }
  | { do: 'remove'; names: readonly string[] }
  /** Waits until so many seconds have passed or a build has ended. Idle shards wait with jitter. */
  | { do: 'wait'; seconds: number; idle: boolean }
  | { do: 'end'; why: string };

/** Returns the step that publishes everything that this shard finished. */
export function publishAll(shard: Shard): Step {
  return { do: 'publish', packages: [...shard.pending.keys()], replaced: [] };
}

/** Returns the shards that are alive: with a heartbeat within the lease, and none that ended. Ascending. */
export function living(shard: Shard): number[] {
  const { heartbeats = new Map<number, ListedHeartbeat>(), newest = 0 } = shard.listing ?? {};
  return [...heartbeats.values()]
    .filter(({ ended, artifact }) => !ended && newest - artifact.createdAt <= leaseOf(shard))
    .map((one) => one.shard)
    .sort((a, b) => a - b);
}

/** Returns the living shards of the own matrix, ascending. */
export function livingPeers(shard: Shard, work: Work): number[] {
  return living(shard).filter((other) => isIn(work.peers, other));
}

/** True if a shard belongs to a matrix. */
export function isIn({ first, last }: ShardRange, id: number): boolean {
  return first <= id && id <= last;
}

/** True if another entry of the matrix starts when this shard ends. */
export function hasSuccessor(shard: Shard, work: Work): boolean {
  const started = [...(shard.listing?.heartbeats.keys() ?? [])].filter((other) => isIn(work.peers, other));
  return Math.max(shard.id, ...started) < work.peers.last;
}

/** True if there is a shard with more of its time left, or one will start. */
export function canBeOutdone(shard: Shard, work: Work): boolean {
  return hasSuccessor(shard, work) || livingPeers(shard, work).some((other) => other > shard.id);
}
