import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { order } from '../base/order.ts';
import { type Cache, CacheUnavailableError, StoreUnavailableError } from '../github/cache/cache.ts';
import { openCache } from '../github/cache/open-cache.ts';
import { leavesCache, refInKey, visibleRefs } from '../github/run.ts';
import { textDigest } from '../host/digests.ts';
import { linkFile, tempSibling, writeWhole } from '../host/files.ts';
import { readPlainFile } from '../host/plain-files.ts';
import { withTempDir } from '../host/temp-dir.ts';
import type { Rpm } from '../model/rpm.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { archiveFile, packToolchain, unpackToolchain } from './archive.ts';
import { type Lock, lockFile, longestLock, parseLock } from './lock.ts';
import { type PreparedToolchain, prepareToolchain, type ToolchainOptions } from './prepare.ts';
import { stamp, standInsOf, toolchainKind } from './recipe.ts';
import { UnusableToolchainError } from './unusable.ts';

const folderName = 'toolchain';

interface ToolchainCacheOptions extends Pick<ToolchainOptions, 'dir' | 'cacheDir' | 'log' | 'signal'> {
  cache: Cache;
  /** If the cache is unavailable: fail, or make a toolchain. */
  onStoreError: 'fail' | 'build';
}

/**
 * Returns the toolchain of a job: the one that an earlier run of the workflow saved in GitHub's cache, or a new one, which
 * is saved for later runs. A lock on this machine overrides the cache; so does `updateLock`, which chooses packages again.
 * @throws ProblemsError as {@link prepareToolchain}; StoreUnavailableError as {@link fetchCachedToolchain}
 */
export async function obtainToolchain(
  options: ToolchainOptions & Pick<ToolchainCacheOptions, 'onStoreError'>,
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
  const lockPath = join(cacheDir, lockFile);
  if ((await lstat(lockPath).catch(() => undefined)) !== undefined) return undefined;
  const temp = tempSibling(join(cacheDir, folderName));
  try {
    let key: string | undefined;
    // The default branch first: a pull request with another toolchain could reuse no result.
    for (const ref of visibleRefs().toReversed()) {
      key = await cache.fetchNewest(folderName, await keyPrefix(ref), temp);
      if (key !== undefined) break;
    }
    if (key === undefined) return undefined;
    const text = await readPlainFile(join(temp, lockFile), longestLock);
    const lock = parseLock(text, lockFile);
    const check = (toolchain: Toolchain) => checkLock(toolchain, lock);
    await unpackToolchain(join(temp, archiveFile), { dir, check, stamp: stamp(lock), signal });
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

/** Checks that a toolchain has the RPMs that a lock's packages become. @throws UnusableToolchainError */
function checkLock({ rpms }: Toolchain, lock: Lock): void {
  const names = (all: readonly Pick<Rpm, 'name' | 'version' | 'release'>[]) =>
    all.map(({ name, version, release }) => `${name}-${version}-${release}`).sort(order);
  if (!isDeepStrictEqual(names(rpms), names(standInsOf(lock))))
    throw new UnusableToolchainError('it has other RPMs than its lock');
}

/** Saves the toolchain for later runs, unless it is the one that was fetched as `fetchedKey`. */
export async function saveCachedToolchain(
  fetchedKey: string | undefined,
  toolchain: Toolchain,
  options: ToolchainCacheOptions,
): Promise<void> {
  const { cache, dir, cacheDir, log } = options;
  const [own] = visibleRefs() as [string];
  const suffix = lockInKey(await readPlainFile(join(cacheDir, lockFile), longestLock));
  const key = `${await keyPrefix(own)}${suffix}`;
  /** Beside the lock: the key that the toolchain was saved under. */
  const keyFile = join(cacheDir, 'toolchain.saved');
  const saved = await readPlainFile(keyFile, longestKey).catch(() => '');
  // The cache has the fetched one already, and the one that this folder was saved as.
  if (fetchedKey?.endsWith(suffix) || saved === key) return;
  try {
    await withTempDir(cacheDir, 'save-toolchain-', async (temp) => {
      await packToolchain(dir, toolchain, join(temp, archiveFile));
      await linkFile(join(cacheDir, lockFile), join(temp, lockFile));
      await cache.save(folderName, key, temp, [archiveFile, lockFile]);
    });
    await writeWhole(keyFile, key);
  } catch (error) {
    log.warn(`The toolchain is not saved for later runs: ${(error as Error).message}`);
  }
}

/** Returns the end of a toolchain's key: the digest of its lock. Pure. */
export function lockInKey(lock: string | Buffer): string {
  return textDigest(lock).slice(0, 16);
}

async function keyPrefix(ref: string): Promise<string> {
  return `azl-toolchain-2-${await toolchainKind()}-${refInKey(ref)}-`;
}
