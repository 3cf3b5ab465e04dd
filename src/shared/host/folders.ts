import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problem } from '../base/problems.ts';
import { ifAbsent, tempSibling } from './files.ts';
import { runTool } from './process.ts';

/**
 * Moves a folder to `to`, which must not exist. It appears there complete, also when it comes from another file system.
 * Sparse files stay sparse.
 */
export async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const part = tempSibling(to);
    try {
      await runTool(['cp', '--archive', '--sparse=always', '--', from, part]);
      await rename(part, to);
    } finally {
      await rm(part, { recursive: true, force: true });
    }
    await rm(from, { recursive: true, force: true });
  }
}

/** Moves the finished folder `part` to `dir`, then removes the folder that was there, whoever owns its files. */
export async function replaceDirectory(part: string, dir: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const old = tempSibling(dir);
  await rename(dir, old).catch(ifAbsent(undefined));
  await rename(part, dir);
  await removeTree(old);
}

/** Removes a folder, which may be absent: its name first, in one rename, then its files. */
export async function removeAtOnce(dir: string): Promise<void> {
  const old = tempSibling(dir);
  await rename(dir, old).catch(ifAbsent(undefined));
  await rm(old, { recursive: true, force: true });
}

/**
 * Makes a folder of azl, unless it is there. A stranger's tree may hold a link in its place, and what is written and
 * removed there would be another folder's files.
 * @throws ProblemsError when it is a link
 */
export async function makeOwnFolder(dir: string): Promise<void> {
  const found = await lstat(dir).catch(ifAbsent(undefined));
  if (found?.isSymbolicLink())
    throw problem('This folder of azl is a link', { file: dir, hint: 'Remove the link.' });
  await mkdir(dir, { recursive: true });
}

/** Returns the names in a folder; none if it is absent. */
export async function namesIn(dir: string): Promise<string[]> {
  return await readdir(dir).catch(ifAbsent([]));
}

/** Returns the paths of all plain files below a folder, sorted; none if it is absent. */
export async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(ifAbsent([]));
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Removes a folder as root, whoever owns its files. Symbolic links in it are removed, never followed. */
export async function removeTree(dir: string): Promise<void> {
  await runTool(['rm', '-rf', '--one-file-system', '--', dir], { root: true });
}
