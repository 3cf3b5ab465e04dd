import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent, writeWhole } from '../host/files.ts';
import { lockFolder } from '../host/lock.ts';
import { readPlainFile } from '../host/plain-files.ts';
import type { Toolchain } from '../model/toolchain.ts';
import { choosePackages } from './choose-packages.ts';
import { fetchDebs } from './debian/fetch-debs.ts';
import type { Apt } from './debian/package-lists.ts';
import { folderMode, readToolchain } from './folder.ts';
import { type Lock, lockFile, lockText, logLockChanges, longestLock, parseLock } from './lock.ts';
import { type MakeOptions, makeToolchain } from './make-toolchain.ts';
import { type ManifestOptions, prepareFromManifest } from './manifest/prepare-from-manifest.ts';
import { stamp } from './recipe.ts';

/** Where the RPMs of a toolchain come from. */
export type ToolchainOrigin = { mode: 'bootstrap' } | Pick<ManifestOptions, 'mode' | 'source'>;

export type ToolchainOptions = ToolchainOrigin &
  MakeOptions & {
    /** True to choose the packages again, from what the mirror has now. */
    updateLock: boolean;
  };

/**
 * Returns the mode that the inputs ask for, of which an empty text is not given. With `auto`, a manifest means download,
 * and an archive, which then
 * is to match that manifest, means archive. Pure.
 */
export function modeOf(inputs: {
  toolchainMode: Toolchain['mode'] | 'auto';
  toolchainManifest: string;
  toolchainArchive: string;
}): Toolchain['mode'] {
  if (inputs.toolchainMode !== 'auto') return inputs.toolchainMode;
  if (inputs.toolchainArchive !== '') return 'archive';
  return inputs.toolchainManifest === '' ? 'bootstrap' : 'download';
}

/** A toolchain, and where it came from. */
export interface PreparedToolchain {
  toolchain: Toolchain;
  /** True if the folder had it already: nothing was fetched or converted. */
  reused: boolean;
}

/**
 * Returns the toolchain of the lock. Chooses packages and writes the lock where there is none, and makes the folder
 * unless it was made from the same lock and recipe.
 * @throws ProblemsError when a package of the lock is no longer available, or the host's lists lack a package
 */
export async function prepareToolchain(options: ToolchainOptions): Promise<PreparedToolchain> {
  if (options.mode !== 'bootstrap') return await prepareFromManifest(options);
  const { dir, cacheDir, updateLock, log, signal } = options;
  // A second process waits here, and then finds what the first one made.
  const release = await lockFolder(cacheDir, { wait: log, signal });
  try {
    const apt: Apt = { dir: join(cacheDir, 'apt'), log, signal };
    const debsDir = join(cacheDir, 'debs');
    const lock = await findLock(join(cacheDir, lockFile), updateLock, debsDir, apt);
    const found = await readToolchain(dir, stamp(lock));
    if (found !== undefined) {
      // An older version may have made it with another mode. A folder of another user stays as it is.
      await chmod(dir, folderMode).catch(() => {});
      return { toolchain: found, reused: true };
    }
    await fetchDebs(lock.packages, debsDir, apt);
    return { toolchain: await makeToolchain(lock, debsDir, options), reused: false };
  } finally {
    await release();
  }
}

/** Returns the lock in `path`. Writes a new one, after its packages were fetched, when it is absent or to be updated. */
async function findLock(path: string, update: boolean, debsDir: string, apt: Apt): Promise<Lock> {
  const text = await readPlainFile(path, longestLock).catch(ifAbsent(undefined));
  if (text !== undefined && !update) return parseLock(text, path);
  const lock = await choosePackages(apt);
  if (text !== undefined) logLockChanges(text, path, lock, apt.log);
  await fetchDebs(lock.packages, debsDir, apt);
  await writeWhole(path, lockText(lock));
  return lock;
}
