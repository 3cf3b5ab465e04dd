import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { problem } from '../base/problems.ts';
import { nearestPathHint } from './nearest-path.ts';
import { LargeFileError, NotPlainFileError, readPlainFile } from './plain-files.ts';

/** Returns a new path beside `path`. A file or folder is written there and renamed to `path` when it is complete. */
export function tempSibling(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

/** Makes the file `path`: `write` makes it under a temporary name beside it, and one rename puts it in place. */
export async function replaceFile(path: string, write: (part: string) => Promise<unknown>): Promise<void> {
  const part = tempSibling(path);
  try {
    await write(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * Writes a file, and its folder when that is absent. A reader sees the whole new file or the one before, also after a
 * crash.
 */
export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, async (part) => {
    const file = await open(part, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Makes `to` a hard link to the file `from`, or a copy where a link is not possible. Makes the folder of `to`. */
export async function linkFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}

/** True for the error of a file that does not exist. */
export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** Returns a handler that gives `value` in place of a file that does not exist, and throws every other error. */
export function ifAbsent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (isAbsent(error)) return value;
    throw error;
  };
}

const readErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
};

/** Bytes of the largest text that a user writes. */
const mostText = 16 * 1024 ** 2;

/**
 * Returns the text of a file that a user wrote. It may lie in a stranger's tree: a link in its place must not show another
 * file of this machine, and this process must not wait for a pipe or read a device.
 * @param below where a link may lead
 * @throws ProblemsError that names the file when it cannot be read
 */
export async function readUserFile(path: string, what: string, below = dirname(path)): Promise<string> {
  const refuse = (why: string, hint?: string) =>
    problem(`${what} ${why}`, { file: path, ...(hint && { hint }) });
  try {
    const real = await realpath(path);
    const folder = await realpath(below);
    if (!real.startsWith(folder === sep ? sep : folder + sep))
      throw refuse(
        `is a link that leads out of '${below}'`,
        'Put the file itself there, or name it by its own path.',
      );
    return await readPlainFile(real, mostText);
  } catch (error) {
    if (error instanceof LargeFileError) throw refuse('is larger than 16 MiB');
    if (error instanceof NotPlainFileError) throw refuse('cannot be read (it is no regular file)');
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw refuse(
      `cannot be read (${readErrors[code] ?? code})`,
      isAbsent(error) ? nearestPathHint(path) : undefined,
    );
  }
}
