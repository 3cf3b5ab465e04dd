import { describe, expect, it } from 'vitest';
import { tokens } from '../services/rest.ts';
import type { Fault } from '../services/server.ts';
import { startBundle } from '../support/bundle.ts';
import { keyIn, rpmsOf, runsOverOneCache, through, tree } from '../support/runs-over-one-cache.ts';
import { digests, statesOf } from '../support/workspace.ts';

const runs = runsOverOneCache();

describe('a cache that gives no answer', () => {
  const limited = { call: 'GetCacheEntryDownloadURL', times: Number.POSITIVE_INFINITY, status: 429 };

  it('ends the plan: with 429 on every look-up nothing is built in vain', async () => {
    const { first } = runs.firstRun();
    runs.services.fail(limited);
    const second = await runs.newRun({ before: first });
    const plan = await second.plan(2);
    expect(plan.code).toBe(1);
    expect(plan.said).toMatch(/The index of the store cannot be read: .*429.*on-store-error: build/);
    expect(plan.outputs['matrix']).toBeUndefined();
    const environment = runs.services.environment('alone', 'alone');
    const inputs = { 'toolchain-dir': runs.toolchainDir };
    const alone = await startBundle('build-packages', inputs, second.dir, [], environment).ended;
    expect(alone.code).toBe(1);
    expect(alone.said).not.toContain('building');
  });

  it('is gone past where the user says so', async () => {
    runs.services.fail(limited);
    const run = await runs.newRun({}, {}, { 'on-store-error': 'build' });
    const plan = await run.plan(2, { 'on-store-error': 'build' });
    expect(plan.code, plan.said).toBe(0);
    expect(plan.said).toMatch(/The index of the store cannot be read .*all is built/);
    expect(plan.outputs['build-count']).toBe('2');
  });

  it('is waited for when it does not last', async () => {
    const { first } = runs.firstRun();
    runs.services.fail({ ...limited, times: 2, headers: { 'retry-after': '1' } });
    runs.services.fail({ call: 'GET blob', times: 1, truncate: 10 });
    const plan = await (await runs.newRun({ before: first })).plan(2);
    expect(plan.code, plan.said).toBe(0);
    expect(plan.outputs['shards']).toBe('0');
  });
});

describe('a cache that gives merge no answer', () => {
  /** No answer about entries of this key, however often it is asked. */
  const silent = (key: string): Fault => ({
    ...{ call: 'GetCacheEntryDownloadURL', times: Number.POSITIVE_INFINITY },
    change: (answer) =>
      (answer.body as { matched_key?: string }).matched_key?.includes(key)
        ? { status: 403, body: { code: 'permission_denied', msg: 'not now' } }
        : answer,
  });

  it('about one result leaves that, and publishes the others', async () => {
    const { first } = runs.firstRun();
    const second = await runs.newRun({ before: first });
    await second.plan(2);
    runs.services.fail(silent(keyIn(first, 'lib')));
    const merge = await second.merge();
    runs.services.heal();
    expect(merge.code, merge.said).toBe(1);
    expect(merge.said).toMatch(/- lib left: The stored result of lib cannot be fetched: .*not now/);
    // What is built on it cannot be published without it.
    const left = ['app', 'lib'];
    const states = statesOf(second.merged());
    for (const name of Object.keys(tree)) expect(states[name]).toBe(left.includes(name) ? 'left' : 'reused');
    const rpms = rpmsOf(digests(second.merged(), ['out/RPMS']));
    expect(rpms).toHaveLength(3 - left.length);
    expect(merge.said).not.toContain('building');
    // It is where it was, and the next attempt has it, as the next run.
    expect(runs.keysOf('index')).toHaveLength(2);
    expect((await (await runs.newRun({ before: first })).plan(2)).outputs['shards']).toBe('0');
    const again = await second.merge(2);
    expect(again.code, again.said).toBe(0);
    expect(statesOf(second.merged(2))).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
  });

  it('about any result ends well enough to say so', async () => {
    const { first } = runs.firstRun();
    const second = await runs.newRun({ before: first });
    await second.plan(2);
    runs.services.fail(silent('azl-'));
    const merge = await second.merge();
    expect(merge.code, merge.said).toBe(1);
    expect(merge.outputs['left']).toBe('3');
    expect(merge.said).toContain('The index of the store is not saved');
  });
});

describe('a store without an index', () => {
  const lose = async () => {
    const { first } = runs.firstRun();
    for (const key of runs.keysOf('index')) runs.services.caches.remove(key);
    return first;
  };

  it('costs reuse at the plan alone: what is there is found before it is built', async () => {
    const two = await through(await runs.newRun({ before: await lose() }));
    expect(two.plan.said).toContain('The store is empty');
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
  });

  it('is said loudly where nobody may confirm it', async () => {
    const plan = await (await runs.newRun({ before: await lose() }, {}, { token: tokens.read })).plan(2);
    expect(plan.code, plan.said).toBe(0);
    expect(plan.said).toMatch(/::warning::The store has no index.*cannot be confirmed.*list of caches/);
  });

  it('is not believed when GitHub lists one', async () => {
    const { first } = runs.firstRun();
    runs.services.fail({
      call: 'GetCacheEntryDownloadURL',
      times: Number.POSITIVE_INFINITY,
      change: () => ({ status: 200, body: { ok: false } }),
    });
    const plan = await (await runs.newRun({ before: first })).plan(2);
    expect(plan.code).toBe(1);
    expect(plan.said).toContain('GitHub lists an index that the cache does not find');
  });
});
