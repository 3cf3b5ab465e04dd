import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest } from '../host/files.ts';
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
  const fetching = new Map<string, Promise<void>>();

  const fetch = async (result: Result): Promise<void> => {
    const dir = join(tempDir, `${result.key}.fetched`);
    let told: Told | undefined = known.results.get(result.key);
    let fault = 'is not there any more';
    for (let tries = 0; tries < triesToFetch && told?.artifact != null; tries++) {
      await rm(dir, { recursive: true, force: true });
      try {
        const item = await exchange.find(told.artifact);
        if (item !== undefined && (await exchange.fetch(item, dir))) {
          await takeFiles(result, dir);
          await local.put(result, join(dir, 'taken'), true);
          return;
        }
        // Its shard may have published it again, together with others.
        told = await refresh(told);
      } catch (error) {
        if (error instanceof DamagedResult) throw error;
        fault = `cannot be fetched (${(error as Error).message})`;
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
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
      const there = await local.get(result.key, result.package).catch(() => undefined);
      const told = known.results.get(result.key);
      if (told === undefined || (there !== undefined && hasBytesOf(there, result)))
        return await local.open(result);
      if (there === undefined || !hasBytesOf(there, told.result)) {
        const running = fetching.get(result.key) ?? fetch(told.result);
        fetching.set(result.key, running);
        await running.finally(() => fetching.delete(result.key));
      }
      return await local.open(told.result);
    },
    put: local.put,
    drop: async (key) => {
      const id = known.results.get(key)?.id;
      if (id !== undefined) known.refused.add(id);
      known.results.delete(key);
      await local.drop(key);
    },
    latest: local.latest,
  };
}

/**
 * Moves the files of a result to the folder `taken`: those that it names, plain files of the right bytes, and nothing
 * else.
 */
async function takeFiles(result: Result, dir: string): Promise<void> {
  const folder = join(dir, result.key.slice(0, 2), result.key);
  await mkdir(join(dir, 'taken'));
  for (const { file, size, shipDigest } of [result.srpm, ...result.rpms]) {
    const found = await lstat(join(folder, file)).catch(() => undefined);
    if (found?.isFile() !== true)
      throw new DamagedResult(result, file, 'is not in its artifact, or is no plain file');
    if (found.size !== size || (await fileDigest(join(folder, file))) !== shipDigest)
      throw new DamagedResult(result, file, 'has another SHA-256 than its manifest says');
    await rename(join(folder, file), join(dir, 'taken', file));
  }
}

/** Whether two results under one key are the same build, not only as good as each other. */
function hasBytesOf(a: Result, b: Result): boolean {
  const bytes = ({ srpm, rpms }: Result) => [srpm, ...rpms].map(({ shipDigest }) => shipDigest).join();
  return bytes(a) === bytes(b);
}
