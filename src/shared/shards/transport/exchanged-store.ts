import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linear, type RetryPolicy, retry } from '../../base/retry.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import { NotPlainFileError } from '../../host/plain-files.ts';
import { withTempDir } from '../../host/temp-dir.ts';
import type { Result } from '../../model/build-result.ts';
import { hasBytesOf, takeFiles } from '../../store/result-files.ts';
import { DamagedResultError, type Store } from '../../store/store.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import type { KnownResults } from '../protocol/known-results.ts';
import type { ArtifactInfo } from '../protocol/listing.ts';
import type { Exchange } from './exchange.ts';

const isFinal = (error: unknown) => error instanceof DamagedResultError || isDiskFull(error);

/** A result that cannot be fetched in these attempts is built again. */
const fetchPolicy: RetryPolicy = { attempts: 3, delay: linear(2), isTransient: (error) => !isFinal(error) };

/** An artifact was not there, or did not hold a result; a later attempt may find it. */
class NotFetchedError extends Error {}

/** The sources and the target of the results that other jobs of the run published. */
interface ExchangedResults {
  /** Keeps what is fetched. */
  local: Store;
  known: KnownResults;
  exchange: Exchange;
  tempDir: string;
  /** Asks the shard that published a result for the artifact that holds it now. */
  findAgain: (report: PackageReport) => Promise<PackageReport | undefined>;
}

/**
 * Returns a store that also has the results which other jobs of the run published. Their files are fetched into the local
 * store when they are opened, and only then.
 */
export function exchangedStore(options: ExchangedResults): Store {
  const { local, known } = options;
  const downloads = new ResultDownloads(options);

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const report = known.results.get(key);
    if (report?.package === name) return report.result;
    return known.unanswered.has(key) ? undefined : await local.get(key, name);
  };

  const open = async (result: Result): Promise<string> => {
    const report = known.results.get(result.key);
    if (report === undefined || (await downloads.isLocal(result))) return await local.open(result);
    if (!(await downloads.isLocal(report.result))) await downloads.fetch(report.result);
    return await local.open(report.result);
  };

  return {
    get,
    offer: (result) => local.offer(result),
    saved: (key) => local.saved(key),
    flush: () => local.flush(),
    put: (...args) => local.put(...args),
    latest: (name) => local.latest(name),
    search: async (key, name) => (await get(key, name)) ?? (await local.search(key, name)),
    check: async (result) => {
      if (!known.results.has(result.key)) await local.check(result);
    },
    storedParts: async (result) => (known.results.has(result.key) ? 'full' : await local.storedParts(result)),
    open,
    openWithoutDebug: async (result) =>
      known.results.has(result.key) ? await open(result) : await local.openWithoutDebug(result),
    drop: async (key) => {
      const id = known.results.get(key)?.id;
      if (id !== undefined) known.refused.add(id);
      downloads.damaged.delete(key);
      known.results.delete(key);
      await local.drop(key);
    },
  };
}

/** The files of results that other jobs of the run published. */
class ResultDownloads {
  private readonly options: ExchangedResults;
  /** Running downloads, by artifact. */
  private readonly running = new Map<string, Promise<boolean>>();
  /** Results whose files are not those that were published, by key. */
  readonly damaged = new Map<string, DamagedResultError>();

  constructor(options: ExchangedResults) {
    this.options = options;
  }

  /** True if the files of a result are in the local store. */
  async isLocal(result: Result): Promise<boolean> {
    const found = await this.options.local.get(result.key, result.package).catch(() => undefined);
    return found !== undefined && hasBytesOf(found, result);
  }

  /** Fetches the files of a result into the local store. @throws DamagedResultError when they cannot be had */
  async fetch(result: Result): Promise<void> {
    let report: PackageReport | undefined = this.options.known.results.get(result.key);
    const missing = (reason: string) =>
      new DamagedResultError(result, report?.artifact ?? 'its artifact', reason);
    await retry(fetchPolicy, async () => {
      if (report?.artifact == null) throw missing('is not there any more');
      const { artifact } = report;
      const running = this.running.get(artifact) ?? this.fetchArtifact(artifact);
      this.running.set(artifact, running);
      const isThere = await running.finally(() => this.running.delete(artifact));
      if (await this.isLocal(result)) return;
      const error = this.damaged.get(result.key);
      if (error !== undefined) throw error;
      // Its shard may have published it again, together with others.
      if (!isThere) report = await this.options.findAgain(report);
      throw new NotFetchedError('is not there any more');
    }).catch((error: unknown) => {
      if (isFinal(error)) throw error;
      const { message } = error as Error;
      throw missing(error instanceof NotFetchedError ? message : `cannot be fetched (${message})`);
    });
  }

  /** Fetches the files of an artifact. If it holds anything but plain files, all of its results are damaged. */
  private async fetchPlain(artifact: ArtifactInfo, dir: string): Promise<boolean> {
    try {
      return await this.options.exchange.fetch(artifact, dir);
    } catch (error) {
      if (!(error instanceof NotPlainFileError)) throw error;
      for (const { result, artifact: name } of this.options.known.results.values())
        if (name === artifact.name)
          this.damaged.set(result.key, new DamagedResultError(result, name, error.message));
      return true;
    }
  }

  /**
   * Fetches all results that an artifact holds, so that it is not fetched again for the next of them.
   * @returns false if it is gone
   */
  private async fetchArtifact(name: string): Promise<boolean> {
    const { exchange, known, local, tempDir } = this.options;
    return await withTempDir(tempDir, 'fetched-', async (temp) => {
      const dir = join(temp, 'files');
      const found = await exchange.find(name);
      if (found === undefined || !(await this.fetchPlain(found, dir))) return false;
      for (const { result, artifact } of [...known.results.values()]) {
        // An artifact that was refused as a whole has left no files.
        if (artifact !== name || this.damaged.has(result.key) || (await this.isLocal(result))) continue;
        const files = join(dir, 'taken');
        try {
          await takeFiles(result, dir, files);
          await local.put(result, files, true);
        } catch (error) {
          if (!(error instanceof DamagedResultError)) throw error;
          this.damaged.set(result.key, error);
        }
        await rm(files, { recursive: true, force: true });
      }
      return true;
    });
  }
}
