import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { type Cache, CacheUnavailableError, StoreUnavailableError } from '../github/cache/cache.ts';
import { refInKey, visibleRefs } from '../github/run.ts';
import { textDigest } from '../host/digests.ts';
import { tempSibling, writeWhole } from '../host/files.ts';
import { archiveFile, packToolchain, unpackToolchain } from './archive.ts';
import { lockFile } from './folder.ts';
import { parseLock } from './lock.ts';
import { toolchainKind } from './prepare.ts';

const place = 'toolchain';

/** Beside the lock: the key that the toolchain was saved under. */
const savedFile = 'toolchain.saved';

/** Where the toolchain of a workflow run is made, and what it may do without. */
export interface ToolchainCacheOptions {
  cache: Cache;
  /** The toolchain folder. */
  dir: string;
  /** Holds the lock, and for a while what is on its way. */
  cacheDir: string;
  onTrouble: 'fail' | 'build';
  log: Log;
}

/**
 * Takes up the toolchain that an earlier run left, with its lock, where this machine has none: else this run would choose
 * anew from what the mirror has today, and build everything against that. Answers the key of what it took.
 * @throws StoreTrouble when nobody knows whether there is one
 */
export async function fetchCachedToolchain(options: ToolchainCacheOptions): Promise<string | undefined> {
  const { cache, dir, cacheDir, onTrouble, log } = options;
  const lockPath = join(cacheDir, lockFile);
  if ((await readFile(lockPath).catch(() => undefined)) !== undefined) return undefined;
  const temp = tempSibling(join(cacheDir, place));
  try {
    let key: string | undefined;
    // That of the default branch first: a pull request with one of its own would share no result with anybody.
    for (const ref of visibleRefs().toReversed()) {
      key = await cache.fetchNewest(place, await keyPrefix(ref), temp);
      if (key !== undefined) break;
    }
    if (key === undefined) return undefined;
    const lock = await readFile(join(temp, lockFile), 'utf8');
    parseLock(lock, lockFile);
    if ((await unpackToolchain(join(temp, archiveFile), dir)) === undefined)
      throw new Error('it is of another version of azl');
    await writeWhole(lockPath, lock);
    return key;
  } catch (error) {
    if (!(error instanceof CacheUnavailableError)) {
      log.warn(`The toolchain of an earlier run cannot be used: ${(error as Error).message}`);
      return undefined;
    }
    if (onTrouble === 'fail')
      throw new StoreUnavailableError(`The toolchain of earlier runs cannot be fetched: ${error.message}`);
    log.warn(`The toolchain of earlier runs cannot be fetched (${error.message}): another is made.`);
    return undefined;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** Leaves the toolchain to later runs, unless `taken` is the key of this very one. */
export async function saveCachedToolchain(
  taken: string | undefined,
  options: ToolchainCacheOptions,
): Promise<void> {
  const { cache, dir, cacheDir, log } = options;
  const [own] = visibleRefs() as [string];
  const suffix = lockInKey(await readFile(join(cacheDir, lockFile)));
  const key = `${await keyPrefix(own)}${suffix}`;
  const noted = join(cacheDir, savedFile);
  const saved = await readFile(noted, 'utf8').catch(() => '');
  // What it took up is there already, and so is what a kept folder was saved from.
  if (taken?.endsWith(suffix) || saved === key) return;
  const temp = tempSibling(join(cacheDir, place));
  try {
    await mkdir(temp, { recursive: true });
    await packToolchain(dir, join(temp, archiveFile));
    await writeWhole(join(temp, lockFile), await readFile(join(cacheDir, lockFile)));
    await cache.save(place, key, temp, [archiveFile, lockFile]);
    await writeWhole(noted, key);
  } catch (error) {
    // This run has it all the same.
    log.warn(`The toolchain is not saved for later runs: ${(error as Error).message}`);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** A lock, by its bytes, as the end of the key of its toolchain. Pure. */
export function lockInKey(lock: Buffer): string {
  return textDigest(lock).slice(0, 16);
}

async function keyPrefix(ref: string): Promise<string> {
  return `azl-toolchain-1-${await toolchainKind()}-${refInKey(ref)}-`;
}
