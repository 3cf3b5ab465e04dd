import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../services/answer.ts';
import { type Services, startServices } from '../services/server.ts';
import { builtIn, kill, madeUpRuns, published, rpmsOf } from '../support/made-up-runs.ts';
import { SharedRun } from '../support/shards.ts';
import { building, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { digests, statesOf } from '../support/workspace.ts';

const { alone, runOf, toolchainDir, workspace } = madeUpRuns();

const tiny = ['alpha', 'beta', 'delta', 'gamma', 'tiny-macros'];

describe('over the artifacts of a workflow run', () => {
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

  it('three shards make what one job makes, and merge leaves the plan alone', async () => {
    const run = await runThere();
    const { plan, shards, merge } = await run.whole(3);
    expect(plan.outputs['plan']).toBe('azl-plan-1');
    for (const one of shards) expect(one.code, one.said).toBe(0);
    expect(merge.code, merge.said).toBe(0);
    expect(shards.flatMap(({ said }) => builtIn(said)).sort()).toHaveLength(5);
    expect(digests(run.merged(), published)).toEqual(alone());
    expect(services.artifacts.names(run.run).sort()).toEqual(['azl-plan-1', 'azl-rpms-x86_64', 'azl-srpms']);
    for (const { said } of [...shards, merge]) {
      expect(said.replace(/^::add-mask::.*$/gm, '')).not.toContain('signature');
      expect(said).not.toContain('Found 1 artifact');
    }
  });

  it('the toolchain goes from the plan’s job to the others, which make none', async () => {
    const dir = workspace();
    await writeTree(join(dir, 'SPECS'), tinyPackages());
    const run = new SharedRun(dir, { 'toolchain-dir': toolchainDir() }, services);
    const plan = await run.plan(1, { 'share-toolchain': 'y', 'time-budget': '1440' });
    expect(plan.outputs['toolchain-artifact']).toBe('azl-toolchain-1');
    const shared = { 'toolchain-dir': '', 'toolchain-artifact': 'azl-toolchain-1' };
    const shard = await run.shard(1, 1, shared).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(shard.said).not.toContain('Converting');
    // Three entries of a day, one after the other, and a day.
    const there = services.artifacts.names(run.run);
    expect(there).toContainEqual(expect.stringMatching(/^azl-result-/));
    for (const name of there) expect(services.artifacts.daysKept(run.run, name), name).toBe(4);
    const merge = await run.merge(1, shared);
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
  });

  it('a killed shard costs nothing but time, also in the middle of an upload', async () => {
    const run = await runThere();
    await run.plan(2);
    // The answer to what its claim holds comes after its end: that is a name taken and never listed.
    let reached = false;
    const change = (answer: Answer): Answer => {
      reached = true;
      return answer;
    };
    services.fail({ call: 'PUT blob', about: 'azl-claim-', times: 1, delay: 4000, change });
    const victim = run.shard(1);
    await expect.poll(() => reached, { timeout: 60_000 }).toBe(true);
    kill(victim);
    await victim.ended;
    const there = services.artifacts.names(run.run);
    expect(there).toContainEqual(expect.stringMatching(/^azl-heartbeat-1-1-/));
    expect(there).not.toContainEqual(expect.stringMatching(/^azl-claim-/));
    const other = await run.shard(2).ended;
    expect(other.code, other.said).toBe(0);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
  });

  it('a listing cut short does not make merge take what was built for left', async () => {
    const run = await runThere({ ...building('one', 'sleep 8'), ...building('two', 'sleep 8') });
    await run.plan(2);
    const shards = await Promise.all([1, 2].map((id) => run.shard(id).ended));
    for (const { code, said } of shards) expect([code, builtIn(said).length], said).toEqual([0, 1]);
    let listings = 0;
    const change = (answer: Answer): Answer => {
      const { artifacts } = answer.body as { artifacts: { name: string }[] };
      // It is the whole listing, not a question for one name.
      if (artifacts.length < 2) return answer;
      const isShown = ({ name }: { name: string }) => !/^azl-heartbeat-1-2-/.test(name);
      return ++listings > 1 ? answer : { ...answer, body: { artifacts: artifacts.filter(isShown) } };
    };
    services.fail({ call: 'ListArtifacts', times: 1000, change });
    const merge = await run.merge();
    expect(listings).toBeGreaterThan(1);
    expect(merge.code, merge.said).toBe(0);
    expect(merge.said).toContain('Packages without a result: 1.');
    expect(statesOf(run.merged())).toEqual({ one: 'built', two: 'built' });
  });

  it('no clock of a shard counts: with one an hour ahead and one an hour behind each package is built once', async () => {
    // Long enough for many looks at who has claimed what.
    const long = building('long', 'sleep 5');
    const run = await runThere({ ...tinyPackages(), ...long });
    await run.plan(3);
    const clocks = [3600, -3600, 0];
    const shards = await Promise.all(
      clocks.map((ahead, at) => run.shard(at + 1, 1, {}, undefined, ahead).ended),
    );
    for (const one of shards) expect(one.code, one.said).toBe(0);
    const built = shards.flatMap(({ said }) => builtIn(said)).sort();
    expect(built).toEqual([...tiny, 'long'].sort());
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toMatchObject(rpmsOf(alone()));
    // Nor does it in what is said of the run's length.
    expect(merge.said).toMatch(/6 built in \d?\d:\d\d\./);
    expect(merge.summary).toMatch(/^\d?\d:\d\d from the first build to the last/m);
  });
});
