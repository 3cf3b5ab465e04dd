import type { Log } from '../../base/log.ts';
import { exponential, type RetryPolicy, retry } from '../../base/retry.ts';
import { diskFull, ranOutOfSpace } from '../../host/full-disk.ts';
import { captureOutput } from '../capture-output.ts';
import { CacheUnavailableError, DamagedEntryError } from './cache.ts';

/** Attempts of a call that gets no answer. */
const attempts = 4;

/** The failures that no later attempt changes: this job lacks the right, by its token or by its runner's settings. */
const denied = /cache (?:read|write) denied|Cache (?:restore|save) skipped/;

/** The entry was downloaded, and tar cannot unpack it. */
const unpacking = /tar"? failed with error/;

type Library = typeof import('@actions/cache');

/**
 * The calls of `@actions/cache`, with retries. The library returns undefined for a failure and for a miss, but logs only
 * failures: its output distinguishes them. A job without the right to read gets one warning, and finds no entry.
 */
export interface CacheCalls {
  /** False once the service has refused to let this job read. */
  readonly readable: boolean;
  /** @returns the key of the entry; undefined if there is none. @throws CacheUnavailableError, DamagedEntryError */
  restore(path: string, key: string, prefixes: string[]): Promise<string | undefined>;
  /** An entry of that key that exists stays as it is. @throws CacheUnavailableError */
  save(path: string, key: string): Promise<void>;
}

/** @param workspace the folder that entries are unpacked in */
export function cacheCalls(log: Log, workspace: string, signal: AbortSignal | undefined): CacheCalls {
  let readable = true;
  let loaded: Promise<Library> | undefined;
  const library = (): Promise<Library> => {
    loaded ??= import('@actions/cache');
    return loaded;
  };
  const policy: RetryPolicy = {
    ...{ attempts, delay: exponential(2, 3), signal },
    isTransient: (error) =>
      error instanceof DamagedEntryError || (error instanceof CacheUnavailableError && error.isTransient),
    retryAfter: (error) => rateLimitSeconds((error as Error).message),
  };

  const restoreOnce = async (path: string, key: string, prefixes: string[]) => {
    const call = async () => await (await library()).restoreCache([path], key, prefixes);
    const { value, complaints } = await captureOutput(call);
    if (value !== undefined || complaints.length === 0) return value;
    const message = complaints.join('; ');
    if (denied.test(message)) {
      if (readable) log.warn(`The cache may not be read, so nothing of earlier runs is reused: ${message}`);
      readable = false;
      return undefined;
    }
    if (!unpacking.test(message)) throw new CacheUnavailableError(message);
    if (await ranOutOfSpace('', workspace)) throw diskFull();
    // The service may have sent the body of an error: the entry is damaged if later attempts fail, too.
    throw new DamagedEntryError(message);
  };

  const saveOnce = async (path: string, key: string, attempt: number): Promise<void> => {
    const call = async () => await (await library()).saveCache([path], key);
    const { value, complaints } = await captureOutput(call);
    const message = complaints.join('; ');
    if (value !== -1 || message === '') return;
    const isTaken = /\(409\)|already exists/.test(message);
    if (isTaken && attempt === 1) return;
    if (isTaken) throw new CacheUnavailableError('an upload that never ended holds its key', false);
    throw new CacheUnavailableError(message, !denied.test(message));
  };

  return {
    get readable() {
      return readable;
    },
    restore: (path, key, prefixes) => retry(policy, () => restoreOnce(path, key, prefixes)),
    save: (path, key) => retry(policy, (attempt) => saveOnce(path, key, attempt)),
  };
}

/** Seconds until the rate limit of the service ends, as its message says. */
function rateLimitSeconds(message: string): number {
  const [, seconds] = /rate limit will reset in (\d+) seconds/.exec(message) ?? [];
  return Number(seconds ?? 0);
}
