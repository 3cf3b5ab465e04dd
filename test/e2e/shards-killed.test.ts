import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTool } from '../../src/shared/host/process.ts';
import { seeded } from '../support/edits.ts';
import { builtIn, items, kill, madeUpRuns, published } from '../support/made-up-runs.ts';
import { building, tinyPackages } from '../support/tiny-distro.ts';
import { digests, statesOf } from '../support/workspace.ts';

const { alone, runOf } = madeUpRuns();

describe('a shard that is killed', () => {
  const random = seeded(20_261_125);
  const moments = Array.from({ length: 4 }, (_, at) => ({ at, pause: Math.round(random() * 3500) }));

  it.each(moments)('after $pause ms costs nothing but time', async ({ pause }) => {
    const run = await runOf(tinyPackages());
    await run.plan(3);
    const victim = run.shard(1);
    const others = [2, 3].map((id) => run.shard(id).ended);
    await new Promise((resolve) => setTimeout(resolve, pause));
    kill(victim);
    await Promise.all([victim.ended, ...others]);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
  });

  it('may be any but one', async () => {
    const run = await runOf(tinyPackages());
    await run.plan(3);
    const victims = [1, 2].map((id) => run.shard(id));
    const last = run.shard(3).ended;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const victim of victims) kill(victim);
    expect((await last).code).toBe(0);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
  });

  it('is not: a package that fills its disk has failed, and the others are built', async () => {
    const fill = 'head -c 60000000 /dev/zero > big; echo built';
    const run = await runOf({ ...building('big', fill), ...building('fine', 'true') });
    await run.plan(2);
    const small = await run.shard(1, 1, { 'cache-dir': '../cache' }, 40).ended;
    expect(small.code, small.said).toBe(0);
    expect(small.said).toMatch(
      /big: (?:.* wrote to the disk until only .* were free|it filled the disk: without its files)/,
    );
    const other = await run.shard(2).ended;
    expect(builtIn(other.said)).toEqual([]);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(1);
    expect(statesOf(run.merged())).toEqual({ big: 'failed', fine: 'built' });
  });

  it('by its disk, which others filled, still ends what it builds: it shows that it lives, and publishes that', async () => {
    // When the disk is full, the other is in its sleep and writes nothing.
    const more = 'sleep 10; head -c 20000000 /dev/zero > big; echo built';
    const run = await runOf({ ...building('big', more), ...building('slow', 'sleep 25') });
    await run.plan(2);
    const two = { 'cache-dir': '../cache', 'concurrent-package-builds': '2' };
    const small = run.shard(1, 1, two, 60);
    await expect.poll(() => items(run), { timeout: 60_000 }).toContain('azl-claim-1-slow-0');
    const build = `/proc/${small.child.pid}/root${join(run.dir, 'jobs/shard-1-1/build')}`;
    const logs = ['big', 'slow'].map((name) => join(build, `logs/${name}.log`));
    const areBuilding = () =>
      logs.every((log) => existsSync(log) && readFileSync(log, 'utf8').includes('+ sleep'));
    await expect.poll(areBuilding, { timeout: 60_000 }).toBe(true);
    const { bavail, bsize } = statfsSync(build);
    // Less than what always stays, an eighth, and enough for the end of the other build.
    const size = String(bavail * bsize - 6_000_000);
    const filler = ['sh', '-c', 'head -c "$2" /dev/zero > "$1"', 'sh', join(build, 'filler'), size];
    await runTool(filler, { root: true });
    const other = run.shard(2).ended;
    const { code, said } = await small.ended;
    expect(code, said).toBe(1);
    expect(said).toContain('The disk is full');
    expect(builtIn(said)).toEqual(['slow']);
    expect(builtIn((await other).said)).toEqual(['big']);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(statesOf(run.merged())).toEqual({ big: 'built', slow: 'built' });
  });

  it('by each of three builds of a package makes that package fail, and no other', async () => {
    const run = await runOf({ ...building('killer', 'sleep 600'), ...building('fine', 'true') });
    await run.plan(4);
    for (let id = 1; id <= 3; id++) {
      const victim = run.shard(id);
      await expect
        .poll(() => items(run).some((name) => name === `azl-claim-1-killer-${id - 1}`), { timeout: 60_000 })
        .toBe(true);
      await expect
        .poll(() => existsSync(join(run.dir, `jobs/shard-1-${id}/build/logs/killer.log`)), {
          timeout: 60_000,
        })
        .toBe(true);
      kill(victim);
      await victim.ended;
    }
    const last = await run.shard(4).ended;
    expect(last.code, last.said).toBe(0);
    const merge = await run.merge();
    expect(merge.code).toBe(1);
    expect(merge.said).toContain('✗ killer: 3 shards that built it sent no heartbeat any more');
    expect(statesOf(run.merged())).toEqual({ killer: 'failed', fine: 'built' });
  });
});
