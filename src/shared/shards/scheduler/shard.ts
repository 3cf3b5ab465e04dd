import { type ArtifactInfo, type Listing, readListing } from '../protocol/listing.ts';
import { heartbeatName, parseName, resultName } from '../protocol/names.ts';
import type { ShardSettings } from './settings.ts';

/** A finished package, built or failed, that only this shard knows of. */
export interface Finished {
  package: string;
  bytes: number;
  /** When it was finished, seconds of this shard's clock. */
  at: number;
}

/**
 * What one shard knows of the run and has done in it. The functions below note what happened; {@link nextStep} says what
 * is next. All times are seconds of the shard's own clock, which only measures how long something took.
 */
export interface Shard {
  readonly id: number;
  readonly attempt: number;
  readonly settings: ShardSettings;
  readonly started: number;
  /** The newest listing, with what it should have shown; undefined before the first. */
  listing: Listing | undefined;
  listedAt: number;
  /** When the newest listing came, whatever is to be listed again; undefined before the first. */
  sawAt: number | undefined;
  /** Seconds added to the lease, and until when: after a time in which this shard saw nothing, nor, perhaps, could others sign. */
  grace: { seconds: number; until: number };
  /** Nothing was picked since the listing. */
  fresh: boolean;
  /** Signs that the listing should have shown, to be asked for by name: shard → its last sign seen. */
  lost: Map<number, ArtifactInfo>;
  /** The newest publication read of each shard. */
  read: Map<number, number>;
  /** Signs that were listed and gone when they were to be read, one after the other. */
  missed: number;
  /**
   * Owners of claims, by the id of the claim's artifact, as far as somebody asked: a name may be another shard's by now.
   * Undefined: it was gone.
   */
  owners: Map<number, number | undefined>;
  /** Claims of others that are there and not listed, by name: when they were first met. */
  hidden: Map<string, number>;
  /** Own claims, by package. */
  claims: Map<string, string>;
  building: Map<string, { since: number; expected: number }>;
  pending: Map<string, Finished>;
  /** Own artifacts of results that are there, by name. */
  published: Map<string, { packages: string[]; bytes: number }>;
  publications: number;
  /** Own artifacts so far: for names that were never used before. */
  counter: number;
  /** The sign that is there, and the publication that it tells. */
  heartbeat: { item: ArtifactInfo; at: number; publication: number } | undefined;
  /** Own artifacts that may go as soon as the sign tells of what replaced them. */
  obsoleteArtifacts: string[];
}

/** A shard that has just started. */
export function newShard(id: number, attempt: number, terms: ShardSettings, now: number): Shard {
  return {
    id,
    attempt,
    settings: terms,
    started: now,
    listing: undefined,
    listedAt: Number.NEGATIVE_INFINITY,
    sawAt: undefined,
    grace: { seconds: 0, until: now },
    fresh: false,
    lost: new Map(),
    read: new Map(),
    missed: 0,
    owners: new Map(),
    hidden: new Map(),
    claims: new Map(),
    building: new Map(),
    pending: new Map(),
    published: new Map(),
    publications: 0,
    counter: 0,
    heartbeat: undefined,
    obsoleteArtifacts: [],
  };
}

/**
 * A listing came. It may have been cut short: own artifacts that it lacks are added; shards that it lacks are to be
 * asked for by name before anybody takes them for dead.
 */
export function listed(shard: Shard, items: readonly ArtifactInfo[], now: number): void {
  const before = shard.listing;
  const all = new Map(items.map((item) => [item.name, item]));
  if (shard.heartbeat !== undefined) all.set(shard.heartbeat.item.name, shard.heartbeat.item);
  const listing = readListing(all.values(), shard.attempt);
  shard.lost = new Map();
  for (const [id, sign] of before?.heartbeats ?? []) {
    if (!listing.heartbeats.has(id) && !sign.ended) shard.lost.set(id, sign.item);
  }
  for (const name of shard.hidden.keys()) if (listing.items.has(name)) shard.hidden.delete(name);
  shard.listing = listing;
  shard.listedAt = now;
  const gap = now - (shard.sawAt ?? now);
  const { heartbeatInterval, lease, pollInterval } = shard.settings;
  // A busy shard looks at every fourth interval.
  if (gap > Math.max(lease - heartbeatInterval, 8 * pollInterval))
    shard.grace = { seconds: gap + heartbeatInterval, until: now + 2 * heartbeatInterval };
  else if (now >= shard.grace.until) shard.grace.seconds = 0;
  shard.sawAt = now;
  shard.fresh = true;
}

