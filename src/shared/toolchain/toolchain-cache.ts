import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { order } from '../base/order.ts';
import { type Cache, CacheUnavailableError, StoreUnavailableError } from '../github/cache/cache.ts';
import { openCache } from '../github/cache/open-cache.ts';
import { leavesCache, visibleRefs } from '../github/run.ts';
import { textDigest } from '../host/digests.ts';
import { linkFile, tempSibling, writeWhole } from '../host/files.ts';
import { writeJson } from '../host/json-files.ts';
import { readPlainFile } from '../host/plain-files.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { archiveFile, packToolchain, unpackToolchain } from './archive.ts';
import { cachedKind } from './cached-kind.ts';
import { lockFile, longestLock } from './lock.ts';
import { baseOf, readAddedMacros } from './macro-rpms.ts';
import {
  type PreparedToolchain,
  prepareToolchain,
  type ToolchainOptions,
  type ToolchainOrigin,
} from './prepare.ts';

const folderName = 'toolchain';

type ToolchainCacheOptions = ToolchainOrigin &
  Pick<ToolchainOptions, 'dir' | 'cacheDir' | 'log' | 'signal'> & {
    cache: Cache;
    /** If the cache is unavailable: fail, or make a toolchain. */
    onStoreError: 'fail' | 'build';
  };

/**
 * Returns the toolchain of a job: the one that an earlier run of the workflow saved in GitHub's cache, or a new one, which
 * is saved for later runs. A lock on this machine overrides the cache; so does `updateLock`, which chooses packages again.
 * @throws ProblemsError as {@link prepareToolchain}; StoreUnavailableError as {@link fetchCachedToolchain}
 */
export async function obtainToolchain(
  options: ToolchainOptions & { onStoreError: ToolchainCacheOptions['onStoreError'] },
): Promise<PreparedToolchain> {
  const cache = openCache(options.log, options.signal);
  if (cache === undefined) return await prepareToolchain(options);
  const cached = { ...options, cache };
  const fetchedKey = options.updateLock ? undefined : await fetchCachedToolchain(cached);
  const prepared = await prepareToolchain(options);
  if (leavesCache()) await saveCachedToolchain(fetchedKey, prepared.toolchain, cached);
  return prepared;
}

/** Bytes of a key of the cache, and more. */
const longestKey = 1024;

/**
 * Fetches the toolchain that an earlier run saved, with its lock, unless this machine has a lock. Without it this run
 * would choose packages from what the mirror has today, and build everything against those.
 * @returns its key, or undefined when nothing was fetched
 * @throws StoreUnavailableError when the cache is unavailable and `onStoreError` is `fail`
 */
export async function fetchCachedToolchain(options: ToolchainCacheOptions): Promise<string | undefined> {
  const { cache, dir, cacheDir, onStoreError, log, signal } = options;
  const { lockPath, prefix, open } = await cachedKind(options);
  if ((await lstat(lockPath).catch(() => undefined)) !== undefined) return undefined;
  const temp = tempSibling(join(cacheDir, folderName));
  try {
    let key: string | undefined;
    // The default branch first: a pull request with another toolchain could reuse no result.
    for (const ref of visibleRefs().toReversed()) {
      key = await cache.fetchNewest(folderName, prefix(ref), temp);
      if (key !== undefined) break;
    }
    if (key === undefined) return undefined;
    const text = await readPlainFile(join(temp, lockFile), longestLock);
    await unpackToolchain(join(temp, archiveFile), { dir, ...(await open(text)), signal });
    await writeWhole(lockPath, text);
    return key;
  } catch (error) {
    if (!(error instanceof CacheUnavailableError)) {
      log.warn(`The toolchain of an earlier run cannot be used: ${(error as Error).message}`);
      return undefined;
    }
    if (onStoreError === 'fail')
      throw new StoreUnavailableError(`The toolchain of earlier runs cannot be fetched: ${error.message}`);
    log.warn(`The toolchain of earlier runs cannot be fetched (${error.message}): a new one is made.`);
    return undefined;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** Saves the toolchain for later runs, unless it is the one that was fetched as `fetchedKey`. */
export async function saveCachedToolchain(
  fetchedKey: string | undefined,
  toolchain: Toolchain,
  options: ToolchainCacheOptions,
): Promise<void> {
  const { cache, dir, cacheDir, log } = options;
  const { lockPath, prefix } = await cachedKind(options);
  const [own] = visibleRefs() as [string];
  const converted = Object.keys(toolchain.onDemand ?? {});
  const suffix = lockInKey(await readPlainFile(lockPath, longestLock), converted);
  const key = `${prefix(own)}${suffix}`;
  /** Beside the lock: the key that the toolchain was saved under. */
  const keyFile = join(cacheDir, 'toolchain.saved');
  const saved = await readPlainFile(keyFile, longestKey).catch(() => '');
  // The cache has the fetched one already, and the one that this folder was saved as.
  if (fetchedKey?.endsWith(suffix) || saved === key) return;
  try {
    await withTempDir(cacheDir, 'save-toolchain-', async (temp) => {
      await packToolchain(dir, toolchain, join(temp, archiveFile));
      await linkFile(lockPath, join(temp, lockFile));
      await cache.save(folderName, key, temp, [archiveFile, lockFile]);
    });
    await writeWhole(keyFile, key);
  } catch (error) {
    log.warn(`The toolchain is not saved for later runs: ${(error as Error).message}`);
  }
}

/** Returns the end of a toolchain's key: the digest of its lock, and of what it has on demand. Pure. */
export function lockInKey(lock: string | Buffer, onDemand: readonly string[] = []): string {
  return textDigest([lock.toString('utf8'), ...onDemand].join('\n')).slice(0, 16);
}

/**
 * Saves a toolchain that grew in a job for later runs: its lock too, so that all runs have the same stand-ins. Without a
 * cache, or where this run leaves none, nothing is done.
 */
export async function saveGrownToolchain(
  toolchain: Toolchain,
  options: Pick<ToolchainOptions, 'dir' | 'cacheDir' | 'log' | 'signal'>,
): Promise<void> {
  const { dir, cacheDir, log, signal } = options;
  const cache = openCache(log, signal);
  if (cache === undefined || !leavesCache()) return;
  // Without the macro packages of a tree, which other runs build again.
  const base = baseOf(toolchain, await readAddedMacros(dir));
  const { onDemand = {} } = toolchain;
  const rpms = [...base.rpms, ...toolchain.rpms.filter(({ file }) => Object.hasOwn(onDemand, file))];
  const saved: Toolchain = { ...base, rpms: rpms.sort((a, b) => order(a.file, b.file)), onDemand };
  await withTempDir(cacheDir, 'save-toolchain-', async (temp) => {
    for (const { file } of rpms) await linkFile(join(dir, 'RPMS', file), join(temp, 'RPMS', file));
    await writeJson(join(temp, 'toolchain.json'), saved);
    await saveCachedToolchain(undefined, saved, {
      ...{ dir: temp, cacheDir, mode: 'bootstrap', cache, onStoreError: 'build', log, signal },
    });
  });
}
