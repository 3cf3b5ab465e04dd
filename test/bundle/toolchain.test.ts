import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookUp, making, parts, toolchainJobs } from '../support/toolchain-jobs.ts';
import { testWorker } from '../support/worker.ts';

const { services, machine, toolchain } = toolchainJobs();

const lockIn = (dir: string) => readFileSync(join(dir, 'build/cache/toolchain.lock'), 'utf8');

/** Each case starts from what the ones before it left in the cache. */
describe('the toolchain in a workflow', () => {
  let first: string;

  it('is made where no run left one; a merge queue leaves none', async () => {
    first = await machine([...parts, 'toolchain.lock']);
    const made = await toolchain(first, {}, 'merge_group');
    expect(made.code, made.said).toBe(0);
    expect(made.said).toMatch(making);
    expect(made.outputs['cache-hit']).toBe('false');
    expect(services().caches.keys()).toEqual([]);
  });

  it('is left to later runs, once, and no file of that stays', async () => {
    for (const _run of ['first', 'second']) {
      const there = await toolchain(first);
      expect(there.code, there.said).toBe(0);
      expect(there.outputs['worker-digest']).toBe((await testWorker()).toolchain.workerDigest);
    }
    expect(services().caches.keys()).toEqual([
      expect.stringMatching(/^azl-toolchain-2-[0-9a-f]{16}-refs-heads-main\.[0-9a-f]{12}-[0-9a-f]{16}$/),
    ]);
    expect(services().calls.get('CreateCacheEntry')).toBe(1);
    expect(existsSync(join(first, '.azl-cache/toolchain'))).toBe(false);
    expect(readdirSync(join(first, 'build/cache')).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('is taken up by a machine that has nothing: none is made, and the worker is the same', async () => {
    const second = await machine();
    const taken = await toolchain(second, {}, 'pull_request', { ref: 'refs/pull/1/merge', base: 'main' });
    expect(taken.code, taken.said).toBe(0);
    expect(taken.said).not.toMatch(making);
    expect(taken.outputs).toEqual({
      'toolchain-dir': join(second, 'build/cache/toolchain'),
      'worker-digest': (await testWorker()).toolchain.workerDigest,
      'cache-hit': 'true',
    });
    expect(lockIn(second)).toBe(lockIn(first));
    expect(existsSync(join(second, 'build/cache/toolchain/worker/usr/bin/rpmbuild'))).toBe(true);
    expect(services().caches.keys()).toHaveLength(1);
  });

  it('is not taken up with update-lock: that is to have what the mirror has now', async () => {
    const before = services().calls.get(lookUp);
    const updated = await toolchain(await machine(parts), { 'update-lock': 'y' });
    expect(updated.code, updated.said).toBe(0);
    expect(updated.said).toMatch(making);
    expect(services().calls.get(lookUp)).toBe(before);
  });
});
