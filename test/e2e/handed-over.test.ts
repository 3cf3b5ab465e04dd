import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BuildJson } from '../../src/shared/report/build-json.ts';
import type { Heartbeat } from '../../src/shared/shards/protocol/heartbeat.ts';
import { compactAt } from '../../src/shared/shards/scheduler/settings.ts';
import { items, madeUpRuns, published } from '../support/made-up-runs.ts';
import type { SharedRun } from '../support/shards.ts';
import { building, tinyPackages } from '../support/tiny-distro.ts';
import { digests, statesOf } from '../support/workspace.ts';

const { alone, runOf } = madeUpRuns();

describe('what other jobs hand over', () => {
  /** A run in which shard 1 built everything, and its last sign. */
  async function finished(packages = tinyPackages()) {
    const run = await runOf(packages);
    await run.plan(2);
    await run.shard(1).ended;
    const name = items(run).find((one) => one.startsWith('azl-heartbeat-')) as string;
    const file = join(run.dir, 'exchange/artifacts', name, 'files/heartbeat.json');
    return { run, file, heartbeat: JSON.parse(readFileSync(file, 'utf8')) as Heartbeat };
  }
  const artifactOf = (run: SharedRun, heartbeat: Pick<Heartbeat, 'reports'>, name: string) => {
    const reports = heartbeat.reports.find((one) => one.package === name);
    const key = reports?.key as string;
    return join(run.dir, 'exchange/artifacts', reports?.artifact as string, 'files', key.slice(0, 2), key);
  };

  it('does not count when its bytes are not those of its manifest: it is left, so the run is red', async () => {
    const { run, heartbeat } = await finished();
    const folder = artifactOf(run, heartbeat, 'delta');
    const [rpm] = readdirSync(folder).filter((file) => !file.endsWith('.src.rpm'));
    writeFileSync(join(folder, rpm as string), 'forged');
    const merge = await run.merge();
    expect(merge.code).toBe(1);
    expect(merge.said).toMatch(/the stored result of delta .* is damaged/);
    expect(statesOf(run.merged())).toMatchObject({ alpha: 'built', delta: 'left' });
    expect(readdirSync(join(run.merged(), 'out/RPMS/x86_64')).join()).not.toContain('delta');
  });

  it('is built again by the next attempt when it is gone', async () => {
    const { run, heartbeat } = await finished();
    rmSync(artifactOf(run, heartbeat, 'alpha'), { recursive: true });
    expect((await run.merge()).code).toBe(1);
    const second = await run.merge(2);
    expect(second.code, second.said).toBe(0);
    expect(digests(run.merged(2), published)).toEqual(alone());
  });

  it('is built again in the middle of a run when its bytes are not those of its manifest', async () => {
    const { run, file, heartbeat } = await finished();
    const folder = artifactOf(run, heartbeat, 'alpha');
    for (const rpm of readdirSync(folder)) writeFileSync(join(folder, rpm), 'forged');
    // What was built on it was never reported: another shard has to build it.
    heartbeat.reports = heartbeat.reports.filter((one) => ['tiny-macros', 'alpha'].includes(one.package));
    writeFileSync(file, JSON.stringify(heartbeat));
    const shard = await run.shard(2).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(shard.said).toMatch(/the stored result of alpha .* is damaged: .* It is built again/);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone());
  });

  it('is built again when its own shard finds it damaged as it publishes it once more, with others', async () => {
    const run = await runOf({
      ...building('first', 'true'),
      // Long enough for the first to be published alone.
      ...building('second', 'sleep 4'),
      ...building('third', 'sleep 15'),
    });
    await run.plan(1);
    const shard = run.shard(1);
    const reports = () => {
      const name = items(run).findLast((one) => one.startsWith('azl-heartbeat-')) as string;
      const file = join(run.dir, 'exchange/artifacts', name, 'files/heartbeat.json');
      return (JSON.parse(readFileSync(file, 'utf8')) as Heartbeat).reports;
    };
    await expect.poll(() => reports().length, { timeout: 60_000 }).toBe(2);
    // Its own copy is damaged, and so is the one that it published.
    const { key } = reports().find((one) => one.package === 'first') as Heartbeat['reports'][number] & {
      key: string;
    };
    const own = join(run.dir, 'jobs/shard-1-1/build/cache/store/results', key.slice(0, 2), key);
    writeFileSync(join(own, 'result.json'), 'forged');
    const shared = artifactOf(run, { reports: reports() }, 'first');
    for (const file of readdirSync(shared)) writeFileSync(join(shared, file), 'forged');
    for (let at = 0; at < compactAt; at++) {
      const other = join(run.dir, 'exchange/artifacts', `azl-other-${at}`);
      mkdirSync(join(other, 'files'), { recursive: true });
      writeFileSync(join(other, 'id'), '0');
    }
    const { code, said } = await shard.ended;
    expect(code, said).toBe(0);
    expect(said).toMatch(/the stored result of first .* is damaged.* It is built again/);
    expect(said).not.toContain('Tried again');
    expect(said.match(/^first: built in/gm)).toHaveLength(2);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(statesOf(run.merged())).toEqual({ first: 'built', second: 'built', third: 'built' });
  });

  it('is no way out: a link, or a name that is a path', async () => {
    const { run, file, heartbeat } = await finished();
    const folder = artifactOf(run, heartbeat, 'delta');
    const [rpm] = readdirSync(folder).filter((one) => !one.endsWith('.src.rpm')) as [string];
    rmSync(join(folder, rpm));
    symlinkSync('/etc/hostname', join(folder, rpm));
    const first = await run.merge();
    expect(first.said).toContain('is no plain file');
    expect(first.code).toBe(1);
    const reports = heartbeat.reports.find((one) => one.package === 'alpha');
    Object.assign(reports?.result?.srpm as object, { file: '../../../../escaped.rpm' });
    writeFileSync(file, JSON.stringify(heartbeat));
    const second = await run.merge();
    expect(second.code).toBe(1);
    expect(second.said).toContain('srpm.file: This is "../../../../escaped.rpm", but expected');
  });

  it('is refused from another worker, another tree or another commit', async () => {
    const run = await runOf(tinyPackages());
    await run.plan(2);
    const plan = join(run.dir, 'plan/plan.json');
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, text.replace(/"workerDigest": "\w+"/, `"workerDigest": "${'0'.repeat(64)}"`));
    expect((await run.shard(1).ended).said).toContain('The plan was made for the worker 0000');
    writeFileSync(plan, text.replace('"name": "alpha"', '"name": "omega"'));
    expect((await run.shard(1).ended).said).toContain('another tree or other packages: alpha, omega');
    writeFileSync(plan, text);
    appendFileSync(join(run.dir, 'SPECS/delta/delta.spec'), '\n# changed\n');
    expect((await run.shard(1).ended).said).toContain('finds another key for delta than the plan');
  });
});

