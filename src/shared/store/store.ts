import type { Result } from '../result/result.ts';

/** Where results live between runs, found by key. */
export interface Store {
  /** The manifest of the result under `key`, or undefined. Reads no RPM. */
  get(key: string): Promise<Result | undefined>;
  /** The folder that holds the files of a result, each compared with its digest. @throws DamagedResult */
  open(result: Result): Promise<string>;
  /** Keeps a result: `filesDir` holds its SRPM and RPMs, and is consumed. Replaces one under the same key. */
  put(result: Result, filesDir: string): Promise<void>;
  /** Forgets a result. */
  drop(key: string): Promise<void>;
  /** The newest result of a package, whatever its key: to tell what changed, and how long it took. */
  latest(name: string): Promise<Result | undefined>;
}

/** A stored result whose bytes are not what its manifest says. It counts as absent. */
export class DamagedResult extends Error {
  readonly key: string;

  constructor(result: Result, file: string, fault: string) {
    super(
      `the stored result of ${result.package} (key ${result.key.slice(0, 12)}…) is damaged: ${file} ${fault}`,
    );
    this.name = 'DamagedResult';
    this.key = result.key;
  }
}
