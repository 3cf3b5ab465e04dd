import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tempSibling } from '../host/files.ts';
import { removeTree } from './worker.ts';

/** In it lies the worker, with setuid programs that grow old: for root and the owner, and for nobody else. */
export const folderMode = 0o700;

/** Beside `toolchain.json`: what the folder was made from. */
export const stampFile = 'recipe';

/** In the cache folder: the packages that were chosen. */
export const lockFile = 'toolchain.lock';

/** Puts the finished folder in its place; the one before goes after that. */
export async function replaceDirectory(part: string, dir: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const old = tempSibling(dir);
  try {
    await rename(dir, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rename(part, dir);
  await removeTree(old);
}
