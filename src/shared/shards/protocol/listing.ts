import { type ExchangeName, parseName } from './names.ts';

/** One artifact as a listing of the run shows it. */
export interface ArtifactInfo {
  /** Grows with each artifact of the repository. */
  id: number;
  name: string;
  /** By the service's clock, seconds. */
  createdAt: number;
  size: number;
}

/** A heartbeat in a listing. */
export type ListedHeartbeat = Extract<ExchangeName, { kind: 'heartbeat' }> & { artifact: ArtifactInfo };

/** A claim in a listing. */
export type ListedClaim = Extract<ExchangeName, { kind: 'claim' }> & { artifact: ArtifactInfo };

/** A listing, read for one attempt of the run. */
export interface Listing {
  /** By name. */
  artifacts: ReadonlyMap<string, ArtifactInfo>;
  /** The newest of each shard. */
  heartbeats: ReadonlyMap<number, ListedHeartbeat>;
  /** That of the highest generation of each package. */
  claims: ReadonlyMap<string, ListedClaim>;
  /** The newest `createdAt`: ages are measured against it, not against the clock of a shard. */
  newest: number;
}

/** Reads a listing. Claims and heartbeats of other attempts do not count. */
export function readListing(artifacts: Iterable<ArtifactInfo>, attempt: number): Listing {
  const byName = new Map<string, ArtifactInfo>();
  const heartbeats = new Map<number, ListedHeartbeat>();
  const claims = new Map<string, ListedClaim>();
  let newest = 0;
  for (const artifact of artifacts) {
    byName.set(artifact.name, artifact);
    newest = Math.max(newest, artifact.createdAt);
    const parsed = parseName(artifact.name);
    if (parsed?.attempt !== attempt) continue;
    if (parsed.kind === 'heartbeat') {
      if (parsed.counter > (heartbeats.get(parsed.shard)?.counter ?? -1))
        heartbeats.set(parsed.shard, { ...parsed, artifact });
    } else if (parsed.kind === 'claim') {
      if (parsed.generation > (claims.get(parsed.package)?.generation ?? -1))
        claims.set(parsed.package, { ...parsed, artifact });
    }
  }
  return { artifacts: byName, heartbeats, claims, newest };
}
