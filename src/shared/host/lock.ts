import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { problem } from '../base/problems.ts';
import { runTool } from './process.ts';

/** Its lock is what counts, its text says who holds it. */
const lockFile = '.azl-lock';

/** What flock(1) answers, as we ask it to, when somebody else holds the lock. */
const heldByAnother = 75;

export interface LockOptions {
  /** Wait for whoever holds it, and say so here. Default: that is an error. */
  wait?: Log;
  signal?: AbortSignal | undefined;
}

/** Lets go of a lock. */
export type Release = () => Promise<void>;

/**
 * Makes `dir` this process's own until the answer is called: a second run would take for leftovers what this one
 * works on. The lock ends with this process, however that ends.
 * @throws ProblemsError naming the process that holds it
 */
export async function lockFolder(dir: string, options: LockOptions = {}): Promise<Release> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, lockFile);
  let release = await hold(path, ['--nonblock'], options.signal);
  if (release === undefined) {
    const owner = (await readFile(path, 'utf8')).trim();
    const message = `Another azl${owner === '' ? '' : ` (process ${owner})`} is at work in '${dir}'`;
    if (options.wait === undefined)
      throw problem(message, { hint: 'Wait for it, or use another folder (BUILD_DIR).' });
    options.wait.info(`${message}: waiting for it.`);
    release = (await hold(path, [], options.signal)) as Release;
  }
  await writeFile(path, `${process.pid}\n`);
  return release;
}

/** Has flock(1) of util-linux hold the lock; undefined when another does, unless it waits. */
async function hold(
  path: string,
  how: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Release | undefined> {
  const letGo = new AbortController();
  let held = () => {};
  const holding = new Promise<true>((resolve) => {
    held = () => resolve(true);
  });
  const flock = ['flock', ...how, '--conflict-exit-code', String(heldByAnother), path];
  const ended = runTool([...flock, '/bin/sh', '-c', 'echo held; exec sleep infinity'], {
    ok: [heldByAnother],
    onLine: held,
    signal: signal === undefined ? letGo.signal : AbortSignal.any([letGo.signal, signal]),
  }).then(
    () => false,
    (error: unknown) => {
      if (!letGo.signal.aborted && !signal?.aborted) throw error;
      return false;
    },
  );
  ended.catch(() => {});
  if (!(await Promise.race([holding, ended]))) {
    signal?.throwIfAborted();
    return undefined;
  }
  return async () => {
    letGo.abort();
    await ended;
  };
}
