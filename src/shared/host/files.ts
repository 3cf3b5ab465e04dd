import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { problem } from '../base/problems.ts';

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
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

/** Returns the text of a file that the user named. @throws ProblemsError that names the file when it cannot be read */
export async function readUserFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw problem(`${what} cannot be read (${readErrors[code] ?? code})`, { file: path });
  }
}
