import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Services, startServices } from '../services/server.ts';
import { builtIn, kill, madeUpRuns, published, rpmsOf } from '../support/made-up-runs.ts';
import { SharedRun } from '../support/shards.ts';
import { building, tinyPackages } from '../support/tiny-distro.ts';
import { digests, removeWorkspace } from '../support/workspace.ts';

const { alone, runOf, toolchainDir } = madeUpRuns();
// It comes last and takes longer than the first results wait to be published.
const packages = { ...tinyPackages(), ...building('late', 'sleep 6', 'BuildRequires: gamma') };

/** A run whose first attempt published some packages, and then its shard was killed. Each test goes on from there. */
let first: { dir: string; services: Services; left: number };

beforeAll(async () => {
  const services = await startServices();
  const run = await runOf(packages, services);
  await run.plan(1);
  const victim = run.shard(1);
  const published = () =>
    services.artifacts.names(run.run).some((name) => /^azl-heartbeat-1-1-[1-9]/.test(name));
  await vi.waitUntil(published, { timeout: 60_000 });
  kill(victim);
  await victim.ended;
  const merge = await run.merge();
  expect(merge.code).toBe(1);
  const left = Number(merge.outputs['left']);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(Object.keys(packages).length);
  first = { dir: run.dir, services, left };
});
afterAll(async () => {
  await first.services.close();
});

describe.each([
  'run',
  'attempt',
] as const)('where a name is taken for the whole %s, a re-run', (namesAreOf) => {
  let services: Services;
  let run: SharedRun;

  beforeEach(async () => {
    services = await startServices();
    services.artifacts.namesAreOf = namesAreOf;
    services.artifacts.copyFrom(first.services.artifacts);
    run = new SharedRun(first.dir, { 'toolchain-dir': toolchainDir() }, services);
  });
  afterEach(async () => {
    await services.close();
    for (const job of ['merge-2', 'shard-2-1']) await removeWorkspace(join(first.dir, 'jobs', job));
  });

  it('of failed jobs is merge alone: it sees what the first attempt left, and builds what is missing', async () => {
    run.runAgain('failed');
    const merge = await run.merge(2);
    expect(merge.code, merge.said).toBe(0);
    expect(builtIn(merge.said)).toHaveLength(first.left);
    expect(digests(run.merged(2), published)).toMatchObject(rpmsOf(alone()));
  });

  it('of all jobs sees nothing of the first attempt: all is built, and its repository is its own', async () => {
    run.runAgain('all');
    const plan = await run.plan(1, {}, 2);
    expect(plan.outputs['plan'], plan.said).toBe('azl-plan-2');
    const shard = await run.shard(1, 2).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(builtIn(shard.said).sort()).toEqual(Object.keys(packages).sort());
    const merge = await run.merge(2);
    expect(merge.code, merge.said).toBe(0);
    expect(builtIn(merge.said)).toEqual([]);
    expect(digests(run.merged(2), published)).toMatchObject(rpmsOf(alone()));
    // The first attempt's has the name, and none may see it, so none may replace it.
    expect(merge.outputs['rpms-artifact']).toBe(
      namesAreOf === 'run' ? 'azl-rpms-x86_64-2' : 'azl-rpms-x86_64',
    );
  });
});
