import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './folders.ts';

/** A new folder `<dir>/<prefix><pid>-…`, which {@link clearLeftovers} recognises when its maker is gone. */
export async function ownFolder(dir: string, prefix: string): Promise<string> {
  return await mkdtemp(join(dir, `${prefix}${process.pid}-`));
}

/**
 * Removes what processes that are gone left in `dir`: every entry `<prefix><pid>-…`.
 * @param asRoot when it may belong to root; without, what cannot be removed stays
 */
export async function clearLeftovers(dir: string, prefix: string, asRoot = false): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const maker = /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (maker === undefined || (await lives(maker))) continue;
    const path = join(dir, name);
    if (asRoot) await removeTree(path);
    else await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes every `*.part` in `dir` that is not, by its name (see `aside`), of a process that still writes it. */
export async function clearParts(dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.endsWith('.part')) continue;
    const maker = /\.(\d+)-[0-9a-f]{8}\.part$/.exec(name)?.[1];
    if (maker === undefined || !(await lives(maker)))
      await rm(join(dir, name), { recursive: true, force: true });
  }
}

async function lives(pid: string): Promise<boolean> {
  return await stat(`/proc/${pid}`).then(
    () => true,
    () => false,
  );
}
