import { describe, expect, it } from 'vitest';
import type { JobOptions } from '../services/job.ts';
import { runsOverOneCache, saidBy, through } from '../support/runs-over-one-cache.ts';

const runs = runsOverOneCache();

describe('scopes of the cache', () => {
  const pull = { ref: 'refs/pull/7/merge', base: 'main' };

  it('let a pull request see its base, and nobody a pull request', async () => {
    const { first } = runs.firstRun();
    const mine = await runs.newRun({ before: first, edit: 'app' }, pull);
    expect((await through(mine)).states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
    // Its own index is the newest that it sees; the base has moved on since.
    const moved = await runs.newRun({ before: first, edit: 'other' });
    expect((await through(moved)).states).toEqual({ app: 'reused', lib: 'reused', other: 'built' });
    const again = await runs.newRun({ before: moved, edit: 'app' }, pull);
    expect((await through(again)).states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    const merged = await runs.newRun({ before: again });
    expect((await through(merged)).states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
  });

  it('are left alone by a merge queue, which reuses all the same', async () => {
    const { first } = runs.firstRun();
    const before = runs.callsOf('CreateCacheEntry');
    const queued = await runs.newRun(
      { before: first, edit: 'app' },
      { ref: 'refs/heads/gh-readonly-queue/main/pr-7', event: 'merge_group' },
    );
    const two = await through(queued);
    expect(two.states).toEqual({ app: 'built', lib: 'reused', other: 'reused' });
    expect(runs.callsOf('CreateCacheEntry')).toBe(before);
  });

  it.each<[string, JobOptions]>([
    ['the token', { read: false, write: false }],
    ['the runner', { mode: 'none' }],
  ])('that may not be read, says %s, are as none: all is built, and nothing is told as stored', async (_who, cache) => {
    const { first } = runs.firstRun();
    const two = await through(await runs.newRun({ before: first }, cache));
    expect(two.plan.said.match(/::warning.*The cache may not be read/g)).toHaveLength(1);
    expect(two.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    if (cache.mode === undefined) return;
    expect(two.plan.said).toContain('This job may not save anything in the cache');
    // No shard of it told of a result that it is stored, and none tried.
    expect(saidBy(two.shards)).not.toContain('is not in the store');
    expect(two.merge.said).toContain('Not stored for later runs (their shards say why): app, lib, other');
  });

  it('that may only be written are filled all the same', async () => {
    const first = await runs.newRun({}, { mode: 'write-only' });
    const one = await through(first);
    expect(one.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    const two = await through(await runs.newRun({ before: first }));
    expect(two.states).toEqual({ app: 'reused', lib: 'reused', other: 'reused' });
    expect(two.bytes).toEqual(one.bytes);
  });

  it('that may not be written cost no run: it says so', async () => {
    const run = await through(await runs.newRun({}, { write: false }));
    expect(run.states).toEqual({ app: 'built', lib: 'built', other: 'built' });
    expect(saidBy(run.shards)).toMatch(/The result of lib is not in the store yet: .*denied/);
    expect(run.merge.said).toMatch(/The index of the store is not saved: .*denied/);
  });
});
