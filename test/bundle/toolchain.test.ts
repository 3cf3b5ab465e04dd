import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import type { JobOptions } from '../services/job.ts';
import { type Services, startServices } from '../services/server.ts';
import { type Inputs, startBundle } from '../support/bundle.ts';
import { testWorker } from '../support/worker.ts';
import { newWorkspace, removeWorkspace } from '../support/workspace.ts';

const lookUp = 'GetCacheEntryDownloadURL';
const top = newWorkspace();
let services: Services;
let machines = 0;

beforeAll(async () => {
  services = await startServices();
});
afterEach(() => services.heal());
afterAll(async () => {
  await services.close();
  await removeWorkspace(top);
});

/** A runner of its own, with some of what lies in this checkout's cache folder. */
async function machine(having: readonly string[] = []): Promise<string> {
  const dir = join(top, `machine-${++machines}`);
  const cache = join(dir, 'build/cache');
  mkdirSync(cache, { recursive: true });
  const from = join((await testWorker()).dir, '..');
  for (const name of having) await runTool(['cp', '-al', '--', join(from, name), cache]);
  return dir;
}

/** What was downloaded and converted: with it, one is made in seconds. */
const parts = ['apt', 'debs', 'stand-ins'];

async function toolchain(dir: string, inputs: Inputs = {}, event?: string, options?: JobOptions) {
  const environment = {
    ...services.environment('run', 'job', options),
    ...(event === undefined ? {} : { GITHUB_EVENT_NAME: event }),
  };
  return await startBundle('toolchain', inputs, dir, [], environment).ended;
}

const lockIn = (dir: string) => readFileSync(join(dir, 'build/cache/toolchain.lock'), 'utf8');
const making = /^Installing the worker/m;

/** Each case starts from what the ones before it left in the cache. */
describe('the toolchain in a workflow', () => {
  let first: string;

  it('is made where no run left one; a merge queue leaves none', async () => {
    first = await machine([...parts, 'toolchain.lock']);
    const made = await toolchain(first, {}, 'merge_group');
    expect(made.code, made.said).toBe(0);
    expect(made.said).toMatch(making);
    expect(services.caches.keys()).toEqual([]);
  });

  it('is left to later runs, once, and no file of that stays', async () => {
    for (const _run of ['first', 'second']) {
      const there = await toolchain(first);
      expect(there.code, there.said).toBe(0);
      expect(there.outputs['worker-digest']).toBe((await testWorker()).toolchain.workerDigest);
    }
    expect(services.caches.keys()).toEqual([
      expect.stringMatching(/^azl-toolchain-1-[0-9a-f]{16}-refs-heads-main\.[0-9a-f]{12}-[0-9a-f]{16}$/),
    ]);
    expect(services.calls.get('CreateCacheEntry')).toBe(1);
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
    });
    expect(lockIn(second)).toBe(lockIn(first));
    expect(existsSync(join(second, 'build/cache/toolchain/worker/usr/bin/rpmbuild'))).toBe(true);
    expect(services.caches.keys()).toHaveLength(1);
  });

  it('is not taken up with update: that is to have what the mirror has now', async () => {
    const before = services.calls.get(lookUp);
    const updated = await toolchain(await machine(parts), { update: 'y' });
    expect(updated.code, updated.said).toBe(0);
    expect(updated.said).toMatch(making);
    expect(services.calls.get(lookUp)).toBe(before);
  });

  it('is not found where the cache answers 429: on-store-error says what that means', async () => {
    services.fail({ call: lookUp, times: Number.POSITIVE_INFINITY, status: 429 });
    const dirs = { fail: await machine(parts), build: await machine(parts) };
    const [failed, built] = await Promise.all([
      toolchain(dirs.fail),
      toolchain(dirs.build, { 'on-store-error': 'build' }),
    ]);
    const trouble = /The toolchain of earlier runs cannot be fetched.*429/;
    expect(failed.code).toBe(1);
    expect(failed.said).toMatch(trouble);
    expect(failed.said).toMatch(/^::error::.*with on-store-error: build, what cannot be had is built/m);
    expect(existsSync(join(dirs.fail, 'build/cache/toolchain'))).toBe(false);
    expect(built.code, built.said).toBe(0);
    expect(built.said).toMatch(trouble);
    expect(built.said).toMatch(making);
  });
});
