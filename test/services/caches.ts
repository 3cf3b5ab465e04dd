import { type Answer, BadRequest, field, known, twirpError } from './answer.ts';
import type { Blobs } from './blobs.ts';
import type { CacheScope } from './job.ts';

/** One entry, finished or only reserved. */
export interface CacheEntry {
  id: number;
  key: string;
  /** Digest of paths and compression, 64 hex digits. */
  version: string;
  ref: string;
  /** Bytes of the archive. */
  size: number;
  createdAt: Date;
  usedAt: Date;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/**
 * GitHub's cache service, version 2: what a job can do with its own token.
 *
 * A look-up goes over the scopes of the token: the job's own ref, the base branch of a pull request, the default branch.
 * In each it takes the entry with the key, else the newest whose key begins with it, and the same for each restore key
 * in turn ("Cache key matching" in docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching).
 * The keys of unfinished uploads are taken and hidden.
 */
export class Caches {
  /** Uploads that have not ended. */
  private reserved: CacheEntry[] = [];
  /** Oldest first. */
  private finished: CacheEntry[] = [];
  private lastId = 0;
  /** When there were calls, within the last minute. */
  private readonly uploads: number[] = [];
  private readonly lookUps: number[] = [];
  private readonly blobs: Blobs;
  /** The service's clock. */
  now: () => Date = () => new Date();
  /** Milliseconds from the end of an upload until look-ups find the entry. */
  visibleAfter = 0;
  /** GitHub's: of a minute, of the bytes of all entries, of the milliseconds for which an entry stays unread. */
  readonly limits = { uploads: 200, lookUps: 1500, bytes: 10 * 1024 ** 3, unread: 7 * day };

  constructor(blobs: Blobs) {
    this.blobs = blobs;
  }

  /** Keys of the finished entries of one ref, or of all; oldest first. */
  keys(ref?: string): string[] {
    return this.finished.filter((one) => ref === undefined || one.ref === ref).map(({ key }) => key);
  }

  /** What look-ups can find; oldest first. */
  visible(): CacheEntry[] {
    this.forgetUnread();
    const now = this.now().getTime();
    return this.finished.filter((one) => now - one.createdAt.getTime() >= this.visibleAfter);
  }

  /** Bytes of all finished entries. */
  bytes(): number {
    return this.finished.reduce((sum, { size }) => sum + size, 0);
  }

  /** Removes all entries with this key, finished or not. */
  remove(key: string): void {
    this.evict((one) => one.key === key);
    this.reserved = this.reserved.filter((one) => one.key !== key);
  }

  /** Takes over the finished entries of another service with their archives: what the runs over that one left. */
  copyFrom(other: Caches): void {
    this.lastId = other.lastId;
    this.finished = other.finished.map((one) => ({ ...one }));
    for (const one of this.finished) this.blobs.put(blobOf(one), other.blobs.get(blobOf(one)) as Buffer);
  }

  /** Changes the archives of all entries with this key. */
  corrupt(key: string, change: (bytes: Buffer) => Buffer): void {
    for (const one of this.finished.filter((entry) => entry.key === key))
      this.blobs.put(blobOf(one), change(this.blobs.get(blobOf(one)) as Buffer));
  }

  call(method: string, body: Record<string, unknown>, { scopes }: { scopes: readonly CacheScope[] }): Answer {
    this.forgetUnread();
    switch (method) {
      case 'CreateCacheEntry':
        known(body, ['metadata', 'key', 'version']);
        return this.create(keyOf(body['key']), versionOf(body), scopes);
      case 'FinalizeCacheEntryUpload':
        known(body, ['metadata', 'key', 'size_bytes', 'version']);
        return this.finalize(
          keyOf(body['key']),
          versionOf(body),
          field(body, 'size_bytes', 'string'),
          scopes,
        );
      case 'GetCacheEntryDownloadURL': {
        known(body, ['metadata', 'key', 'restore_keys', 'version']);
        const others = body['restore_keys'] ?? [];
        if (!Array.isArray(others)) throw new BadRequest('restore_keys is no list');
        if (others.length > 9) throw new BadRequest('there are more than 10 keys');
        return this.lookUp([body['key'], ...others].map(keyOf), versionOf(body), scopes);
      }
      default:
        return twirpError(404, 'bad_route', `no method ${method}`);
    }
  }

