import type { ArtifactInfo, ListedHeartbeat } from '../protocol/listing.ts';
import { claimName } from '../protocol/names.ts';
import { generations } from './settings.ts';
import { leaseOf, type Shard } from './shard.ts';

/** Whether a package can be claimed, and how. */
export type ClaimState =
  /** `again`: somebody claimed it before, and died. */
  | { state: 'free'; claim: string; again: boolean }
  /** Somebody is building it. */
  | { state: 'taken' }
  /** Who owns this claim has to be known first. */
  | { state: 'ask'; item: ArtifactInfo }
  /** Its claims expired too often. */
  | { state: 'hopeless' };

/** What the listing and earlier refusals say of the claims on a package. */
export function claimState(shard: Shard, name: string, now: number): ClaimState {
  const listed = shard.listing?.claims.get(name);
  let generation = 0;
  if (listed !== undefined) {
    const expired = hasExpired(shard, listed.item);
    if (expired === undefined) return { state: 'ask', item: listed.item };
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
 * Undefined: only its owner's sign can tell. A claim is itself a sign of life of the moment when it was made, and no shard
 * claims before its first sign: as long as no shard that can have made it is silent, it has not expired. One that said
 * that it ends may have died before it took its claims back; later claims are not its.
 */
function hasExpired(shard: Shard, claim: ArtifactInfo): boolean | undefined {
  const { listing } = shard;
  if (listing === undefined) return false;
  const lease = leaseOf(shard);
  const isOld = (item: ArtifactInfo) => listing.newest - item.createdAt > lease;
  if (!isOld(claim)) return false;
  const canHaveDied = ({ ended, item }: ListedHeartbeat) =>
    isOld(item) && !(ended && claim.createdAt - item.createdAt > lease);
  if (![...listing.heartbeats.values()].some(canHaveDied)) return false;
  if (!shard.owners.has(claim.id)) return undefined;
  const owner = shard.owners.get(claim.id);
  const sign = owner === undefined ? undefined : listing.heartbeats.get(owner);
  return sign === undefined || sign.ended || isOld(sign.item);
}
