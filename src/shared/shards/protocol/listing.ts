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

/** The newest heartbeat of a shard. */
export interface ListedHeartbeat {
  shard: number;
  publication: number;
  ended: boolean;
  artifact: ArtifactInfo;
}

/** The claim of the highest generation on a package. */
export interface Claim {
  package: string;
  generation: number;
  artifact: ArtifactInfo;
}

/** A listing, read for one attempt of the run. */
export interface Listing {
  /** By name. */
  artifacts: ReadonlyMap<string, ArtifactInfo>;
  /** By shard. */
  heartbeats: ReadonlyMap<number, ListedHeartbeat>;
  /** By package. */
  claims: ReadonlyMap<string, Claim>;
  /** The newest `createdAt`: ages are measured against it, not against the clock of a shard. */
  newest: number;
}

/** Reads a listing. Claims and heartbeats of other attempts do not count. */
export function readListing(artifacts: Iterable<ArtifactInfo>, attempt: number): Listing {
  const byName = new Map<string, ArtifactInfo>();
  const heartbeats = new Map<number, ListedHeartbeat>();
  const claims = new Map<string, Claim>();
  let newest = 0;
  for (const artifact of artifacts) {
    byName.set(artifact.name, artifact);
    newest = Math.max(newest, artifact.createdAt);
    const parsed = parseName(artifact.name);
    if (parsed?.attempt !== attempt) continue;
    if (parsed.kind === 'heartbeat') {
      const other = heartbeats.get(parsed.shard);
      if (other === undefined || isNewer(parsed, other))
        heartbeats.set(parsed.shard, { ...parsed, artifact });
    } else if (parsed.kind === 'claim') {
      const other = claims.get(parsed.package);
      if (other === undefined || other.generation < parsed.generation)
        claims.set(parsed.package, { package: parsed.package, generation: parsed.generation, artifact });
    }
  }
  return { artifacts: byName, heartbeats, claims, newest };
}

function isNewer(heartbeat: { counter: number }, than: ListedHeartbeat): boolean {
  const other = parseName(than.artifact.name);
  return other?.kind !== 'heartbeat' || other.counter < heartbeat.counter;
}

/** Returns the shards that are alive: with a heartbeat within the lease, and none that ended. Ascending. */
export function liveShards(listing: Listing, lease: number): number[] {
  return [...listing.heartbeats.values()]
    .filter(({ ended, artifact }) => !ended && listing.newest - artifact.createdAt <= lease)
    .map(({ shard }) => shard)
    .sort((a, b) => a - b);
}
