import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { exponential, type RetryPolicy, retry, retryAfterSeconds } from '../base/retry.ts';

export interface DownloaderOptions {
  signal?: AbortSignal | undefined;
  /** Seconds within which a host must answer. Default: 10. */
  answerSeconds?: number;
  /** Seconds without a byte after which a download counts as interrupted. Default: 30. */
  stallSeconds?: number;
  /** Further attempts after a 429, a 5xx or an interruption. Default: 3. */
  retries?: number;
  /** Seconds before the second attempt; they double with each. `Retry-After` may ask for more. Default: 1. */
  backoffSeconds?: number;
}

export type Downloader = ReturnType<typeof makeDownloader>;

/** A failure that another attempt may not meet. */
class InterruptedError extends Error {
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** A failure that every attempt would meet. */
class RefusedError extends Error {}

const interruptionCodes = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];
const redirects = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 8;
/** Downloads of one downloader at once. */
const atOnce = 4;

/**
 * Makes a downloader of files. A host that did not answer is not asked again by the same downloader. It uses node:http,
 * because `fetch` unpacks a `.tar.gz` that a server labels `Content-Encoding: gzip`.
 */
export function makeDownloader(options: DownloaderOptions = {}) {
  const { signal, retries = 3, backoffSeconds = 1 } = options;
  const inSlot = slots(atOnce);
  const ask = askHosts(options);

  const once = async (address: string, path: string): Promise<string> => {
    let url = new URL(address);
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const response = await ask(url);
      const status = response.statusCode ?? 0;
      if (status === 200) return await save(response, path);
      response.resume();
      const { location } = response.headers;
      if (redirects.has(status) && location !== undefined) {
        const next = webAddress(location, url.href);
        if (next === undefined)
          throw new RefusedError(`sends on to '${location}', which is no http or https address`);
        url = next;
        continue;
      }
      const said = `answers ${status}${response.statusMessage ? ` ${response.statusMessage}` : ''}`;
      if (status !== 429 && status < 500) throw new RefusedError(said);
      throw new InterruptedError(said, retryAfterSeconds(response.headers['retry-after']));
    }
    throw new RefusedError(`sends on more than ${mostRedirects} times`);
  };

  return {
    /** Writes the bytes at an address to `path`, exactly as sent. @returns their SHA-256, or why there are none */
    download: async (address: string, path: string): Promise<{ digest: string } | { failure: string }> => {
      if (webAddress(address) === undefined) return { failure: 'is no http or https address' };
      const policy: RetryPolicy = {
        ...{ attempts: retries + 1, delay: exponential(backoffSeconds), isTransient: isInterruption, signal },
        retryAfter: (error) => (error instanceof InterruptedError ? error.retryAfter : undefined),
      };
      return await inSlot(async () => {
        try {
          return { digest: await retry(policy, () => once(address, path)) };
        } catch (error) {
          signal?.throwIfAborted();
          if (error instanceof RefusedError) return { failure: error.message };
          if (!isInterruption(error)) throw error;
          const why = error instanceof InterruptedError ? error.message : 'breaks off';
          return { failure: retries > 0 ? `${why}, ${retries + 1} times` : why };
        }
      });
    },
  };
}

/** Sends one request to a host at a time until it has answered once, and none after it did not answer. */
function askHosts(options: DownloaderOptions): (url: URL) => Promise<IncomingMessage> {
  const known = new Map<string, 'answers' | string | Promise<unknown>>();
  const first = async (url: URL): Promise<IncomingMessage> => {
    try {
      const response = await request(url, options);
      known.set(url.host, 'answers');
      return response;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isInterruption(error)) {
        known.delete(url.host);
        throw error;
      }
      const failure = `${url.host} does not answer (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
      known.set(url.host, failure);
      throw new RefusedError(failure);
    }
  };
  return async (url) => {
    for (;;) {
      const state = known.get(url.host);
      if (state === 'answers') return await request(url, options).catch(asInterruption);
      if (typeof state === 'string') throw new RefusedError(state);
      if (state === undefined) {
        const answer = first(url);
        const ended = answer.catch(() => {});
        known.set(url.host, ended);
        return await answer;
      }
      await state;
    }
  };
}

/** A host that answered before and does not answer now is busy: another attempt may help. */
function asInterruption(error: Error): never {
  throw error.name === 'AbortError'
    ? error
    : new InterruptedError((error as NodeJS.ErrnoException).code ?? error.message);
}

function request(url: URL, options: DownloaderOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? httpsGet : httpGet;
    const asked = get(url, {
      headers: { 'user-agent': 'azl', accept: '*/*', 'accept-encoding': 'identity' },
      timeout: (options.answerSeconds ?? 10) * 1000,
      signal: options.signal,
    });
    const expire = () => asked.destroy(new Error('no answer in time'));
    asked.on('timeout', expire);
    asked.on('error', reject);
    asked.on('response', (response) => {
      asked.off('timeout', expire);
      asked.setTimeout((options.stallSeconds ?? 30) * 1000, () =>
        response.destroy(new InterruptedError('stalls')),
      );
      resolve(response);
    });
  });
}

async function save(response: IncomingMessage, path: string): Promise<string> {
  const hash = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(response, hashed, createWriteStream(path));
  return hash.digest('hex');
}

function isInterruption(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return error instanceof InterruptedError || interruptionCodes.includes(code);
}

/** Parses an address, which may be relative to `base`; undefined if it is no http or https URL. */
function webAddress(text: string, base?: string): URL | undefined {
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  return ['http:', 'https:'].includes(url.protocol) ? url : undefined;
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
