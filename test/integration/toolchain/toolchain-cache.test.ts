import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { StoreUnavailableError } from '../../../src/shared/github/cache/cache.ts';
import { prepareToolchain } from '../../../src/shared/toolchain/prepare.ts';
import { fetchCachedToolchain, saveCachedToolchain } from '../../../src/shared/toolchain/toolchain-cache.ts';
import { FolderCache } from '../../support/folder-cache.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../../support/workspace.ts';

const top = newWorkspace();
const made = resolve(process.env['AZL_TEST_CACHE'] ?? 'build/cache');
const cache = new FolderCache(join(top, 'cache'));
let machines = 0;

/** A machine that has no toolchain yet. */
function machine() {
  const cacheDir = join(top, `machine-${++machines}`);
  mkdirSync(cacheDir, { recursive: true });
  const log = recordingLog();
  const dir = join(cacheDir, 'toolchain');
  return { cache, dir, cacheDir, mode: 'bootstrap' as const, onStoreError: 'fail' as const, log };
}

beforeAll(async () => {
  const { dir, toolchain } = await testWorker();
  const first = machine();
  cpSync(join(made, 'toolchain.lock'), join(first.cacheDir, 'toolchain.lock'));
  await saveCachedToolchain(undefined, toolchain, { ...first, dir });
  await saveCachedToolchain(undefined, toolchain, { ...first, dir });
  expect(cache.saved).toHaveLength(1);
});
afterAll(async () => {
  await removeWorkspace(top);
});

describe('the toolchain that an earlier run saved', () => {
  it('is fetched with its lock, and nothing else is made or fetched', async () => {
    const here = machine();
    const key = await fetchCachedToolchain(here);
    expect(key).toMatch(/^azl-toolchain-2-[0-9a-f]{16}-refs-heads-main\.[0-9a-f]{12}-[0-9a-f]{16}$/);
    expect(readFileSync(join(here.cacheDir, 'toolchain.lock'))).toEqual(
      readFileSync(join(made, 'toolchain.lock')),
    );
    const { log, dir, cacheDir } = here;
    const options = { mode: 'bootstrap' as const, dir, cacheDir, updateLock: false, jobs: 2, log };
    const { toolchain } = await testWorker();
    expect(await prepareToolchain(options)).toEqual({ toolchain, reused: true });
    expect(existsSync(join(cacheDir, 'debs'))).toBe(false);
    expect(log.lines).toEqual([]);
    await saveCachedToolchain(key, (await testWorker()).toolchain, here);
    expect(cache.saved).toEqual([key]);
  });

  it('is that of the default branch, also for a pull request with another one', async () => {
    const key = cache.saved[0] as string;
    const own = key.replace(/refs-heads-main\.[0-9a-f]{12}/, 'refs-pull-7-merge.0123456789ab');
    vi.stubEnv('GITHUB_REF', 'refs/pull/7/merge');
    vi.stubEnv('GITHUB_BASE_REF', 'main');
    try {
      cpSync(cache.at('toolchain', key), cache.at('toolchain', own), { recursive: true });
      expect(await fetchCachedToolchain(machine())).toBe(key);
    } finally {
      rmSync(cache.at('toolchain', own), { recursive: true });
      vi.unstubAllEnvs();
    }
  });

  it('is the newest of its ref, also after the lock moved', async () => {
    const key = cache.saved[0] as string;
    const newer = key.replace(/[0-9a-f]{16}$/, '0123456789abcdef');
    const lasting = 60 + Date.now() / 1000;
    try {
      cpSync(cache.at('toolchain', key), cache.at('toolchain', newer), { recursive: true });
      utimesSync(cache.at('toolchain', newer), lasting, lasting);
      expect(await fetchCachedToolchain(machine())).toBe(newer);
    } finally {
      rmSync(cache.at('toolchain', newer), { recursive: true });
    }
  });

  it('is not fetched where there is a lock', async () => {
    const here = machine();
    writeFileSync(join(here.cacheDir, 'toolchain.lock'), 'mine');
    expect(await fetchCachedToolchain(here)).toBeUndefined();
    expect(readFileSync(join(here.cacheDir, 'toolchain.lock'), 'utf8')).toBe('mine');
  });

  it('is not replaced when the cache is unavailable, unless on-store-error allows it', async () => {
    cache.trouble = 'no answer';
    try {
      await expect(fetchCachedToolchain(machine())).rejects.toThrow(StoreUnavailableError);
      const here = machine();
      expect(await fetchCachedToolchain({ ...here, onStoreError: 'build' })).toBeUndefined();
      expect(here.log.lines.join()).toMatch(/cannot be fetched \(no answer\): a new one is made/);
    } finally {
      cache.trouble = undefined;
    }
  });

  it('is not used when its lock or its archive is damaged', async () => {
    const [key] = cache.saved;
    const entry = cache.at('toolchain', key as string);
    const kept = join(top, 'kept');
    for (const file of ['toolchain.lock', 'toolchain.tar']) {
      cpSync(join(entry, file), kept);
      writeFileSync(join(entry, file), '{}');
      const here = machine();
      if (file === 'toolchain.lock') {
        expect(await fetchCachedToolchain(here)).toBeUndefined();
        expect(here.log.lines.join()).toMatch(
          /cannot be used: toolchain\.lock \$: This is an object without 'schema'/,
        );
      } else {
        expect(await fetchCachedToolchain(here)).toBeUndefined();
        expect(here.log.lines.join()).toMatch(/cannot be used/);
      }
      expect(existsSync(join(here.cacheDir, 'toolchain.lock'))).toBe(false);
      expect(existsSync(here.dir)).toBe(false);
      cpSync(kept, join(entry, file));
      rmSync(kept);
    }
  });
});