  private create(key: string, version: string, scopes: readonly CacheScope[]): Answer {
    const limited = this.limited(this.uploads, this.limits.uploads);
    if (limited !== undefined) return limited;
    const ref = savedTo(scopes);
    // No error of the protocol: the library looks for these words where the message begins.
    if (ref === undefined)
      return {
        status: 200,
        body: {
          ok: false,
          signed_upload_url: '',
          message: 'cache write denied: token has no writable scopes',
        },
      };
    if ([...this.reserved, ...this.finished].some(same({ key, version, ref })))
      return twirpError(
        409,
        'already_exists',
        'cache entry with the same key, version, and scope already exists',
      );
    const now = this.now();
    const entry = { id: ++this.lastId, key, version, ref, size: 0, createdAt: now, usedAt: now };
    this.reserved.push(entry);
    const address = this.blobs.signed(blobOf(entry));
    return { status: 200, body: { ok: true, signed_upload_url: address, message: '' } };
  }

  private finalize(key: string, version: string, size: string, scopes: readonly CacheScope[]): Answer {
    const ref = savedTo(scopes);
    const entry = ref === undefined ? undefined : this.reserved.find(same({ key, version, ref }));
    if (entry === undefined) return twirpError(404, 'not_found', 'no such entry is reserved');
    const uploaded = this.blobs.get(blobOf(entry))?.length;
    if (size !== String(uploaded)) throw new BadRequest(`size_bytes ${size}, uploaded ${uploaded}`);
    const now = this.now();
    this.reserved.splice(this.reserved.indexOf(entry), 1);
    this.finished.push({ ...entry, size: uploaded as number, createdAt: now, usedAt: now });
    const byUse = [...this.finished].sort((a, b) => a.usedAt.getTime() - b.usedAt.getTime());
    while (this.bytes() > this.limits.bytes) {
      const oldest = byUse.shift();
      this.evict((one) => one === oldest);
    }
    return { status: 200, body: { ok: true, entry_id: String(entry.id), message: '' } };
  }

  private lookUp(keys: readonly string[], version: string, scopes: readonly CacheScope[]): Answer {
    const limited = this.limited(this.lookUps, this.limits.lookUps);
    if (limited !== undefined) return limited;
    const readable = scopes.filter(({ read }) => read);
    if (readable.length === 0)
      return twirpError(403, 'permission_denied', 'cache read denied: token has no readable scopes');
    const newestFirst = this.visible()
      .filter((one) => one.version === version)
      .reverse();
    for (const { ref } of readable)
      for (const key of keys.map((one) => one.toLowerCase())) {
        const there = newestFirst.filter((one) => one.ref === ref);
        const found =
          there.find((one) => one.key.toLowerCase() === key) ??
          there.find((one) => one.key.toLowerCase().startsWith(key));
        if (found === undefined) continue;
        found.usedAt = this.now();
        const address = this.blobs.signed(blobOf(found));
        return { status: 200, body: { ok: true, signed_download_url: address, matched_key: found.key } };
      }
    return { status: 200, body: { ok: false, signed_download_url: '', matched_key: '' } };
  }

  /** Notes a call, or answers that there were too many. */
  private limited(calls: number[], most: number): Answer | undefined {
    const now = this.now().getTime();
    while (calls[0] !== undefined && calls[0] <= now - minute) calls.shift();
    if (calls.length < most) {
      calls.push(now);
      return undefined;
    }
    const seconds = Math.ceil(((calls[0] ?? now) + minute - now) / 1000);
    return {
      ...twirpError(429, 'resource_exhausted', 'rate limit exceeded'),
      headers: { 'retry-after': String(seconds) },
    };
  }

  private forgetUnread(): void {
    const now = this.now().getTime();
    this.evict((one) => now - one.usedAt.getTime() > this.limits.unread);
  }

  private evict(which: (entry: CacheEntry) => boolean): void {
    for (const one of this.finished.filter(which)) this.blobs.remove(blobOf(one));
    this.finished = this.finished.filter((one) => !which(one));
  }
}

/** Keys are one without regard to case. */
function same({ key, version, ref }: Pick<CacheEntry, 'key' | 'version' | 'ref'>) {
  return (one: CacheEntry) =>
    one.key.toLowerCase() === key.toLowerCase() && one.version === version && one.ref === ref;
}

/** Where entries are saved: in the first scope that may be written. */
function savedTo(scopes: readonly CacheScope[]): string | undefined {
  return scopes.find(({ write }) => write)?.ref;
}

function blobOf({ id }: CacheEntry): string {
  return `caches/${id}`;
}

function keyOf(key: unknown): string {
  if (typeof key !== 'string' || key === '') throw new BadRequest('a key is missing or no string');
  if (key.length > 512) throw new BadRequest('a key has more than 512 characters');
  if (key.includes(',')) throw new BadRequest('a key has a comma');
  return key;
}

function versionOf(body: Record<string, unknown>): string {
  const version = field(body, 'version', 'string');
  if (!/^[0-9a-f]{64}$/.test(version)) throw new BadRequest('version has no 64 hex digits');
  return version;
}
