import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../../scripts/build-dist.ts';
import { distributions } from '../support/distributions.ts';
import { builtIn, items, kill, madeUpRuns, published } from '../support/made-up-runs.ts';
import { SharedRun } from '../support/shards.ts';
import { building, tinyPackages } from '../support/tiny-distro.ts';
import { digests, leftBehind, statesOf } from '../support/workspace.ts';

const { alone, runOf, toolchainDir, workspace } = madeUpRuns();

describe('three shards of a run', () => {
  it('build each package once, and merge makes of it what one job would', async () => {
    const run = await runOf(tinyPackages());
    const { plan, shards, merge } = await run.whole(3);
    expect(plan.code, plan.said).toBe(0);
    expect(JSON.parse(plan.outputs['matrix'] as string).shard.length).toBeGreaterThan(2);
    for (const one of shards) expect(one.code, one.said).toBe(0);
    const all = shards.flatMap(({ said }) => builtIn(said));
    expect(all.sort()).toEqual(['alpha', 'beta', 'delta', 'gamma', 'tiny-macros']);
    expect(merge.code, merge.said).toBe(0);
    expect(merge.outputs).toMatchObject({ built: '5', left: '0' });
    expect(digests(run.merged(), published)).toEqual(alone());
    expect(items(run)).toEqual([]);
    expect(leftBehind(run.dir)).toEqual([]);
  });

  it.each(
    distributions.filter(({ name }) => name === 'example'),
  )('make of the $name distribution what one job made', async ({ write }) => {
    const single = digests(repository, published);
    expect(Object.keys(single).length, 'this compares with what `make image` left in out/').toBeGreaterThan(
      40,
    );
    const dir = workspace();
    await write(dir);
    const sources = join(toolchainDir(), '../sources');
    mkdirSync(join(dir, 'build/cache'), { recursive: true });
    if (existsSync(sources)) cpSync(sources, join(dir, 'build/cache/sources'), { recursive: true });
    const run = new SharedRun(dir, { 'toolchain-dir': toolchainDir() });
    const { shards, merge } = await run.whole(3);
    expect(merge.code, merge.said).toBe(0);
    for (const { said } of shards) expect(builtIn(said).length, said).toBeGreaterThan(0);
    expect(digests(run.merged(), published)).toEqual(single);
  });
});

describe('a package that asks in its build root for what it needs', () => {
  /** `asker` asks for `first`, and then for what `first` asks for. */
  const asking = (section: string) => {
    const { asker } = building('asker', 'cat %{_datadir}/second-random > random');
    const spec = asker?.spec.replace('%build\n', `%prep\n%generate_buildrequires\n${section}\n%build\n`);
    return {
      asker: { spec: spec as string },
      ...building('first', 'echo "second >= 1" > random'),
      ...building('second', 'echo made > random'),
    };
  };
  const section = 'echo first\ntest ! -e %{_datadir}/first-random || cat %{_datadir}/first-random';

  it('is maybe in the plan, and built by three shards to the bytes of one', async () => {
    const one = await runOf(asking(section));
    const { plan, merge } = await one.whole(1);
    expect(plan.said).toMatch(/maybe {2}asker: decided by what its %generate_buildrequires names/);
    expect(merge.code, merge.said).toBe(0);
    expect(statesOf(one.merged())).toEqual({ asker: 'built', first: 'built', second: 'built' });
    const three = await runOf(asking(section));
    const { shards, merge: merged } = await three.whole(3);
    expect(merged.code, merged.said).toBe(0);
    expect(shards.flatMap(({ said }) => builtIn(said)).sort()).toEqual(['asker', 'first', 'second']);
    expect(digests(three.merged(), published)).toEqual(digests(one.merged(), published));
  });

  it('fails where nothing provides it, at the line of the section', async () => {
    const run = await runOf(asking('echo "nowhere >= 2"'));
    const { merge } = await run.whole(1);
    expect(merge.code).toBe(1);
    expect(statesOf(run.merged())).toEqual({ asker: 'failed', first: 'built', second: 'built' });
    expect(merge.said).toMatch(
      /asker\.spec:10: %25generate_buildrequires names 'nowhere >= 2', which is provided by nothing/,
    );
  });
});

