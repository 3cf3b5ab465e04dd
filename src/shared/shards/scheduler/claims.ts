import type { ArtifactInfo, ListedHeartbeat } from '../protocol/listing.ts';
import { claimName } from '../protocol/names.ts';
import { generations } from './settings.ts';
import { leaseOf, type Shard } from './shard.ts';

/** The state of the claims on a package. */
export type ClaimState =
  /** It can be claimed by this name. `again` is true if another shard claimed it before, and died. */
  | { state: 'free'; claim: string; again: boolean }
  /** Another shard is building it. */
  | { state: 'taken' }
  /** The owner of this claim has to be found out first. */
  | { state: 'ask'; artifact: ArtifactInfo }
  /** Its claims expired too often. */
  | { state: 'hopeless' };

/** Returns the state of the claims on a package, from the listing and earlier refusals. */
export function claimState(shard: Shard, name: string, now: number): ClaimState {
  const listed = shard.listing?.claims.get(name);
  let generation = 0;
  if (listed !== undefined) {
    const expired = hasExpired(shard, listed.artifact);
    if (expired === undefined) return { state: 'ask', artifact: listed.artifact };
    if (!expired) return { state: 'taken' };
    generation = listed.generation + 1;
  }
  for (; generation < generations; generation++) {
    const claim = claimName(shard.attempt, name, generation);
    const met = shard.hidden.get(claim);
    if (met === undefined) return { state: 'free', claim, again: generation > 0 };
    if (now - met <= shard.settings.lease) return { state: 'taken' };
  }
  return { state: 'hopeless' };
}

/**
 * True if a claim has expired; undefined if that depends on its owner, which is not known yet. A claim also proves that
 * its owner was alive when it was made, and no shard claims before its first heartbeat: as long as no shard that can have
 * made the claim is silent, it has not expired. A shard may die after its last heartbeat and before it removed its claims;
 * claims made a lease after that heartbeat are not its own.
 */
function hasExpired(shard: Shard, claim: ArtifactInfo): boolean | undefined {
  const { listing } = shard;
  if (listing === undefined) return false;
  const lease = leaseOf(shard);
  const isOld = ({ createdAt }: ArtifactInfo) => listing.newest - createdAt > lease;
  if (!isOld(claim)) return false;
  const canHaveDied = ({ ended, artifact }: ListedHeartbeat) =>
    isOld(artifact) && !(ended && claim.createdAt - artifact.createdAt > lease);
  if (![...listing.heartbeats.values()].some(canHaveDied)) return false;
  if (!shard.owners.has(claim.id)) return undefined;
  const owner = shard.owners.get(claim.id);
  const heartbeat = owner === undefined ? undefined : listing.heartbeats.get(owner);
  return heartbeat === undefined || heartbeat.ended || isOld(heartbeat.artifact);
}
