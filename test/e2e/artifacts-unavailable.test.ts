import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, type Services, startServices } from '../services/server.ts';
import { builtIn, madeUpRuns, published } from '../support/made-up-runs.ts';
import { building, tinyPackages } from '../support/tiny-distro.ts';
import { digests, statesOf } from '../support/workspace.ts';

const { alone, runOf } = madeUpRuns();

describe('calls of the artifact service', () => {
  let services: Services;
  beforeAll(async () => {
    services = await startServices();
  });
  afterAll(async () => {
    await services.close();
  });

  // A fault that a test did not use up is no other's.
  afterEach(() => services.heal());

  const runThere = (packages = tinyPackages()) => runOf(packages, services);

  /** Two shards while these calls go wrong, each of them at least once; then merge. @returns what each shard built */
  async function runWith(faults: readonly Fault[], endBeforeMerge: boolean): Promise<string[]> {
    const run = await runThere();
    await run.plan(2);
    const unused = faults.map((fault) => ({ ...fault }));
    for (const fault of unused) services.fail(fault);
    const shards = await Promise.all([1, 2].map((id) => run.shard(id).ended));
    if (endBeforeMerge) services.heal();
    for (const one of shards) expect(one.code, one.said).toBe(0);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(unused.filter(({ times }, at) => times === faults[at]?.times)).toEqual([]);
    expect(digests(run.merged(), published)).toEqual(alone());
    return shards.flatMap(({ said }) => builtIn(said));
  }

  it('that are all later than a claim lasts cost double work at most', async () => {
    const calls = ['ListArtifacts', 'CreateArtifact', 'FinalizeArtifact', 'PUT blob', 'GET blob'];
    // Claims last 6 seconds here.
    const built = await runWith(
      calls.map((call) => ({ call, times: 3, delay: 9000 })),
      true,
    );
    for (const name of Object.keys(tinyPackages()))
      expect(built.filter((one) => one === name).length, name).toBeOneOf([1, 2]);
  });

  // Each run has at most one fault of a call: so none is tried again more often than by its own.
  it.each<[string, Record<string, Fault>]>([
    [
      'once',
      {
        '429 with Retry-After on listings': {
          ...{ call: 'ListArtifacts', times: 3, status: 429, headers: { 'retry-after': '1' } },
        },
        '500 on creations': { call: 'CreateArtifact', times: 3, status: 500 },
        '500 on the end of uploads': { call: 'FinalizeArtifact', times: 3, status: 500 },
        'a truncated download': { call: 'GET blob', times: 1, truncate: 20 },
      },
    ],
    [
      'in other ways',
      {
        'late answers': { call: 'ListArtifacts', times: 4, delay: 3000 },
        '500 on creations that were done all the same': {
          ...{ call: 'CreateArtifact', times: 2, status: 500, after: true },
        },
        'lost answers at the end of uploads': {
          ...{ call: 'FinalizeArtifact', times: 2, status: 400, after: true },
        },
        'bytes that are others’': {
          ...{ call: 'GET blob', times: 2 },
          change: (answer) => ({ ...answer, bytes: Buffer.from('forged') }),
        },
      },
    ],
    [
      'by refused claims',
      { '403 on claims, for a while': { call: 'CreateArtifact', times: 2, status: 403 } },
    ],
  ])('that fail %s change nothing but the time', async (_, faults) => {
    await runWith(Object.values(faults), false);
  });

  it('that answer nothing for longer than a claim lasts end no shard that builds: it goes on, and publishes it', async () => {
    const run = await runThere(building('long', 'sleep 14'));
    await run.plan(1);
    const shard = run.shard(1);
    const there = () => services.artifacts.names(run.run);
    await expect.poll(there, { timeout: 60_000 }).toContain('azl-claim-1-long-0');
    for (const call of ['ListArtifacts', 'CreateArtifact', 'DeleteArtifact'])
      services.fail({ call, times: 1000, status: 403 });
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    services.heal();
    const { code, said } = await shard.ended;
    expect(code, said).toBe(0);
    expect(said).toMatch(/a fault on demand: 403.* Tried again/);
    expect(builtIn(said)).toEqual(['long']);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(statesOf(run.merged())).toEqual({ long: 'built' });
  });

  it.each([
    'ListArtifacts',
    'CreateArtifact',
  ])('a run in which %s fails for ever ends, and says why and what to do', async (call) => {
    const run = await runThere();
    await run.plan(1);
    services.fail({ call, times: 1000, status: 403 });
    const shard = await run.shard(1).ended;
    services.heal();
    expect(shard.code).toBe(1);
    expect(shard.said).toContain('a fault on demand: 403');
    expect(shard.said).not.toContain('an error in azl itself');
  });
});
