import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './folders.ts';

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
 * Removes every entry `<prefix><pid>-…` of `dir` whose process has ended.
 * @param asRoot true for entries that may belong to root; without it, entries that cannot be removed stay
 */
export async function clearLeftovers(dir: string, prefix: string, asRoot = false): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (pid === undefined || (await isRunning(pid))) continue;
    const path = join(dir, name);
    if (asRoot) await removeTree(path);
    else await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes every `*.part` of `dir`, unless its name (see `tempSibling`) is of a process that still runs. */
export async function clearParts(dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.endsWith('.part')) continue;
    const pid = /\.(\d+)-[0-9a-f]{8}\.part$/.exec(name)?.[1];
    if (pid === undefined || !(await isRunning(pid)))
      await rm(join(dir, name), { recursive: true, force: true });
  }
}

async function isRunning(pid: string): Promise<boolean> {
  return (await stat(`/proc/${pid}`).catch(() => undefined)) !== undefined;
}