it('a package that is not reproducible: the result whose artifact came first counts, and what was built on another is built again', async () => {
  const packages = {
    ...building('dice', 'head -c 16 /dev/urandom | od -An -tx1 > random'),
    ...building('player', 'cat %{_datadir}/dice-random > random', 'BuildRequires: dice'),
  };
  const run = await runOf(packages);
  await run.plan(2);
  // Two runs that know nothing of each other, then brought together as if the one had published late.
  const other = await runOf(packages);
  await other.plan(2);
  await run.shard(1).ended;
  await other.shard(2).ended;
  cpSync(join(other.dir, 'exchange/artifacts'), join(run.dir, 'exchange/artifacts'), { recursive: true });
  const merge = await run.merge(2);
  expect(merge.code, merge.said).toBe(0);
  const words =
    /dice is not reproducible: builds of one key differ in dice\. That of shard \d+ \((azl-result-\S+)\) came first and counts, that of shard \d+ \((azl-result-\S+)\) does not\./;
  expect(merge.said).toMatch(words);
  expect(merge.summary).toMatch(words);
  expect(merge.summary).toContain('was built again: player.');
  const { packages: reports } = JSON.parse(
    readFileSync(join(run.merged(2), 'out/build.json'), 'utf8'),
  ) as BuildJson;
  const [, counts, dropped] = words.exec(merge.said) as RegExpExecArray;
  expect(reports.find(({ name }) => name === 'dice')?.nonReproducible).toMatchObject({
    rpms: ['dice'],
    counts: { artifact: counts },
    others: [{ artifact: dropped }],
  });
  expect(reports.find(({ name }) => name === 'player')?.builtAgain).toBe(true);
  expect(statesOf(run.merged(2))).toEqual({ dice: 'built', player: 'built' });
});

/** Ends the program of a build that runs with these words, as a runner's trouble would. */
async function endProgram(words: readonly string[]): Promise<void> {
  for (;;) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      let command = '';
      try {
        command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // It has ended.
      }
      if (command === `${words.join('\0')}\0`) return void process.kill(Number(pid), 'SIGKILL');
    }
    await setTimeout(100);
  }
}

it('a package that one shard failed and another built is built, and merge says which shard had trouble', async () => {
  const packages = {
    ...building('slow', 'sleep 17.25'),
    ...building('user', 'true', 'BuildRequires: slow'),
  };
  const run = await runOf(packages);
  await run.plan(2);
  // Two runs that know nothing of each other, then brought together as if one had published late.
  const other = await runOf(packages);
  await other.plan(2);
  const failing = run.shard(1);
  await endProgram(['sleep', '17.25']);
  expect((await failing.ended).said).toContain('Shard 1: 0 built, 1 failed.');
  await other.shard(2).ended;
  cpSync(join(other.dir, 'exchange/artifacts'), join(run.dir, 'exchange/artifacts'), { recursive: true });
  const merge = await run.merge();
  expect(merge.code, merge.said).toBe(0);
  expect(merge.said).toContain('::warning::slow was built by shard 2; it failed on shard 1: %25build failed');
  expect(statesOf(run.merged())).toEqual({ slow: 'built', user: 'built' });
});