describe('a package that fails', () => {
  it('stops what needs it and nothing else, and is shown with its log’s decisive lines', async () => {
    const run = await runOf({
      ...building('broken', 'echo before; echo error: this is why >&2; false'),
      ...building('needs-it', 'true', 'BuildRequires: broken'),
      ...building('fine', 'true'),
    });
    const { shards, merge } = await run.whole(2);
    for (const one of shards) expect(one.code, one.said).toBe(0);
    expect(shards.filter(({ said }) => said.includes('broken: building')).length).toBe(1);
    expect(merge.code).toBe(1);
    expect(merge.said).toContain('✗ broken: %build failed');
    expect(merge.said).toContain('error: this is why');
    expect(statesOf(run.merged())).toEqual({ broken: 'failed', 'needs-it': 'blocked', fine: 'built' });
    expect(readdirSync(join(run.merged(), 'out/RPMS/x86_64'))).toEqual(['fine-1-1.x86_64.rpm']);
  });

  it('is built again in the next attempt, by merge alone, and what was built is not', async () => {
    const run = await runOf({
      ...building('broken', 'test -e /usr/share/never'),
      ...building('fine', 'true'),
    });
    const { merge } = await run.whole(2);
    expect(merge.code).toBe(1);
    const again = await run.merge(2);
    expect(again.code).toBe(1);
    expect(builtIn(again.said)).toEqual([]);
    expect(again.said).toContain('broken: building');
    expect(statesOf(run.merged(2))).toEqual({ broken: 'failed', fine: 'built' });
  });

  it('because it hangs is ended when the job has no more time, and says so', async () => {
    const run = await runOf({ ...building('hangs', 'sleep 1000'), ...building('fine', 'true') });
    await run.plan(1);
    const shard = await run.shard(1, 1, { 'time-budget': '1' }).ended;
    expect(shard.code, shard.said).toBe(0);
    const merge = await run.merge();
    expect(merge.said).toContain('✗ hangs: its build did not end in the time that the job had left');
    expect(statesOf(run.merged())).toEqual({ hangs: 'failed', fine: 'built' });
  });

  it('in a check that merge has no time for is said, and what was built is published', async () => {
    const checked = (name: string) =>
      Object.entries(building(name, 'true')).map(([key, { spec }]) => [
        key,
        { spec: spec.replace('%files', '%check\nsleep 6\n%files') },
      ]);
    const run = await runOf(Object.fromEntries([...checked('one'), ...checked('two')]));
    await run.plan(1);
    await run.shard(1).ended;
    // Any build is given a minute: so much is left of this for a moment.
    const inputs = { 'run-check': 'y', 'time-budget': '1', 'concurrent-package-builds': '1' };
    const merge = await run.merge(1, inputs);
    expect(merge.code, merge.said).toBe(1);
    expect(merge.said).toMatch(/two: its %check was not reached: the job has no more time \(time-budget\)/);
    expect(readdirSync(join(run.merged(), 'out/RPMS/x86_64'))).toHaveLength(2);
  });

  it('because it would take longer than a whole shard has says so, with a hint', async () => {
    const run = await runOf(building('long', 'true'));
    await run.plan(1);
    const plan = join(run.dir, 'plan/plan.json');
    writeFileSync(plan, readFileSync(plan, 'utf8').replace('"seconds": null', '"seconds": 7200'));
    await run.shard(1, 1, { 'time-budget': '60' }).ended;
    const merge = await run.merge();
    expect(merge.said).toContain(
      '✗ long: it is expected to take 120 minutes, and a shard has 60 (time-budget)',
    );
  });
});

describe('a re-run', () => {
  it('of failed jobs: merge takes what the first attempt left, and builds the rest', async () => {
    // It comes last and takes longer than the first results wait to be published.
    const late = building('late', 'sleep 6', 'BuildRequires: gamma');
    const run = await runOf({ ...tinyPackages(), ...late });
    await run.plan(3);
    const only = run.shard(1);
    await expect
      // Whole, not under way.
      .poll(() => items(run).some((name) => /^azl-heartbeat-1-1-[1-9]\d*-\d+$/.test(name)), {
        timeout: 60_000,
      })
      .toBe(true);
    kill(only);
    await only.ended;
    const first = await run.merge(1);
    expect(first.code).toBe(1);
    expect(Number(first.outputs['left'])).toBeGreaterThan(0);
    const second = await run.merge(2);
    expect(second.code, second.said).toBe(0);
    expect(builtIn(second.said)).toContain('late');
    expect(builtIn(second.said).length, second.said).toBeLessThan(6);
    const rpms = Object.entries(alone()).filter(([path]) => path.endsWith('.rpm'));
    expect(digests(run.merged(2), published)).toMatchObject(Object.fromEntries(rpms));
  });
});
