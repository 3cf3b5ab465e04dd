import { join, relative, resolve } from 'node:path';

/** The folders of a run, as they are shown and handed to actions: relative to the workspace where they lie in it. */
export interface Paths {
  build: string;
  out: string;
  cache: string;
  toolchain: string;
}

/** The variable that names each folder of a run. */
export const folderVariables = { build: 'BUILD_DIR', out: 'OUT_DIR', cache: 'CACHE_DIR' } as const;

/** Where things lie: what {@link folderVariables} say, else the usual folders. Pure. */
export function pathsOf(
  environment: Readonly<Record<string, string | undefined>>,
  checkout: string,
  workspace: string,
): Paths {
  const seen = (path: string) => {
    const inside = relative(workspace, resolve(workspace, path));
    return inside === '' || inside.startsWith('..') ? resolve(workspace, path) : inside;
  };
  const cache = seen(environment['CACHE_DIR'] || join(checkout, 'build', 'cache'));
  return {
    build: seen(environment['BUILD_DIR'] || 'build'),
    out: seen(environment['OUT_DIR'] || 'out'),
    cache,
    toolchain: seen(environment['TOOLCHAIN_DIR'] || join(cache, 'toolchain')),
  };
}

/** The worker's tree. */
export function workerOf(places: Paths): string {
  return join(places.toolchain, 'worker');
}

/** The inputs of actions that the places decide. */
export function placeInputs(places: Paths): Record<string, string> {
  return {
    'build-dir': places.build,
    'out-dir': places.out,
    'cache-dir': places.cache,
    'toolchain-dir': places.toolchain,
  };
}
