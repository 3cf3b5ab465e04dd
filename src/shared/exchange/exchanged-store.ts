import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileDigest, isDiskFull } from '../host/files.ts';
import type { Result } from '../result/result.ts';
import { DamagedResult, type Store } from '../store/store.ts';
import type { Told } from './alive.ts';
import type { Exchange } from './exchange.ts';
import type { Known } from './known.ts';

/** What cannot be fetched so often is built again. */
const triesToFetch = 3;

/** Where the files of a result lie in an artifact: as in a directory store below `results`. */
export function artifactFiles(result: Result): string[] {
  const folder = join(result.key.slice(0, 2), result.key);
  return [result.srpm, ...result.rpms].map(({ file }) => join(folder, file));
}

/**
 * A store that also has what other jobs of the run have published. Its bytes are fetched when they are opened, into
 * `local`, and only then.
 * @param refresh asks the shard that published this where it is now
 */
export function exchangedStore(
  local: Store,
  known: Known,
  exchange: Exchange,
  tempDir: string,
  refresh: (told: Told) => Promise<Told | undefined>,
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
  const damaged = new Map<string, DamagedResult>();
  const isHere = async (result: Result): Promise<boolean> => {
    const there = await local.get(result.key, result.package).catch(() => undefined);
    return there !== undefined && hasBytesOf(there, result);
  };

  const fetch = async (result: Result): Promise<void> => {
    let told: Told | undefined = known.results.get(result.key);
    let fault = 'is not there any more';
    for (let tries = 1; tries <= triesToFetch && told?.artifact != null; tries++) {
      const { artifact } = told;
      try {
        const running = fetching.get(artifact) ?? fetchArtifact(artifact);
        fetching.set(artifact, running);
        const there = await running.finally(() => fetching.delete(artifact));
        if (await isHere(result)) return;
        const wrong = damaged.get(result.key);
        if (wrong !== undefined) throw wrong;
        // Its shard may have published it again, together with others.
        if (!there) told = await refresh(told);
      } catch (error) {
        if (error instanceof DamagedResult || isDiskFull(error)) throw error;
        fault = `cannot be fetched (${(error as Error).message})`;
      }
      if (tries < triesToFetch) await wait(tries * 2000);
    }
    throw new DamagedResult(result, told?.artifact ?? 'its artifact', fault);
  };

  return {
    get: async (key, name) => {
      const told = known.results.get(key);
      return told?.package === name ? told.result : await local.get(key, name);
    },
    check: async (result) => {
      if (!known.results.has(result.key)) await local.check(result);
    },
    open: async (result) => {
      const told = known.results.get(result.key);
      if (told === undefined || (await isHere(result))) return await local.open(result);
      if (!(await isHere(told.result))) await fetch(told.result);
      return await local.open(told.result);
    },
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

/**
 * Moves the files of a result to a new folder: those that it names, plain files of the right bytes, and nothing else.
 * Answers what is wrong with one.
 */
async function takeFiles(result: Result, dir: string, taken: string): Promise<DamagedResult | undefined> {
  const folder = join(dir, result.key.slice(0, 2), result.key);
  await mkdir(taken);
  for (const { file, size, shipDigest } of [result.srpm, ...result.rpms]) {
    const found = await lstat(join(folder, file)).catch(() => undefined);
    if (found?.isFile() !== true)
      return new DamagedResult(result, file, 'is not in its artifact, or is no plain file');
    if (found.size !== size || (await fileDigest(join(folder, file))) !== shipDigest)
      return new DamagedResult(result, file, 'has another SHA-256 than its manifest says');
    await rename(join(folder, file), join(taken, file));
  }
  return undefined;
}

/** Whether two results under one key are the same build, not only as good as each other. */
function hasBytesOf(a: Result, b: Result): boolean {
  const bytes = ({ srpm, rpms }: Result) => [srpm, ...rpms].map(({ shipDigest }) => shipDigest).join();
  return bytes(a) === bytes(b);
}
