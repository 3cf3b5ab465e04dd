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
 * A store that also has what other jobs of the run have published. Its bytes are fetched when they are opened, into
 * `local`, and only then.
 * @param refresh asks the shard that published this where it is now
 */
export function exchangedStore(
  local: Store,
  known: KnownResults,
  exchange: Exchange,
  tempDir: string,
  refresh: (told: PackageReport) => Promise<PackageReport | undefined>,
): Store {
  const fetching = new Map<string, Promise<boolean>>();

  /** Takes all that is known to be in an artifact: it is not fetched again for the next of its results. */
  const fetchArtifact = async (name: string): Promise<boolean> => {
    const dir = join(tempDir, `fetched-${name}`);
    try {
      await rm(dir, { recursive: true, force: true });
      const item = await exchange.find(name);
      if (item === undefined || !(await exchange.fetch(item, dir))) return false;
      for (const { result, artifact } of [...known.results.values()]) {
        if (artifact !== name || (await isHere(result))) continue;
        const taken = join(dir, 'taken');
        const fault = await takeFiles(result, dir, taken);
        if (fault === undefined) await local.put(result, taken, true);
        else damaged.set(result.key, fault);
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
    let told: PackageReport | undefined = known.results.get(result.key);
    const missing = (reason: string) =>
      new DamagedResultError(result, told?.artifact ?? 'its artifact', reason);
    await retry(fetchPolicy, async () => {
      if (told?.artifact == null) throw missing('is not there any more');
      const { artifact } = told;
      const running = fetching.get(artifact) ?? fetchArtifact(artifact);
      fetching.set(artifact, running);
      const there = await running.finally(() => fetching.delete(artifact));
      if (await isHere(result)) return;
      const wrong = damaged.get(result.key);
      if (wrong !== undefined) throw wrong;
      // Its shard may have published it again, together with others.
      if (!there) told = await refresh(told);
      throw new NotFetchedError('is not there any more');
    }).catch((error: unknown) => {
      if (error instanceof DamagedResultError || isDiskFull(error)) throw error;
      const { message } = error as Error;
      throw missing(error instanceof NotFetchedError ? message : `cannot be fetched (${message})`);
    });
  };

  const get = async (key: string, name: string): Promise<Result | undefined> => {
    const told = known.results.get(key);
    if (told?.package === name) return told.result;
    return known.unanswered.has(key) ? undefined : await local.get(key, name);
  };

  const open = async (result: Result): Promise<string> => {
    const told = known.results.get(result.key);
    if (told === undefined || (await isHere(result))) return await local.open(result);
    if (!(await isHere(told.result))) await fetch(told.result);
    return await local.open(told.result);
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
    kept: async (result) => (known.results.has(result.key) ? 'whole' : await local.kept(result)),
    open,
    openMain: async (result) =>
      known.results.has(result.key) ? await open(result) : await local.openMain(result),
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
