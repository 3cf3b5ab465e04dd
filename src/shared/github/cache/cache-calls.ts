import type { Log } from '../../base/log.ts';
import { exponential, type RetryPolicy, retry } from '../../base/retry.ts';
import { diskFull, ranOutOfSpace } from '../../host/full-disk.ts';
import { captureOutput } from '../capture-output.ts';
import { CacheUnavailableError, DamagedEntryError } from './cache.ts';
import { unpackingSafely } from './unpack.ts';

/** The failures that no later attempt changes: this job lacks the right, by its token or by its runner's settings. */
const denied = /cache (?:read|write) denied|Cache (?:restore|save) skipped/;

/** The entry was downloaded, and tar cannot unpack it. */
const unpacking = /tar"? failed with error/;

/** The archive is whole, and holds what azl does not unpack: see unpack.sh. */
const refused = /exit code 3\b/;

/**
 * The calls of `@actions/cache`, with retries. The library returns undefined for a failure and for a miss, but logs only
 * failures: its output distinguishes them. A job without the right to read gets one warning, and finds no entry.
 * @param workspace the folder that entries are unpacked in
 */
export function cacheCalls(log: Log, workspace: string, signal: AbortSignal | undefined) {
  let readable = true;
  const policy: RetryPolicy = {
    ...{ attempts: 4, delay: exponential(2, 3), signal },
    isTransient: (error) =>
      (error instanceof DamagedEntryError || error instanceof CacheUnavailableError) && error.isTransient,
    // The service says in its message when its rate limit ends.
    retryAfter: (error) =>
      Number(/rate limit will reset in (\d+) seconds/.exec((error as Error).message)?.[1] ?? 0),
  };

  const restoreOnce = async (path: string, key: string, prefixes: string[]) => {
    const { restoreCache } = await import('@actions/cache');
    const { value, complaints } = await captureOutput(() =>
      unpackingSafely(() => restoreCache([path], key, prefixes)),
    );
    if (value !== undefined || complaints.length === 0) return value;
    const message = complaints.join('; ');
    if (denied.test(message)) {
      if (readable) log.warn(`The cache may not be read, so nothing of earlier runs is reused: ${message}`);
      readable = false;
      return undefined;
    }
    if (!unpacking.test(message)) throw new CacheUnavailableError(message);
    if (await ranOutOfSpace('', workspace)) throw diskFull();
    throw new DamagedEntryError(message, !refused.test(message));
  };

  const saveOnce = async (path: string, key: string, attempt: number): Promise<void> => {
    const { saveCache } = await import('@actions/cache');
    const { value, complaints } = await captureOutput(() => saveCache([path], key));
    const message = complaints.join('; ');
    if (value !== -1 || message === '') return;
    const isTaken = /\(409\)|already exists/.test(message);
    if (isTaken && attempt === 1) return;
    if (isTaken) throw new CacheUnavailableError('an upload that never ended holds its key', false);
    throw new CacheUnavailableError(message, !denied.test(message));
  };

  return {
    /** False once the service has refused to let this job read. */
    isReadable: (): boolean => readable,
    /** @returns the key of the entry; undefined if there is none. @throws CacheUnavailableError, DamagedEntryError */
    restore: (...entry: Parameters<typeof restoreOnce>) => retry(policy, () => restoreOnce(...entry)),
    /** An entry of that key that exists stays as it is. @throws CacheUnavailableError */
    save: (path: string, key: string) => retry(policy, (attempt) => saveOnce(path, key, attempt)),
  };
}
