import { CacheUnavailableError } from '../github/cache/cache.ts';
import type { Result } from '../model/build-result.ts';
import type { Kept } from '../model/stored-parts.ts';

/** Savings of results at once, beside the builds. */
const savesAtOnce = 2;

/** Milliseconds for which a cache that gave no answer is left alone: each try takes half a minute by itself. */
const rest = 5 * 60_000;

interface Waiting {
  result: Result;
  kept: Kept;
}

export interface SavesOptions {
  save: (result: Result, kept: Kept) => Promise<void>;
  warn: (message: string) => void;
  /** Milliseconds of any clock. */
  now?: (() => number) | undefined;
}

/** What a job saves for later runs. */
export interface Saves {
  /** Saves this much of a result, beside whatever is done next. */
  add(result: Result, kept: Kept): void;
  /** Notes what is there without this job. */
  note(key: string, kept: Kept): void;
  /** What of a result is there by now; undefined where this job has nothing to do with it. */
  saved(key: string): Kept | undefined;
  /** Waits for what is being saved. What gets no answer now is given up, until this is called again. */
  flush(): Promise<void>;
  /** What was given up, and the last words of the cache. */
  unsaved(): { names: string[]; words: string };
}

/**
 * A queue of results to save. Only what was saved counts as saved. A cache that gives no answer is left alone for a
 * while; what waits is not lost with it.
 */
export function newWriter({ save, warn, now = () => performance.now() }: SavesOptions): Saves {
  const saved = new Map<string, Kept>();
  const waiting: Waiting[] = [];
  const savers = new Set<Promise<void>>();
  let restsUntil = Number.NEGATIVE_INFINITY;
  let words = '';
  const rests = () => now() < restsUntil;

  const work = async (): Promise<void> => {
    while (!rests()) {
      const next = waiting.shift();
      if (next === undefined) return;
      const { result, kept } = next;
      try {
        await save(result, kept);
        saved.set(result.key, kept);
      } catch (error) {
        // A build is not lost with it: it is in this run, and a later one builds it again.
        const { message } = error as Error;
        const isAlone = !rests();
        if (error instanceof CacheUnavailableError) {
          waiting.unshift(next);
          restsUntil = now() + rest;
          words = message;
          if (isAlone)
            warn(
              `The result of ${result.package} is not in the store yet: ${message}. It is tried again later.`,
            );
        } else warn(`The result of ${result.package} is not in the store: ${message}`);
      }
    }
  };
  const start = () => {
    if (savers.size >= savesAtOnce || rests()) return;
    const saver = work().finally(() => savers.delete(saver));
    savers.add(saver);
  };

  return {
    add: (result, kept) => {
      saved.set(result.key, 'nothing');
      if (kept === 'nothing') return;
      waiting.push({ result, kept });
      start();
    },
    note: (key, kept) => {
      saved.set(key, kept);
    },
    saved: (key) => saved.get(key),
    flush: async () => {
      await Promise.all(savers);
      restsUntil = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < savesAtOnce; at++) start();
      await Promise.all(savers);
    },
    unsaved: () => ({ names: waiting.map(({ result }) => result.package).sort(), words }),
  };
}
