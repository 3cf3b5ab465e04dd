import type { Result } from '../model/build-result.ts';
import type { Kept } from '../model/stored-parts.ts';

/** What is remembered of a package's newest result, also when that is gone: to tell what changed, and how long it took. */
export type Latest = Pick<Result, 'key' | 'components' | 'seconds'>;

/** Where results live between runs, found by key. */
export interface Store {
  /** The manifest of a package's result under `key`, or undefined. Reads no RPM. @throws DamagedResult */
  get(key: string, name: string): Promise<Result | undefined>;
  /** The same, and asks also where asking costs a call: once before a build. */
  search(key: string, name: string): Promise<Result | undefined>;
  /** Whether the files of a result can be had, as far as that is known without fetching them. @throws DamagedResult */
  check(result: Result): Promise<void>;
  /** What of the files of a result can be had, as far as that is known without fetching them. */
  kept(result: Result): Promise<Kept>;
  /** The folder that holds the files of a result, each compared with its digest. @throws DamagedResult */
  open(result: Result): Promise<string>;
  /** The same with the files that a build may ask for alone. */
  openMain(result: Result): Promise<string>;
  /**
   * Keeps a result: `filesDir` holds its SRPM and RPMs, and is consumed. A whole one that is there under the same key
   * stays, because others may be reading it, unless this is to `replace` it.
   * @returns the result that the store has from now on
   */
  put(result: Result, filesDir: string, replace: boolean): Promise<Result>;
  /** Hands a result that this run built to later runs, beside whatever is done next. */
  offer(result: Result): void;
  /** What of a result later runs can have by now; undefined where this job did nothing for it. */
  saved(key: string): Kept | undefined;
  /** Waits for what is being handed on. */
  flush(): Promise<void>;
  /** Forgets a result; what {@link Store.latest} tells of it stays. */
  drop(key: string): Promise<void>;
  latest(name: string): Promise<Latest | undefined>;
}

/** A stored result whose bytes are not what was stored. It counts as absent. */
export class DamagedResultError extends Error {
  readonly key: string;

  constructor(result: Pick<Result, 'package' | 'key'>, file: string, fault: string) {
    super(
      `the stored result of ${result.package} (key ${result.key.slice(0, 12)}…) is damaged: ${file} ${fault}`,
    );
    this.name = 'DamagedResult';
    this.key = result.key;
  }
}