/**
 * Seconds without a sign after which a shard is dead. Where the exchange answered nobody for a while, all that live are
 * given time to sign again, and nobody takes what they build.
 */
export function leaseOf({ settings: terms, grace }: Shard): number {
  return terms.lease + grace.seconds;
}

/**
 * A sign that a listing lacked was asked for by name. It is there: the listing is put right. It is gone: its shard gave
 * a newer one that the listing lacks as well, so it lives as far as anybody knows.
 */
export function foundHeartbeat(shard: Shard, id: number, item: ArtifactInfo | undefined): void {
  const last = shard.lost.get(id);
  shard.lost.delete(id);
  if (last === undefined || shard.listing === undefined) return;
  const { newest } = shard.listing;
  const shown = item ?? { ...last, createdAt: newest };
  const said = parseName(last.name);
  // It cannot be read; the newer one will be, as soon as a listing shows it.
  if (item === undefined && said?.kind === 'alive')
    shard.read.set(id, Math.max(shard.read.get(id) ?? 0, said.publication));
  shard.listing = readListing([...shard.listing.items.values(), shown], shard.attempt);
}

/** The sign of another shard was read, or was gone, and a newer one is to be listed. */
export function heartbeatRead(shard: Shard, id: number, publication: number, gone: boolean): void {
  if (!gone) {
    shard.read.set(id, publication);
    shard.missed = 0;
    return;
  }
  // A newer listing will show the newer sign: at once, unless that was tried in vain.
  shard.missed++;
  shard.listedAt = Number.NEGATIVE_INFINITY;
}

/** A claim that the listing lacks was found by its name. */
export function foundClaim(shard: Shard, item: ArtifactInfo): void {
  if (shard.listing === undefined) return;
  shard.hidden.delete(item.name);
  shard.listing = readListing([...shard.listing.items.values(), item], shard.attempt);
}

export function claimed(shard: Shard, name: string, claim: string, expected: number, now: number): void {
  shard.claims.set(name, claim);
  shard.building.set(name, { since: now, expected });
  shard.fresh = false;
}

/** Somebody else has the claim. */
export function refused(shard: Shard, claim: string, now: number): void {
  if (!shard.hidden.has(claim)) shard.hidden.set(claim, now);
}

/** A package is done here: built, failed, or given up without a build. Only this shard knows. */
export function finished(shard: Shard, name: string, bytes: number, now: number): void {
  shard.building.delete(name);
  shard.pending.set(name, { package: name, bytes, at: now });
}

/** A build came to nothing that says anything of its package: anybody may build it again. */
export function abandoned(shard: Shard, name: string): void {
  shard.building.delete(name);
  const claim = shard.claims.get(name);
  if (claim !== undefined) shard.obsoleteArtifacts.push(claim);
  shard.claims.delete(name);
}

/** A build was ended with its shard's time: how long it ran is told before its claim goes, and others may take it. */
export function ranOut(shard: Shard, name: string): void {
  abandoned(shard, name);
  shard.publications++;
}

/** Names the next artifact of results. */
export function nextResultName(shard: Shard): string {
  shard.counter++;
  return resultName(shard.attempt, shard.id, shard.counter);
}

/** Names the next sign of life. */
export function nextHeartbeatName(shard: Shard, ended: boolean): string {
  shard.counter++;
  return heartbeatName(shard.attempt, shard.id, shard.publications, shard.counter, ended);
}

/**
 * What became of packages is there for everybody who is told of it.
 * @param name of the artifact that holds their results; undefined when there are none
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
    // A fold also names packages that were told long ago, and are perhaps built again under another key.
    if (shard.pending.delete(one)) abandoned(shard, one);
  }
  for (const one of replaced) shard.published.delete(one);
  shard.obsoleteArtifacts.push(...replaced);
  if (name !== undefined) shard.published.set(name, { packages: [...packages], bytes });
  shard.publications++;
}

/** What this shard built of a package turned out to be damaged: it was never built. The next sign does not tell of it. */
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

/** A sign is there; the one before may go. */
export function heartbeatSent(shard: Shard, item: ArtifactInfo, now: number): void {
  if (shard.heartbeat !== undefined) shard.obsoleteArtifacts.push(shard.heartbeat.item.name);
  shard.heartbeat = { item, at: now, publication: shard.publications };
}

export function removed(shard: Shard, names: readonly string[]): void {
  shard.obsoleteArtifacts = shard.obsoleteArtifacts.filter((name) => !names.includes(name));
}
