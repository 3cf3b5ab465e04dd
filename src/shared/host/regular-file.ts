import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';

/** The error of a path at which something other than a regular file lies. */
class NoRegularFile extends Error {
  readonly code = 'EFTYPE';
}

/**
 * Opens a regular file for reading. A link at the end of the path is not followed. Nothing else is opened: a FIFO would
 * wait for a writer, and a device may act.
 * @throws an error with code `EFTYPE` for everything that is no regular file
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  if (!(await lstat(path)).isFile()) throw new NoRegularFile('is no regular file');
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  // Something else may have taken its place in between.
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new NoRegularFile('is no regular file');
}
