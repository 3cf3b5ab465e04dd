import { join, relative, resolve } from 'node:path';

/** The folders of a run, as shown and passed to actions: relative to the workspace if inside it. */
export interface Paths {
  build: string;
  out: string;
  cache: string;
  toolchain: string;
}

/** The variable that names each folder of a run. */
export const folderVariables = { build: 'BUILD_DIR', out: 'OUT_DIR', cache: 'CACHE_DIR' } as const;

/** Returns the folders of a run: those that {@link folderVariables} name, else the default ones. Pure. */
export function pathsOf(
  environment: Readonly<Record<string, string | undefined>>,
  checkout: string,
  workspace: string,
): Paths {
  const cache = shown(environment['CACHE_DIR'] || join(checkout, 'build', 'cache'), workspace);
  return {
    build: shown(environment['BUILD_DIR'] || 'build', workspace),
    out: shown(environment['OUT_DIR'] || 'out', workspace),
    cache,
    toolchain: shown(environment['TOOLCHAIN_DIR'] || join(cache, 'toolchain'), workspace),
  };
}

/** Returns a path as shown and passed to actions: relative to the workspace if inside it, else absolute. Pure. */
export function shown(path: string, workspace: string): string {
  const inside = relative(workspace, resolve(workspace, path));
  return inside === '' || inside.startsWith('..') ? resolve(workspace, path) : inside;
}

/** The folder of the worker's tree. */
export function workerDir(paths: Paths): string {
  return join(paths.toolchain, 'worker');
}
