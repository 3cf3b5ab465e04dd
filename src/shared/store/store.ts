import { order } from '../base/order.ts';
import { digest, number, object } from '../base/schema.ts';
import { componentsSchema, type Result, type StoredParts } from '../model/build-result.ts';

/** The remembered facts of a package's newest result: they say what changed and how long it took, also without its files. */
export type Latest = Pick<Result, 'key' | 'components' | 'seconds'>;

export const latestSchema = object<Latest>({ key: digest, components: componentsSchema, seconds: number() });

/** The manifests of results, found by key. */
export interface ResultLookup {
  /** Returns the manifest of a package's result under `key`. Reads no RPM. @throws DamagedResultError */
  get(key: string, name: string): Promise<Result | undefined>;
  /** Does the same, and asks services that cost a call: once before a build. */
  search(key: string, name: string): Promise<Result | undefined>;
  latest(name: string): Promise<Latest | undefined>;
  /** Forgets a result; its {@link ResultLookup.latest} stays. */
  drop(key: string): Promise<void>;
}

/** The files of results. */
export interface ResultFiles {
  /** Checks that the files of a result exist, as far as that is known without a download. @throws DamagedResultError */
  check(result: Result): Promise<void>;
  /** The parts of a result that can be opened, as far as that is known without a download. */
  storedParts(result: Result): Promise<StoredParts>;
  /** Returns the folder with all files of a result, each compared with its digest. @throws DamagedResultError */
  open(result: Result): Promise<string>;
  /** Returns a folder with at least the RPMs without debuginfo. @throws DamagedResultError */
  openWithoutDebug(result: Result): Promise<string>;
  /**
   * Adds a result: `filesDir` holds its SRPM and RPMs, and is consumed. A complete result that exists under the same key
   * stays, because others may be reading it, unless `replace` is true.
   * @returns the result that the store has from now on
   */
  put(result: Result, filesDir: string, replace: boolean): Promise<Result>;
}

/** The place of results between runs. A module that needs less asks for less. */
export interface Store extends ResultLookup, ResultFiles {
  /** Queues a result of this run for later runs, beside the builds. */
  offer(result: Result): void;
  /** The parts of a result that later runs can have by now; undefined if this job did nothing for it. */
  saved(key: string): StoredParts | undefined;
  /** Waits until the queue is empty or the cache is unavailable. */
  flush(): Promise<void>;
}

/** A stored result whose bytes are not those that were stored. It counts as absent. */
export class DamagedResultError extends Error {
  readonly key: string;

  constructor(result: Pick<Result, 'package' | 'key'>, file: string, reason: string) {
    super(
      `the stored result of ${result.package} (key ${result.key.slice(0, 12)}…) is damaged: ${file} ${reason}`,
    );
    this.key = result.key;
  }
}

/** Opens the stored parts of a result: all files, or the RPMs without debuginfo. @throws DamagedResultError */
export async function openStored(
  store: ResultFiles,
  result: Result,
): Promise<{ folder: string; parts: StoredParts }> {
  const parts = await store.storedParts(result);
  const folder = await (parts === 'without-debug' ? store.openWithoutDebug(result) : store.open(result));
  return { folder, parts };
}

/** The packages of these results of which only the RPMs without debuginfo are stored, by name. */
export async function storedWithoutDebug(
  store: ResultFiles,
  results: readonly Result[],
): Promise<Set<string>> {
  const names: string[] = [];
  for (const one of results) if ((await store.storedParts(one)) === 'without-debug') names.push(one.package);
  return new Set(names.sort(order));
}
