import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { linear, type RetryPolicy, retry } from '../../base/retry.ts';
import { isDiskFull } from '../../host/full-disk.ts';
import type { Result } from '../../model/build-result.ts';
import { hasBytesOf, takeFiles } from '../../store/result-files.ts';
import { DamagedResultError, type Store } from '../../store/store.ts';
import type { PackageReport } from '../protocol/heartbeat.ts';
import type { KnownResults } from '../protocol/known-results.ts';
import type { Exchange } from './exchange.ts';

/** A result that cannot be fetched in these attempts is built again. */
const fetchPolicy: RetryPolicy = {
  attempts: 3,
  delay: linear(2),
  isTransient: (error) => !(error instanceof DamagedResultError || isDiskFull(error)),
};

/** An artifact was not there, or did not hold a result; a later attempt may find it. */
class NotFetchedError extends Error {}

/** The sources and the target of {@link ResultDownloads}. */
export interface ResultDownloadsOptions {
  /** Keeps what is fetched. */
  local: Store;
  known: KnownResults;
  exchange: Exchange;
  tempDir: string;
  /** Asks the shard that published a result for the artifact that holds it now. */
  findAgain: (report: PackageReport) => Promise<PackageReport | undefined>;
}

/** The files of results that other jobs of the run published. */
export class ResultDownloads {
  private readonly options: ResultDownloadsOptions;
  /** Running downloads, by artifact. */
  private readonly running = new Map<string, Promise<boolean>>();
  /** Results whose files are not those that were published, by key. */
  private readonly damaged = new Map<string, DamagedResultError>();

  constructor(options: ResultDownloadsOptions) {
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
      const isThere = await this.fetchOnce(report.artifact);
      if (await this.isLocal(result)) return;
      const error = this.damaged.get(result.key);
      if (error !== undefined) throw error;
      // Its shard may have published it again, together with others.
      if (!isThere) report = await this.options.findAgain(report);
      throw new NotFetchedError('is not there any more');
    }).catch((error: unknown) => {
      if (error instanceof DamagedResultError || isDiskFull(error)) throw error;
      const { message } = error as Error;
      throw missing(error instanceof NotFetchedError ? message : `cannot be fetched (${message})`);
    });
  }

  /** Forgets a result: files under its key may be fetched again. */
  forget(key: string): void {
    this.damaged.delete(key);
  }

  private async fetchOnce(artifact: string): Promise<boolean> {
    const running = this.running.get(artifact) ?? this.fetchArtifact(artifact);
    this.running.set(artifact, running);
    return await running.finally(() => this.running.delete(artifact));
  }

  /**
   * Fetches all results that an artifact holds, so that it is not fetched again for the next of them.
   * @returns false if it is gone
   */
  private async fetchArtifact(name: string): Promise<boolean> {
    const { exchange, known, local, tempDir } = this.options;
    const dir = join(tempDir, `fetched-${name}`);
    try {
      await rm(dir, { recursive: true, force: true });
      const found = await exchange.find(name);
      if (found === undefined || !(await exchange.fetch(found, dir))) return false;
      for (const { result, artifact } of [...known.results.values()]) {
        if (artifact !== name || (await this.isLocal(result))) continue;
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
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
}
