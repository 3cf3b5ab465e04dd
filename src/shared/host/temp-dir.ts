import { lstat, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from './files.ts';
import { namesIn } from './folders.ts';
import { runTool } from './process.ts';

/**
 * Runs `body` with a new folder `<parent>/<prefix>…`, and removes the folder afterwards, whatever happened. Makes
 * `parent`. A killed process leaves its folder to {@link clearLeftovers}.
 */
export async function withTempDir<T>(
  parent: string,
  prefix: string,
  body: (dir: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true });
  const dir = await ownFolder(parent, prefix);
  try {
    return await body(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Makes a folder `<dir>/<prefix><pid>-…` and returns its path. {@link clearLeftovers} removes it after its process. */
export async function ownFolder(dir: string, prefix: string): Promise<string> {
  return await mkdtemp(join(dir, `${prefix}${process.pid}-`));
}

/**
 * Removes every folder `<prefix><pid>-…` of `dir` whose process has ended. It does nothing if others can write `dir`: they
 * could exchange what is removed.
 * @param asRoot true for folders that may hold files of root; without it, what cannot be removed stays
 */
export async function clearLeftovers(dir: string, prefix: string, asRoot = false): Promise<void> {
  for (const name of await ownNames(dir)) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (pid !== undefined && !(await isRunning(pid))) await removeOwn(join(dir, name), asRoot);
  }
}

/** Removes every `*.part` of `dir`, as {@link clearLeftovers}, unless its name (see `tempSibling`) is of a running process. */
export async function clearParts(dir: string): Promise<void> {
  for (const name of await ownNames(dir)) {
    if (!name.endsWith('.part')) continue;
    const pid = /\.(\d+)-[0-9a-f]{8}\.part$/.exec(name)?.[1];
    if (pid === undefined || !(await isRunning(pid))) await removeOwn(join(dir, name), false);
  }
}

/** Returns the names in a folder that only this user and root can write; none for every other folder. */
async function ownNames(dir: string): Promise<string[]> {
  const found = await lstat(dir).catch(ifAbsent(undefined));
  const isOwn = found?.isDirectory() && isOurs(found) && (found.mode & 0o002) === 0;
  return isOwn ? await namesIn(dir) : [];
}

/** Removes an entry of this user or of root. It is looked up by descriptors, which follow no link: rm does that. */
async function removeOwn(path: string, root: boolean): Promise<void> {
  const found = await lstat(path).catch(ifAbsent(undefined));
  if (found === undefined || !isOurs(found)) return;
  await runTool(['rm', '-rf', '--one-file-system', '--', path], { root, ok: 'any' });
}

function isOurs({ uid }: { uid: number }): boolean {
  return uid === 0 || uid === process.getuid?.();
}

async function isRunning(pid: string): Promise<boolean> {
  return (await stat(`/proc/${pid}`).catch(() => undefined)) !== undefined;
}
