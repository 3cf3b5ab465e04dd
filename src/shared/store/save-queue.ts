import { CacheUnavailableError } from '../github/cache/cache.ts';
import type { Result, StoredParts } from '../model/build-result.ts';

/** Uploads at once, beside the builds. */
const writersAtOnce = 2;

/** Milliseconds without a call after the cache gave no answer: one failing call takes half a minute. */
const pauseMilliseconds = 5 * 60_000;

interface Waiting {
  result: Result;
  parts: StoredParts;
}

/** The results that a job saves for later runs. */
export type SaveQueue = ReturnType<typeof newSaveQueue>;

/**
 * Saves results one after the other. A result counts as saved once its upload has ended. After a call without an answer
 * the queue pauses, and keeps what it holds.
 * @param now milliseconds of any clock
 */
export function newSaveQueue(
  save: (result: Result, parts: StoredParts) => Promise<void>,
  warn: (message: string) => void,
  now: () => number = () => performance.now(),
) {
  const saved = new Map<string, StoredParts>();
  const waiting: Waiting[] = [];
  const writers = new Set<Promise<void>>();
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let lastMessage = '';
  const isPaused = () => now() < pausedUntil;

  const noteFailure = (next: Waiting, error: Error): void => {
    const message = `The result of ${next.result.package} is not in the store`;
    if (error instanceof CacheUnavailableError) {
      if (!isPaused()) warn(`${message} yet: ${error.message}. It is tried again later.`);
      waiting.unshift(next);
      pausedUntil = now() + pauseMilliseconds;
      lastMessage = error.message;
    } else {
      // The result stays in this run, and a later run builds it again.
      warn(`${message}: ${error.message}`);
    }
  };
  const write = async (): Promise<void> => {
    while (!isPaused()) {
      const next = waiting.shift();
      if (next === undefined) return;
      try {
        await save(next.result, next.parts);
        saved.set(next.result.key, next.parts);
      } catch (error) {
        noteFailure(next, error as Error);
      }
    }
  };
  const startWriter = () => {
    if (writers.size >= writersAtOnce || isPaused()) return;
    const writer = write().finally(() => writers.delete(writer));
    writers.add(writer);
  };

  return {
    /** Queues these parts of a result. */
    add: (result: Result, parts: StoredParts): void => {
      saved.set(result.key, 'none');
      if (parts === 'none') return;
      waiting.push({ result, parts });
      startWriter();
    },
    /** Notes parts that the cache has without this job. */
    note: (key: string, parts: StoredParts): void => {
      saved.set(key, parts);
    },
    /** The parts of a result that the cache has by now; undefined if this job did nothing for it. */
    saved: (key: string) => saved.get(key),
    /** Waits for the queue. Results for which the cache gives no answer stay queued until the next call. */
    flush: async (): Promise<void> => {
      await Promise.all(writers);
      pausedUntil = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < writersAtOnce; at++) startWriter();
      await Promise.all(writers);
    },
    /** The packages that are still queued, and the last message of the cache. */
    failed: () => ({ names: waiting.map(({ result }) => result.package).sort(), message: lastMessage }),
  };
}
