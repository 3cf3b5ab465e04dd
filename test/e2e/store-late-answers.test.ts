import { expect, it } from 'vitest';
import { builtIn } from '../support/made-up-runs.ts';
import { keyIn, published, runsOverOneCache } from '../support/runs-over-one-cache.ts';
import { digests } from '../support/workspace.ts';

const runs = runsOverOneCache();

const calls = ['GetCacheEntryDownloadURL', 'CreateCacheEntry', 'FinalizeCacheEntryUpload'];

it('cache calls that are later than a claim lasts cost double work at most', async () => {
  const { first, one } = runs.firstRun();
  runs.services.caches.remove(`azl-result-1-${keyIn(first, 'lib')}`);
  const run = await runs.newRun({ before: first, edit: 'app' });
  const plan = await run.plan(2);
  expect(plan.code, plan.said).toBe(0);
  // Claims last 6 seconds here.
  for (const call of calls) runs.services.fail({ call, times: 4, delay: 9000 });
  const before = calls.map(runs.callsOf);
  const shards = await Promise.all([1, 2].map((id) => run.shard(id).ended));
  for (const [at, call] of calls.entries())
    expect(runs.callsOf(call), call).toBeGreaterThan(before[at] as number);
  runs.services.heal();
  for (const { code, said } of shards) expect(code, said).toBe(0);
  const built = shards.flatMap(({ said }) => builtIn(said));
  for (const name of ['app', 'lib']) expect(built.filter((it) => it === name).length, name).toBeOneOf([1, 2]);
  const merge = await run.merge();
  expect(merge.code, merge.said).toBe(0);
  const others = (bytes: Record<string, string>) =>
    Object.entries(bytes).filter(([path]) => !path.includes('app') && path.endsWith('.rpm'));
  expect(others(digests(run.merged(), published))).toEqual(others(one.bytes));
});
