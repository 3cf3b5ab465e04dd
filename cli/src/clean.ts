import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { problem } from '../../src/shared/base/problems.ts';
import { removeTree } from '../../src/shared/host/folders.ts';
import { isOwn, mark } from './folders.ts';
import type { Paths } from './paths.ts';

/**
 * What to remove, as absolute paths: all in the build folder but what leads to the cache, and the output folder.
 * `all`: the cache, too. Pure but for `list`, which names a folder's entries (none when it is absent).
 */
export function leftovers(
  places: Paths,
  all: boolean,
  list: (dir: string) => readonly string[],
): { remove: string[]; ask: string[] } {
  const [build, out, cache] = [resolve(places.build), resolve(places.out), resolve(places.cache)];
  const within = (path: string, dir: string) => path === dir || path.startsWith(`${dir}/`);
  const whole = all ? [build, out, cache] : [out];
  const ask = [build, out, ...(all ? [cache] : [])].filter((dir) => list(dir).length > 0);
  const inside = all
    ? []
    : list(build)
        .map((name) => join(build, name))
        .filter((path) => !within(cache, path) && !path.endsWith(`/${mark}`));
  const remove = [...whole.filter((dir) => list(dir).length > 0), ...inside].filter(
    (path) => all || !within(cache, path),
  );
  return { remove: [...new Set(remove)].sort(), ask: [...new Set(ask)].sort() };
}

/**
 * Removes what was built. @throws ProblemsError, before anything is removed, when a folder is not azl's: neither
 * below the checkout's `build` or `out`, nor marked.
 */
export async function clean(places: Paths, all: boolean, checkout: string): Promise<string[]> {
  const list = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);
  const { remove, ask } = leftovers(places, all, list);
  const strange = ask.find((dir) => !isOwn(dir, checkout));
  if (strange !== undefined) {
    throw problem(`'${strange}' was not made by azl: nothing is removed`, { hint: 'Remove it by hand.' });
  }
  for (const path of remove) await removeTree(path);
  return remove;
}
