import { parseName } from './names.ts';

/** One artifact as a listing of the run shows it. */
export interface ArtifactInfo {
  /** Grows with each artifact of the repository. */
  id: number;
  name: string;
  /** By the service's clock, seconds. */
  createdAt: number;
  size: number;
}

/** A shard's newest sign of life. */
export interface ListedHeartbeat {
  shard: number;
  publication: number;
  ended: boolean;
  item: ArtifactInfo;
}

/** A claim on a package: the one of the highest generation. */
export interface Claim {
  package: string;
  generation: number;
  item: ArtifactInfo;
}

/** What a listing says of one attempt of the run. */
export interface Listing {
  items: ReadonlyMap<string, ArtifactInfo>;
  /** By shard. */
  heartbeats: ReadonlyMap<number, ListedHeartbeat>;
  /** By package. */
  claims: ReadonlyMap<string, Claim>;
  /** The newest `createdAt`: what ages are measured against. No shard's clock counts. */
  newest: number;
}

/** Reads a listing. Claims and signs of other attempts do not count. */
export function readListing(items: Iterable<ArtifactInfo>, attempt: number): Listing {
  const byName = new Map<string, ArtifactInfo>();
  const signs = new Map<number, ListedHeartbeat>();
  const claims = new Map<string, Claim>();
  let newest = 0;
  for (const item of items) {
    byName.set(item.name, item);
    newest = Math.max(newest, item.createdAt);
    const said = parseName(item.name);
    if (said?.attempt !== attempt) continue;
    if (said.kind === 'alive') {
      const other = signs.get(said.shard);
      if (other === undefined || isNewer(said, other)) signs.set(said.shard, { ...said, item });
    } else if (said.kind === 'claim') {
      const other = claims.get(said.package);
      if (other === undefined || other.generation < said.generation)
        claims.set(said.package, { package: said.package, generation: said.generation, item });
    }
  }
  return { items: byName, heartbeats: signs, claims, newest };
}

function isNewer(sign: { counter: number }, than: ListedHeartbeat): boolean {
  const other = parseName(than.item.name);
  return other?.kind !== 'alive' || other.counter < sign.counter;
}

/** Shards that may still do something: they gave a sign within the lease, and none that they end. */
export function liveShards(listing: Listing, lease: number): number[] {
  return [...listing.heartbeats.values()]
    .filter(({ ended, item }) => !ended && listing.newest - item.createdAt <= lease)
    .map(({ shard }) => shard)
    .sort((a, b) => a - b);
}
