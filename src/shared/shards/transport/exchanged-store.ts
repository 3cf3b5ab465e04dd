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

/**
 * Returns a store that also has the results which other jobs of the run published. Their files are fetched into `local`
 * when they are opened, and only then.
 * @param findAgain asks the shard that published a result for the artifact that holds it now
 */
export function exchangedStore(
  local: Store,
  known: KnownResults,
  exchange: Exchange,
  tempDir: string,
  findAgain: (report: PackageReport) => Promise<PackageReport | undefined>,
): Store {
  const fetching = new Map<string, Promise<boolean>>();

  /** Fetches all results that an artifact holds, so that it is not fetched again for the next of them. */
  const fetchArtifact = async (name: string): Promise<boolean> => {
    const dir = join(tempDir, `fetched-${name}`);
    try {
      await rm(dir, { recursive: true, force: true });
      const found = await exchange.find(name);
      if (found === undefined || !(await exchange.fetch(found, dir))) return false;
      for (const { result, artifact } of [...known.results.values()]) {
        if (artifact !== name || (await isHere(result))) continue;
        const taken = join(dir, 'taken');
        try {
          await takeFiles(result, dir, taken);
          await local.put(result, taken, true);
        } catch (error) {
          if (!(error instanceof DamagedResultError)) throw error;
          damaged.set(result.key, error);
        }
        await rm(taken, { recursive: true, force: true });
      }
      return true;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
  const damaged = new Map<string, DamagedResultError>();
  const isHere = async (result: Result): Promise<boolean> => {
    const there = await local.get(result.key, result.package).catch(() => undefined);
    return there !== undefined && hasBytesOf(there, result);
  };

  const fetch = async (result: Result): Promise<void> => {
    let report: PackageReport | undefined = known.results.get(result.key);
    const missing = (reason: string) =>
      new DamagedResultError(result, report?.artifact ?? 'its artifact', reason);
    await retry(fetchPolicy, async () => {
      if (report?.artifact == null) throw missing('is not there any more');
      const { artifact } = report;
      const running = fetching.get(artifact) ?? fetchArtifact(artifact);
      fetching.set(artifact, running);
      const isThere = await running.finally(() => fetching.delete(artifact));
      if (await isHere(result)) return;
      const wrong = damaged.get(result.key);
      if (wrong !== undefined) throw wrong;
      // Its shard may have published it again, together with others.
      if (!isThere) report = await findAgain(report);
      throw new NotFetchedError('is not there any more');
    }).catch((error: unknown) => {
      if (error instanceof DamagedResultError || isDiskFull(error)) throw error;
      const { message } = error as Error;
      throw missing(error instanceof NotFetchedError ? message : `cannot be fetched (${message})`);
    });
  };

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const report = known.results.get(key);
    if (report?.package === name) return report.result;
    return known.unanswered.has(key) ? undefined : await local.get(key, name);
  };

  const open = async (result: Result): Promise<string> => {
    const report = known.results.get(result.key);
    if (report === undefined || (await isHere(result))) return await local.open(result);
    if (!(await isHere(report.result))) await fetch(report.result);
    return await local.open(report.result);
  };

  return {
    get,
    search: async (key, name) => (await get(key, name)) ?? (await local.search(key, name)),
    offer: local.offer,
    saved: local.saved,
    flush: local.flush,
    check: async (result) => {
      if (!known.results.has(result.key)) await local.check(result);
    },
    storedParts: async (result) => (known.results.has(result.key) ? 'full' : await local.storedParts(result)),
    open,
    openWithoutDebug: async (result) =>
      known.results.has(result.key) ? await open(result) : await local.openWithoutDebug(result),
    put: local.put,
    drop: async (key) => {
      const id = known.results.get(key)?.id;
      if (id !== undefined) known.refused.add(id);
      damaged.delete(key);
      known.results.delete(key);
      await local.drop(key);
    },
    latest: local.latest,
  };
}
