import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Folders of the operating system. Nothing in them is anybody's to build in. */
const systems = [
  'bin',
  'boot',
  'dev',
  'etc',
  'lib',
  'lib32',
  'lib64',
  'libx32',
  'proc',
  'sbin',
  'sys',
  'usr',
];

/** Folders that hold folders of others: one may build in them, but not make them one's own. */
const shared = ['/', '/home', '/opt', '/root', '/run', '/srv', '/tmp', '/usr/local', '/usr/src', '/var'];

/** Places in folders of the system that are there for things like builds. */
const allowed = ['/dev/shm', '/usr/local', '/usr/src'];

/**
 * Returns why `path` is not the place of a folder of a run, as a clause after `which`: a run fills such a folder, and
 * `make clean` empties it. Links are followed. Undefined if it may be used.
 * @param specsDirs the folders of specs
 */
export function reasonAgainstPlace(path: string, specsDirs: readonly string[]): string | undefined {
  const real = realPath(path);
  if (specsDirs.some((one) => real === realPath(one)))
    return 'is the folder of specs (SPECS_DIR): builds would fill it';
  if (shared.includes(real)) return 'holds folders of others';
  const top = real.split('/')[1] ?? '';
  if (!systems.includes(top) || allowed.some((one) => real.startsWith(`${one}/`))) return undefined;
  return 'belongs to the operating system';
}

/** The path without links, as far as it exists. */
function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    return whole === '/' ? whole : join(realPath(dirname(whole)), basename(whole));
  }
}
