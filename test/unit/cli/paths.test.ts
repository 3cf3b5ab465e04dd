import { describe, expect, it } from 'vitest';
import { foldersToClean } from '../../../cli/src/clean.ts';
import { pathsOf } from '../../../cli/src/paths.ts';

describe('the paths of a run', () => {
  it.each([
    [
      {},
      '/azl',
      '/azl',
      { build: 'build', out: 'out', cache: 'build/cache', toolchain: 'build/cache/toolchain' },
    ],
    [
      { BUILD_DIR: '/tmp/b', OUT_DIR: 'o' },
      '/azl',
      '/azl',
      { build: '/tmp/b', out: 'o', cache: 'build/cache', toolchain: 'build/cache/toolchain' },
    ],
    [
      { CACHE_DIR: '../c', TOOLCHAIN_DIR: '' },
      '/azl',
      '/mine',
      { build: 'build', out: 'out', cache: '/c', toolchain: '/c/toolchain' },
    ],
    [
      {},
      '/azl',
      '/mine',
      { build: 'build', out: 'out', cache: '/azl/build/cache', toolchain: '/azl/build/cache/toolchain' },
    ],
  ])('%j in %s from %s', (environment, checkout, workspace, paths) => {
    expect(pathsOf(environment, checkout, workspace)).toEqual(paths);
  });
});

describe('what clean removes', () => {
  const paths = {
    build: '/w/build',
    out: '/w/out',
    cache: '/w/build/cache',
    toolchain: '/w/build/cache/toolchain',
  };
  const tree: Record<string, string[]> = {
    '/w/build': ['cache', 'logs', '.made-by-azl'],
    '/w/out': ['RPMS'],
    '/w/build/cache': ['store'],
  };
  const list = (dir: string) => tree[dir] ?? [];

  it('is all but the cache', () => {
    expect(foldersToClean(paths, false, list)).toEqual({
      remove: ['/w/build/logs', '/w/out'],
      ask: ['/w/build', '/w/out'],
    });
  });

  it('is everything with clean-all', () => {
    expect(foldersToClean(paths, true, list)).toEqual({
      remove: ['/w/build', '/w/build/cache', '/w/out'],
      ask: ['/w/build', '/w/build/cache', '/w/out'],
    });
  });

  it('keeps a folder that leads to the cache', () => {
    const deep = { ...paths, cache: '/w/build/deep/cache' };
    const inDeep = (dir: string) => (dir === '/w/build' ? ['deep', 'logs'] : []);
    expect(foldersToClean(deep, false, inDeep).remove).toEqual(['/w/build/logs']);
  });

  it('is nothing where nothing is', () => {
    expect(foldersToClean(paths, true, () => [])).toEqual({ remove: [], ask: [] });
  });
});
