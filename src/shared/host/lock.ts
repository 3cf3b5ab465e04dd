import { constants } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { problem } from '../base/problems.ts';
import { NotPlainFileError, openPlainFile, readPlainFile } from './plain-files.ts';
import { runTool } from './process.ts';

/** The file in a folder that flock(1) locks. Its text is the id of the process that holds the lock. */
const lockFile = '.azl-lock';

/** The exit code that flock(1) is asked to use when another process holds the lock. */
const heldByAnother = 75;

interface LockOptions {
  /** Wait for the process that holds the lock, and log so here. Default: a held lock is an error. */
  wait?: Log;
  signal?: AbortSignal | undefined;
}

/** Releases a lock. */
export type Release = () => Promise<void>;

/**
 * Locks `dir` for this process until the returned function is called or the process ends. A second run would remove the
 * files that this one works on as leftovers.
 * @throws ProblemsError that names the process that holds the lock
 */
export async function lockFolder(dir: string, options: LockOptions = {}): Promise<Release> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, lockFile);
  await openLock(path).then((file) => file.close());
  let release = await acquire(path, ['--nonblock'], options.signal);
  if (release === undefined) {
    const owner = (await readPlainFile(path, longestOwner)).trim();
    const message = `Another azl${owner === '' ? '' : ` (process ${owner})`} is at work in '${dir}'`;
    if (options.wait === undefined)
      throw problem(message, { hint: 'Wait for it, or use another folder: BUILD_DIR=<folder>.' });
    options.wait.info(`${message}: waiting for it.`);
    release = (await acquire(path, [], options.signal)) as Release;
  }
  const file = await openLock(path, constants.O_TRUNC);
  await file.writeFile(`${process.pid}\n`).finally(() => file.close());
  return release;
}

/** Bytes of the id of a process, and more. */
const longestOwner = 64;

/**
 * Opens a lock for writing, and makes it if there is none. Its folder may come with a stranger's tree: a link in it must
 * not make this process write, or wait for, another file.
 * @throws ProblemsError when something else is there
 */
async function openLock(path: string, more = 0): Promise<FileHandle> {
  try {
    return await openPlainFile(path, constants.O_WRONLY | constants.O_CREAT | more);
  } catch (error) {
    if (!(error instanceof NotPlainFileError)) throw error;
    throw problem('This is no plain file', { file: path, hint: 'Remove it.' });
  }
}

/** Starts flock(1), which holds the lock until it is killed. @returns undefined when another process holds the lock */
async function acquire(
  path: string,
  options: readonly string[],
  signal?: AbortSignal,
): Promise<Release | undefined> {
  const release = new AbortController();
  let onAcquired = () => {};
  const acquired = new Promise<true>((resolve) => {
    onAcquired = () => resolve(true);
  });
  const flock = ['flock', ...options, '--conflict-exit-code', String(heldByAnother), path];
  const ended = runTool([...flock, '/bin/sh', '-c', 'echo held; exec sleep infinity'], {
    ok: [heldByAnother],
    onLine: onAcquired,
    signal: signal === undefined ? release.signal : AbortSignal.any([release.signal, signal]),
  }).catch((error: unknown) => {
    if (!release.signal.aborted && !signal?.aborted) throw error;
  });
  ended.catch(() => {});
  if ((await Promise.race([acquired, ended])) !== true) {
    signal?.throwIfAborted();
    return undefined;
  }
  return async () => {
    release.abort();
    await ended;
  };
}
