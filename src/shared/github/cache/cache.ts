import { ProblemsError } from '../../base/problems.ts';
/**
 * Entries that later runs find again, each a few files in a folder. An entry appears whole or not at all and never
 * changes. `place` says what kind of entry it is: an entry is found only by the place and the key that it was saved with.
 */
export interface Cache {
  /** Whether this job may read entries, as far as is known by now. Where it may not, none is found. */
  readonly readable: boolean;
  /**
   * Puts the files of the entry of exactly this key below `dir`, a new folder. Answers whether it was there.
   * @throws CacheTrouble, BrokenEntry
   */
  fetch(place: string, key: string, dir: string): Promise<boolean>;
  /** The same with the newest entry whose key begins with `prefix`. Answers its key. */
  fetchNewest(place: string, prefix: string, dir: string): Promise<string | undefined>;
  /** Saves `files`, which are paths below `root` and keep them. One that is there under the key stays. @throws CacheTrouble */
  save(place: string, key: string, root: string, files: readonly string[]): Promise<void>;
}

/** The service gave no answer: nobody knows whether an entry is there. */
export class CacheUnavailableError extends Error {
  constructor(words: string) {
    super(words);
    this.name = 'CacheTrouble';
  }
}

/** An entry is there, and cannot be unpacked. */
export class DamagedEntryError extends Error {
  constructor(words: string) {
    super(words);
    this.name = 'BrokenEntry';
  }
}

/** Nobody knows what the store has: then nothing is built in vain, and no package is to blame. */
export class StoreUnavailableError extends ProblemsError {
  constructor(message: string) {
    super([
      { message, hint: 'Run it again later; with on-store-error: build, what cannot be had is built.' },
    ]);
    this.name = 'StoreTrouble';
  }
}
