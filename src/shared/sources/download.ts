import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { exponential, type RetryPolicy, retry, retryAfterSeconds } from '../base/retry.ts';

export interface DownloaderOptions {
  signal?: AbortSignal | undefined;
  /** Downloads at once. Default: 4. */
  parallel?: number;
  /** Until a host must have answered. Default: 10. */
  answerSeconds?: number;
  /** Without a byte, until a download counts as cut. Default: 30. */
  stallSeconds?: number;
  /** After a 429, a 5xx or a cut. Default: 3. */
  retries?: number;
  /** Before the first retry; doubles with each. Default: 1. */
  backoffSeconds?: number;
}

/** The outcome of a download: the SHA-256 of the written file, or the reason why there is none. */
export type Downloaded = { digest: string } | { failure: string };

export interface Downloader {
  /** Writes the bytes at an http or https address to `path`, exactly as the server sends them. */
  download(address: string, path: string): Promise<Downloaded>;
}

/** A failure that another attempt may not meet. */
class Cut extends Error {
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** A failure that every attempt would meet. */
class Refused extends Error {}

const cutCodes = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);
const redirects = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 8;

/**
 * Downloads files; remembers for its lifetime which hosts did not answer and does not ask them again. It asks by
 * node:http rather than by `fetch`, which unpacks a `.tar.gz` that a server labels `Content-Encoding: gzip`.
 */
export function makeDownloader(options: DownloaderOptions = {}): Downloader {
  const { signal, retries = 3, backoffSeconds = 1 } = options;
  const inSlot = slots(options.parallel ?? 4);
  const ask = askHosts(options);

  const once = async (address: string, path: string): Promise<string> => {
    let url = new URL(address);
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const response = await ask(url);
      const status = response.statusCode ?? 0;
      if (status === 200) return await save(response, path);
      response.resume();
      const location = response.headers.location;
      if (redirects.has(status) && location !== undefined) {
        const next = URL.canParse(location, url.href) ? webAddress(new URL(location, url).href) : undefined;
        if (next === undefined)
          throw new Refused(`sends on to '${location}', which is no http or https address`);
        url = next;
        continue;
      }
      const said = `answers ${status}${response.statusMessage ? ` ${response.statusMessage}` : ''}`;
      if (status !== 429 && status < 500) throw new Refused(said);
      throw new Cut(said, retryAfterSeconds(response.headers['retry-after']));
    }
    throw new Refused(`sends on more than ${mostRedirects} times`);
  };

  return {
    download: async (address, path) => {
      if (webAddress(address) === undefined) return { failure: 'is no http or https address' };
      const policy: RetryPolicy = {
        ...{ attempts: retries + 1, delay: exponential(backoffSeconds), isTransient: isCut, signal },
        retryAfter: (error) => (error instanceof Cut ? error.retryAfter : undefined),
      };
      return await inSlot(async () => {
        try {
          return { digest: await retry(policy, () => once(address, path)) };
        } catch (error) {
          signal?.throwIfAborted();
          if (error instanceof Refused) return { failure: error.message };
          if (!isCut(error)) throw error;
          const why = error instanceof Cut ? error.message : 'breaks off';
          return { failure: retries > 0 ? `${why}, ${retries + 1} times` : why };
        }
      });
    },
  };
}

/** One request to a host at a time until it has answered once; none after it did not. */
function askHosts(options: DownloaderOptions): (url: URL) => Promise<IncomingMessage> {
  const known = new Map<string, 'answers' | string | Promise<unknown>>();
  const first = async (url: URL): Promise<IncomingMessage> => {
    try {
      const response = await request(url, options);
      known.set(url.host, 'answers');
      return response;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isCut(error)) {
        known.delete(url.host);
        throw error;
      }
      const fault = `${url.host} does not answer (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
      known.set(url.host, fault);
      throw new Refused(fault);
    }
  };
  return async (url) => {
    for (;;) {
      const state = known.get(url.host);
      if (state === 'answers') return await request(url, options).catch(asCut);
      if (typeof state === 'string') throw new Refused(state);
      if (state === undefined) {
        const answer = first(url);
        known.set(
          url.host,
          answer.catch(() => {}),
        );
        return await answer;
      }
      await state;
    }
  };
}

/** A host that answered before and now does not is busy, not gone. */
function asCut(error: Error): never {
  throw error.name === 'AbortError' ? error : new Cut((error as NodeJS.ErrnoException).code ?? error.message);
}

function request(url: URL, options: DownloaderOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? httpsGet : httpGet;
    const asked = get(url, {
      headers: { 'user-agent': 'azl', accept: '*/*', 'accept-encoding': 'identity' },
      timeout: (options.answerSeconds ?? 10) * 1000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const late = () => asked.destroy(new Error('no answer in time'));
    asked.on('timeout', late);
    asked.on('error', reject);
    asked.on('response', (response) => {
      asked.off('timeout', late);
      asked.setTimeout((options.stallSeconds ?? 30) * 1000, () => response.destroy(new Cut('stalls')));
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

function isCut(error: unknown): boolean {
  return error instanceof Cut || cutCodes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** An address that may be asked; undefined when it is no whole http or https URL. */
function webAddress(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

/** Runs what it is given, at most `count` at once, in order. */
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
