import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isAbsent, tempSibling } from './files.ts';
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
    } catch (failed) {
      await rm(part, { recursive: true, force: true });
      throw failed;
    }
    await rm(from, { recursive: true, force: true });
  }
}

/** Moves the finished folder `part` to `dir`, then removes the folder that was there, whoever owns its files. */
export async function replaceDirectory(part: string, dir: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const old = tempSibling(dir);
  try {
    await rename(dir, old);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  await rename(part, dir);
  await removeTree(old);
}

/** Removes a folder as root, whoever owns its files. Symbolic links in it are removed, never followed. */
export async function removeTree(dir: string): Promise<void> {
  await runTool(['rm', '-rf', '--one-file-system', '--', dir], { root: true });
}
