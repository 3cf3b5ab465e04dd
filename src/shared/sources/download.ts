import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exponential, type RetryPolicy, retry } from '../base/retry.ts';
import { isDiskFull, lacksReserve } from '../host/full-disk.ts';
import {
  askHosts,
  InterruptedError,
  isInterruption,
  RefusedError,
  type RequestOptions,
} from './http-request.ts';
import { otherBytes } from './other-bytes.ts';
import { PartialFile } from './partial-file.ts';
import { followRedirects } from './redirects.ts';
import { sizeLimit } from './size-limit.ts';
import { webAddress } from './web-address.ts';

export interface DownloaderOptions extends RequestOptions {
  signal?: AbortSignal | undefined;
  /** Seconds that one download may take, with all its attempts. Default: 1800. */
  totalSeconds?: number;
  /** Further attempts after a 429, a 5xx or an interruption. Default: 3. */
  retries?: number;
  /** Seconds before the second attempt; they double with each. `Retry-After` may ask for more. Default: 1. */
  backoffSeconds?: number;
  /** Downloads at once. Default: 4. */
  atOnce?: number;
}

/** The properties that a file must have. */
export interface Expected {
  sha256?: string | undefined;
  mostBytes: number;
}

export type Downloader = ReturnType<typeof makeDownloader>;

/**
 * Makes a downloader of files. A server that cannot be reached is not asked again by the same downloader. It uses node:http,
 * because `fetch` unpacks a `.tar.gz` that a server labels `Content-Encoding: gzip`.
 */
export function makeDownloader(options: DownloaderOptions = {}) {
  const { signal: ended, retries = 3, backoffSeconds = 1, totalSeconds = 1800, atOnce = 4 } = options;
  const inSlot = slots(atOnce);
  const ask = followRedirects(askHosts(options));

  const once = async (
    address: string,
    part: PartialFile,
    sha256: string | undefined,
    signal: AbortSignal,
  ) => {
    const response = await ask(new URL(address), part.rangeHeaders, signal);
    try {
      const digest = await part.receive(response);
      if (sha256 === undefined || digest === sha256) return digest;
      if (!part.wasResumed) return digest;
      await part.restart();
      throw new InterruptedError('changed while it was read');
    } finally {
      response.destroy();
    }
  };

  const attempts = async (
    address: string,
    path: string,
    { sha256, mostBytes }: Expected,
  ): Promise<string> => {
    const signal = AbortSignal.any([AbortSignal.timeout(totalSeconds * 1000), ...(ended ? [ended] : [])]);
    const policy: RetryPolicy = {
      ...{ attempts: retries + 1, delay: exponential(backoffSeconds), isTransient: isInterruption, signal },
      retryAfter: (error) => (error instanceof InterruptedError ? error.retryAfter : undefined),
    };
    const file = await open(path, 'w');
    try {
      const part = new PartialFile(file, sizeLimit(dirname(path), mostBytes));
      return await retry(policy, () => once(address, part, sha256, signal));
    } catch (error) {
      ended?.throwIfAborted();
      if (signal.aborted) throw new RefusedError(`does not end within ${totalSeconds} s`);
      if (!isInterruption(error)) throw error;
      throw new RefusedError(`${(error as Error).message}${retries > 0 ? `, ${retries + 1} times` : ''}`);
    } finally {
      await file.close();
    }
  };

  return {
    /**
     * Writes the bytes at an address to `path`, exactly as sent.
     * @returns their SHA-256, or why there are none; then there is no file
     * @throws an error that `isDiskFull` recognises, if the disk is full without them, too
     */
    download: async (
      address: string,
      path: string,
      expected: Expected,
    ): Promise<{ digest: string } | { failure: string }> => {
      if (webAddress(address) === undefined) return { failure: 'is no http or https address' };
      return await inSlot(async () => {
        try {
          const digest = await attempts(address, path, expected);
          const { sha256 } = expected;
          if (sha256 === undefined || digest === sha256) return { digest };
          throw new RefusedError(await otherBytes(path, digest, sha256));
        } catch (error) {
          await rm(path, { force: true });
          if (error instanceof RefusedError) return { failure: error.message };
          if (!isDiskFull(error) || (await lacksReserve([dirname(path)]))) throw error;
          return { failure: 'fills the disk' };
        }
      });
    },
  };
}

/** Returns a function that runs its arguments in order, at most `count` at once. */
function slots(count: number): <T>(body: () => Promise<T>) => Promise<T> {
  let free = count;
  const queue: (() => void)[] = [];
  return async (body) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await body();
    } finally {
      const next = queue.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
