import { type ArtifactInfo, type ListedHeartbeat, type Listing, readListing } from '../protocol/listing.ts';
import { heartbeatName, resultName } from '../protocol/names.ts';
import { mostMissedReads, type ShardSettings } from './settings.ts';

/**
 * The state of one shard for the scheduler: what it knows of the run and has done in it. Only the functions below change
 * it, one for each event; {@link nextStep} reads it. All times are seconds of the shard's own monotonic clock.
 */
export type Shard = ReturnType<typeof newShard>;

/** Returns the state of a shard that starts at `now`. */
export function newShard(id: number, attempt: number, settings: ShardSettings, now: number) {
  return {
    ...{ id, attempt, settings, started: now },
    /** The newest listing, completed by what it should have shown; undefined before the first. */
    listing: undefined as Listing | undefined,
    /** Time of the newest listing; -Infinity when a new listing is wanted at once. */
    listedAt: Number.NEGATIVE_INFINITY,
    /** Time of the newest listing, also when a new one is wanted; undefined before the first. */
    sawAt: undefined as number | undefined,
    /** Seconds added to the lease, and until when: set after a time without listings, in which heartbeats may have failed, too. */
    grace: { seconds: 0, until: now },
    /** True if nothing was picked since the listing. */
    fresh: false,
    /** Heartbeats that the listing should have shown, to be asked for by name: shard → its last known heartbeat. */
    lost: new Map<number, ListedHeartbeat>(),
    /** The newest publication read of each shard. */
    read: new Map<number, number>(),
    /** Number of listed heartbeats in a row that were gone when they were read. */
    missed: 0,
    /**
     * Owners of claims that were asked for, by the id of the claim's artifact: a name may belong to another shard by now.
     * Undefined when the claim was gone.
     */
    owners: new Map<number, number | undefined>(),
    /** Claims of other shards that exist and are not listed, by name: when they were first met. */
    hidden: new Map<string, number>(),
    /** Own claims, by package. */
    claims: new Map<string, string>(),
    building: new Map<string, { since: number; expected: number }>(),
    /** Finished packages, built or failed, that no other shard knows of yet, and when they were finished. */
    pending: new Map<string, { bytes: number; at: number }>(),
    /** Own artifacts with results, by name. */
    published: new Map<string, { packages: string[]; bytes: number }>(),
    /** Number of changes that heartbeats have to report so far. */
    publications: 0,
    /** Number of own artifacts so far: no name is used twice. */
    counter: 0,
    /** The newest own heartbeat, and the publication that it reports. */
    heartbeat: undefined as { artifact: ArtifactInfo; at: number; publication: number } | undefined,
    /** Own artifacts to remove as soon as a heartbeat reports what replaced them. */
    obsoleteArtifacts: [] as string[],
  };
}

/**
 * Notes a listing. It may be incomplete: the own heartbeat is added, and the heartbeat of a shard that it lacks has to be
 * asked for by name before that shard counts as dead.
 */
export function listed(shard: Shard, artifacts: readonly ArtifactInfo[], now: number): void {
  const before = shard.listing;
  const all = new Map(artifacts.map((artifact) => [artifact.name, artifact]));
  const own = shard.heartbeat?.artifact;
  if (own !== undefined) all.set(own.name, own);
  const listing = readListing(all.values(), shard.attempt);
  shard.lost = new Map();
  for (const [id, heartbeat] of before?.heartbeats ?? []) {
    if (!listing.heartbeats.has(id) && !heartbeat.ended) shard.lost.set(id, heartbeat);
  }
  for (const name of shard.hidden.keys()) if (listing.artifacts.has(name)) shard.hidden.delete(name);
  shard.listing = listing;
  shard.listedAt = now;
  const gap = now - (shard.sawAt ?? now);
  const { heartbeatInterval, lease, pollInterval } = shard.settings;
  // A busy shard lists at every fourth interval.
  if (gap > lease - heartbeatInterval && gap > 8 * pollInterval)
    shard.grace = { seconds: gap + heartbeatInterval, until: now + 2 * heartbeatInterval };
  else if (now >= shard.grace.until) shard.grace.seconds = 0;
  shard.sawAt = now;
  shard.fresh = true;
}

/**
 * Returns the seconds without a heartbeat after which a shard counts as dead. After an outage of the exchange all shards
 * get extra time for their next heartbeat, and nobody takes over what they build.
 */
export function leaseOf({ settings, grace }: Shard): number {
  return settings.lease + grace.seconds;
}

/**
 * Notes the answer about a heartbeat that a listing lacked. If it exists, the listing is completed with it. If it is
 * gone, its shard made a newer one that the listing lacks as well, so the shard counts as alive.
 */
export function foundHeartbeat(shard: Shard, id: number, artifact: ArtifactInfo | undefined): void {
  const last = shard.lost.get(id);
  shard.lost.delete(id);
  if (last === undefined || shard.listing === undefined) return;
  // It cannot be read; the newer one will be, as soon as a listing shows it.
  if (artifact === undefined) shard.read.set(id, Math.max(shard.read.get(id) ?? 0, last.publication));
  addToListing(shard, artifact ?? { ...last.artifact, createdAt: shard.listing.newest });
}

