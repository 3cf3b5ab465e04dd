import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../services/answer.ts';
import { type Fault, type Services, startServices } from '../services/server.ts';
import { builtIn, kill, madeUpRuns, published } from '../support/made-up-runs.ts';
import { SharedRun } from '../support/shards.ts';
import { building, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { digests, statesOf } from '../support/workspace.ts';

const { alone, runOf, toolchainDir, workspace } = madeUpRuns();

const tiny = ['alpha', 'beta', 'delta', 'gamma', 'tiny-macros'];
const rpmsOf = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([path]) => path.endsWith('.rpm')));

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

  describe.each([
    'run',
    'attempt',
  ] as const)('where a name is taken for the whole %s, a re-run', (namesAreOf) => {
    beforeAll(() => {
      services.artifacts.namesAreOf = namesAreOf;
    });
    afterAll(() => {
      services.artifacts.namesAreOf = 'run';
    });

    const all = [...tiny, 'late'].sort();

    /** A run whose first attempt published some packages, and then its shard was killed. */
    async function brokenOff() {
      // It comes last and takes longer than the first results wait to be published.
      const late = building('late', 'sleep 6', 'BuildRequires: gamma');
      const run = await runThere({ ...tinyPackages(), ...late });
      await run.plan(1);
      const victim = run.shard(1);
      const told = () =>
        services.artifacts.names(run.run).some((name) => /^azl-heartbeat-1-1-[1-9]/.test(name));
      await expect.poll(told, { timeout: 60_000 }).toBe(true);
      kill(victim);
      await victim.ended;
      const merge = await run.merge();
      expect(merge.code).toBe(1);
      const left = Number(merge.outputs['left']);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(all.length);
      return { run, left };
    }

    it('of failed jobs is merge alone: it sees what the first attempt left, and builds what is missing', async () => {
      const { run, left } = await brokenOff();
      run.runAgain('failed');
      const merge = await run.merge(2);
      expect(merge.code, merge.said).toBe(0);
      expect(builtIn(merge.said)).toHaveLength(left);
      expect(digests(run.merged(2), published)).toMatchObject(rpmsOf(alone()));
    });

    it('of all jobs sees nothing of the first attempt: all is built, and its repository is its own', async () => {
      const { run } = await brokenOff();
      run.runAgain('all');
      const plan = await run.plan(1, {}, 2);
      expect(plan.outputs['plan'], plan.said).toBe('azl-plan-2');
      const shard = await run.shard(1, 2).ended;
      expect(shard.code, shard.said).toBe(0);
      expect(builtIn(shard.said).sort()).toEqual(all);
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

  it.each([
    'ListArtifacts',
    'CreateArtifact',
    'FinalizeArtifact',
    'PUT blob',
    'GET blob',
  ])('%s that is later than a claim lasts costs double work at most', async (call) => {
    const run = await runThere();
    await run.plan(2);
    // Claims last 6 seconds here.
    services.fail({ call, times: 3, delay: 9000 });
    const shards = await Promise.all([1, 2].map((id) => run.shard(id).ended));
    services.heal();
    for (const one of shards) expect(one.code, one.said).toBe(0);
    const built = shards.flatMap(({ said }) => builtIn(said));
    for (const name of tiny) expect(built.filter((one) => one === name).length, name).toBeOneOf([1, 2]);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
  });

  it.each<[string, Omit<Fault, 'times'>, number]>([
    [
      '429 with Retry-After on listings',
      { call: 'ListArtifacts', status: 429, headers: { 'retry-after': '1' } },
      3,
    ],
    ['500 on creations', { call: 'CreateArtifact', status: 500 }, 3],
    ['500 on creations that were done all the same', { call: 'CreateArtifact', status: 500, after: true }, 2],
    ['500 on the end of uploads', { call: 'FinalizeArtifact', status: 500 }, 3],
    ['lost answers at the end of uploads', { call: 'FinalizeArtifact', status: 400, after: true }, 2],
    ['403 on claims, for a while', { call: 'CreateArtifact', status: 403 }, 2],
    ['late answers', { call: 'ListArtifacts', delay: 3000 }, 4],
    ['a truncated download', { call: 'GET blob', truncate: 20 }, 1],
    [
      'bytes that are others’',
      { call: 'GET blob', change: (answer) => ({ ...answer, bytes: Buffer.from('forged') }) },
      2,
    ],
  ])('%s change nothing but the time', async (_, fault, times) => {
    const run = await runThere();
    await run.plan(2);
    services.fail({ ...fault, times });
    const shards = await Promise.all([1, 2].map((id) => run.shard(id).ended));
    for (const one of shards) expect(one.code, one.said).toBe(0);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
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
