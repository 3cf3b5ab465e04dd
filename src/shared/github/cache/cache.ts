import { ProblemsError } from '../../base/problems.ts';

/**
 * A cache of entries that later runs restore, each a few files in a folder. An entry appears whole or not at all and
 * never changes. `place` is the kind of the entry: an entry is found only by the place and the key of its save.
 */
export interface Cache {
  /** False once the service has refused to let this job read: then no entry is found. */
  readonly readable: boolean;
  /**
   * Puts the files of the entry of exactly this key below `dir`, a new folder.
   * @returns true if the entry exists
   * @throws CacheUnavailableError, DamagedEntryError
   */
  fetch(place: string, key: string, dir: string): Promise<boolean>;
  /** Does the same with the newest entry whose key begins with `prefix`. @returns its key */
  fetchNewest(place: string, prefix: string, dir: string): Promise<string | undefined>;
  /** Saves `files`, paths below `root`. An existing entry of that key stays. @throws CacheUnavailableError */
  save(place: string, key: string, root: string, files: readonly string[]): Promise<void>;
}

/** The cache service gave no answer: it is unknown whether an entry exists. */
export class CacheUnavailableError extends Error {
  /** True if a later attempt can succeed. */
  readonly isTransient: boolean;

  constructor(message: string, isTransient = true) {
    super(message);
    this.isTransient = isTransient;
  }
}

/** An entry exists and cannot be unpacked. */
export class DamagedEntryError extends Error {
  /** True if a later attempt can succeed: the service may have sent the body of an error. */
  readonly isTransient: boolean;

  constructor(message: string, isTransient = true) {
    super(message);
    this.isTransient = isTransient;
  }
}

/** The content of the store is unknown, so the run ends: no package failed. */
export class StoreUnavailableError extends ProblemsError {
  constructor(message: string) {
    super([{ message, hint: 'Run it again later, or set on-store-error: build to build what is unknown.' }]);
  }
}