function addToListing(shard: Shard, artifact: ArtifactInfo): void {
  shard.listing = readListing([...(shard.listing?.artifacts.values() ?? []), artifact], shard.attempt);
}

/** Notes that the heartbeat of another shard was read, or that it was gone: then a newer one has to be listed. */
export function heartbeatRead(shard: Shard, id: number, publication: number, gone: boolean): void {
  shard.missed = gone ? shard.missed + 1 : 0;
  // A newer listing will show the newer heartbeat.
  if (gone) shard.listedAt = Number.NEGATIVE_INFINITY;
  else shard.read.set(id, publication);
}

/** Notes that a wait has ended: the listing is old. */
export function waited(shard: Shard): void {
  shard.fresh = false;
  if (shard.missed > mostMissedReads) shard.missed = 0;
}

/** Notes the owner of a claim; undefined when the claim was gone. */
export function ownerFound(shard: Shard, claim: ArtifactInfo, owner: number | undefined): void {
  shard.owners.set(claim.id, owner);
}

/** Notes a claim that the listing lacks and that was found by its name. */
export function foundClaim(shard: Shard, artifact: ArtifactInfo): void {
  if (shard.listing === undefined) return;
  shard.hidden.delete(artifact.name);
  addToListing(shard, artifact);
}

/** Notes an own claim: the build of its package starts. */
export function claimed(shard: Shard, name: string, claim: string, expected: number, now: number): void {
  shard.claims.set(name, claim);
  shard.building.set(name, { since: now, expected });
  shard.fresh = false;
}

/** Notes that another shard has the claim. */
export function refused(shard: Shard, claim: string, now: number): void {
  if (!shard.hidden.has(claim)) shard.hidden.set(claim, now);
}

/** Notes that a package ended here: built, failed, or given up without a build. No other shard knows yet. */
export function finished(shard: Shard, name: string, bytes: number, now: number): void {
  shard.building.delete(name);
  shard.pending.set(name, { bytes, at: now });
}

/** Notes that a build ended without a result or failure: any shard may build the package again. */
export function abandoned(shard: Shard, name: string): void {
  shard.building.delete(name);
  const claim = shard.claims.get(name);
  if (claim !== undefined) shard.obsoleteArtifacts.push(claim);
  shard.claims.delete(name);
}

/**
 * Notes that a package is left with news of it: how long it ran before its shard's time was over, or what it needs. A
 * heartbeat reports them before its claim is removed.
 */
export function reported(shard: Shard, name: string): void {
  abandoned(shard, name);
  shard.publications++;
}

/** Returns the name of the next artifact of results. */
export function nextResultName(shard: Shard): string {
  return resultName(shard.attempt, shard.id, ++shard.counter);
}

/** Returns the name of the next heartbeat. */
export function nextHeartbeatName(shard: Shard, ended: boolean): string {
  return heartbeatName(shard.attempt, shard.id, shard.publications, ++shard.counter, ended);
}

/**
 * Notes that packages are published: the next heartbeat reports them.
 * @param name the artifact that holds their results; undefined when there are none
 * @param replaced own artifacts that held them before
 */
export function published(
  shard: Shard,
  name: string | undefined,
  packages: readonly string[],
  bytes: number,
  replaced: readonly string[],
): void {
  for (const one of packages) {
    // Compaction also names packages that were reported before, and are perhaps being built again under another key.
    if (shard.pending.delete(one)) abandoned(shard, one);
  }
  for (const one of replaced) shard.published.delete(one);
  shard.obsoleteArtifacts.push(...replaced);
  if (name !== undefined) shard.published.set(name, { packages: [...packages], bytes });
  shard.publications++;
}

/** Notes that an own result is damaged: it counts as never built, and the next heartbeat does not report it. */
export function dropped(shard: Shard, name: string): void {
  shard.pending.delete(name);
  for (const [artifact, one] of [...shard.published]) {
    if (!one.packages.includes(name)) continue;
    const packages = one.packages.filter((other) => other !== name);
    if (packages.length > 0) shard.published.set(artifact, { ...one, packages });
    else {
      shard.published.delete(artifact);
      shard.obsoleteArtifacts.push(artifact);
    }
    shard.publications++;
  }
}

/** Notes an own heartbeat; the one before is obsolete. */
export function heartbeatSent(shard: Shard, artifact: ArtifactInfo, now: number): void {
  if (shard.heartbeat !== undefined) shard.obsoleteArtifacts.push(shard.heartbeat.artifact.name);
  shard.heartbeat = { artifact, at: now, publication: shard.publications };
}

/** Notes that own artifacts are removed. Packages whose claims were among them can be claimed again at once. */
export function removed(shard: Shard, names: readonly string[]): void {
  const gone = new Set(names);
  shard.obsoleteArtifacts = shard.obsoleteArtifacts.filter((name) => !gone.has(name));
  const { listing } = shard;
  if (listing === undefined || ![...listing.claims.values()].some(({ artifact }) => gone.has(artifact.name)))
    return;
  const left = [...listing.artifacts.values()].filter(({ name }) => !gone.has(name));
  shard.listing = { ...listing, claims: readListing(left, shard.attempt).claims };
}
