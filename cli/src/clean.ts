import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { problem } from '../../src/shared/base/problems.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import type { CliContext } from './context.ts';
import { isOwn, marker } from './folders.ts';
import type { Paths } from './paths.ts';

/**
 * Returns what to remove, as absolute paths: the output folder, and everything in the build folder except the cache.
 * `all`: also the cache. Pure apart from `list`, which names a folder's entries (none if it does not exist).
 * @returns `ask`: the folders that must be azl's own
 */
export function foldersToClean(
  paths: Paths,
  all: boolean,
  list: (dir: string) => readonly string[],
): { remove: string[]; ask: string[] } {
  const [build, out, cache] = [resolve(paths.build), resolve(paths.out), resolve(paths.cache)];
  const within = (path: string, dir: string) => path === dir || path.startsWith(`${dir}/`);
  const asked = [build, out, ...(all ? [cache] : [])].filter((dir) => list(dir).length > 0);
  const ask = [...new Set(asked)].sort();
  if (all) return { remove: ask, ask };
  const built = list(build).filter((name) => name !== marker);
  const remove = [...asked.filter((dir) => dir === out), ...built.map((name) => join(build, name))];
  return { remove: [...new Set(remove)].filter((path) => !within(cache, path)).sort(), ask };
}

/**
 * Removes what was built.
 * @throws ProblemsError, before anything is removed, if azl did not make one of the folders
 */
export async function clean(all: boolean, { paths, checkout, log }: CliContext): Promise<number> {
  const list = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);
  const { remove, ask } = foldersToClean(paths, all, list);
  const foreign = ask.find((dir) => !isOwn(dir, checkout));
  if (foreign !== undefined) {
    throw problem(`'${foreign}' was not made by azl: nothing is removed`, { hint: 'Remove it by hand.' });
  }
  for (const path of remove) await removeTree(path);
  log.info(remove.length === 0 ? 'Nothing to remove.' : `Removed: ${remove.join(' ')}`);
  return 0;
}
