import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidDocumentError } from '../base/validate.ts';

/** Something else lies where a file was expected, or the file is larger than it may be. */
export class NotPlainFileError extends InvalidDocumentError {
  constructor(file: string, message: string) {
    super([{ message, file, hint: 'It is not used. What it held is made anew.' }]);
  }
}

/**
 * Opens a file that another process wrote. It is a regular file, is no link, and never makes the caller wait as a pipe
 * would. Its folder must be one that strangers cannot change meanwhile.
 * @throws NotPlainFileError; ENOENT when there is nothing
 */
export async function openPlainFile(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    // A link, a socket, or a device that does not exist.
    if (code === 'ELOOP' || code === 'ENXIO' || code === 'ENODEV') throw notPlain(path);
    throw error;
  });
  const found = await file.stat();
  if (found.isFile()) return file;
  await file.close();
  throw notPlain(path);
}

/** Returns the text of such a file of at most so many bytes. @throws NotPlainFileError; ENOENT when there is nothing */
export async function readPlainFile(path: string, mostBytes: number): Promise<string> {
  const file = await openPlainFile(path);
  try {
    const { size } = await file.stat();
    if (size > mostBytes)
      throw new NotPlainFileError(path, `It has ${size} bytes, and at most ${mostBytes} are allowed`);
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The bounds of a folder that another process wrote. */
export interface TreeBounds {
  files: number;
  bytes: number;
}

/** More than any artifact or cache entry of azl has. */
const treeBounds: TreeBounds = { files: 200_000, bytes: 1e12 };

/**
 * Checks a folder that came from another process, without following links: it holds regular files and folders, and
 * nothing else. Nobody else may change it meanwhile.
 * @throws NotPlainFileError that names the first path that is something else
 */
export async function checkPlainTree(dir: string, bounds: TreeBounds = treeBounds): Promise<void> {
  if (!(await lstat(dir)).isDirectory()) throw new NotPlainFileError(dir, 'This is no folder');
  let [files, bytes] = [0, 0];
  const folders = [dir];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      const found = await lstat(path);
      if (!found.isFile() && !found.isDirectory()) throw notPlain(path);
      if (found.isDirectory()) folders.push(path);
      else bytes += found.size;
      if (++files > bounds.files || bytes > bounds.bytes)
        throw new NotPlainFileError(dir, `It holds more than ${bounds.files} files or ${bounds.bytes} bytes`);
    }
  }
}

function notPlain(path: string): NotPlainFileError {
  return new NotPlainFileError(path, 'This is no plain file');
}
