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

/** A plain file is larger than it may be. */
export class LargeFileError extends NotPlainFileError {}

/**
 * Opens a file that another process wrote. It is a regular file, is no link, and never makes the caller wait as a pipe
 * would. Its folder must be one that strangers cannot change meanwhile.
 * @param flags of open(2). Default: for reading
 * @throws NotPlainFileError; ENOENT when there is nothing
 */
export async function openPlainFile(path: string, flags = constants.O_RDONLY): Promise<FileHandle> {
  const { O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    // A link; a socket, or a pipe that nobody reads; a device that does not exist; a folder that is to be written.
    const others = ['ELOOP', 'ENXIO', 'ENODEV', 'EISDIR'];
    throw others.includes((error as NodeJS.ErrnoException).code ?? '') ? notPlain(path) : error;
  });
  const found = await file.stat();
  if (found.isFile()) return file;
  await file.close();
  throw notPlain(path);
}

/**
 * Returns the text of such a file of at most so many bytes.
 * @throws NotPlainFileError, which for a larger one is a {@link LargeFileError}; ENOENT when there is nothing
 */
export async function readPlainFile(path: string, mostBytes: number): Promise<string> {
  const file = await openPlainFile(path);
  try {
    const { size } = await file.stat();
    if (size > mostBytes)
      throw new LargeFileError(path, `It has ${size} bytes, and at most ${mostBytes} are allowed`);
    return (await readAt(file, 0, size)).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Returns the bytes of a file from `start` on: fewer than `length` if it ends before. */
export async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
  return buffer.subarray(0, bytesRead);
}

/** Returns the text at the end of a file of any size: its last `most` bytes. @throws NotPlainFileError; ENOENT */
export async function endOfPlainFile(path: string, most: number): Promise<string> {
  const file = await openPlainFile(path);
  try {
    const { size } = await file.stat();
    return (await readAt(file, Math.max(0, size - most), Math.min(size, most))).toString('utf8');
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
