import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../../scripts/build-dist.ts';
import type { Alive } from '../../src/shared/exchange/alive.ts';
import { type Fault, type Services, startServices } from '../services/server.ts';
import { runBundle } from '../support/bundle.ts';
import { seeded } from '../support/edits.ts';
import { SharedRun } from '../support/shards.ts';
import { building, type TinyPackage, tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { digests, leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const published = ['out/RPMS', 'out/SRPMS'];
const workspaces: string[] = [];
let toolchainDir: string;
/** What one job makes of the made-up tree. */
let alone: Record<string, string>;

beforeAll(async () => {
  toolchainDir = (await testWorker()).dir;
  const dir = workspace();
  await writeTree(join(dir, 'SPECS'), tinyPackages());
  const run = await runBundle('build-packages', { 'toolchain-dir': toolchainDir }, dir);
  expect(run.code, run.said).toBe(0);
  alone = digests(dir, published);
});
afterAll(async () => {
  for (const dir of workspaces) await removeWorkspace(dir);
});

function workspace(): string {
  const dir = newWorkspace();
  workspaces.push(dir);
  return dir;
}

async function runOf(packages: Record<string, TinyPackage>): Promise<SharedRun> {
  const dir = workspace();
  await writeTree(join(dir, 'SPECS'), packages);
  return new SharedRun(dir, { 'toolchain-dir': toolchainDir });
}

/** Ends a job and all that it started, unless it has ended. */
const kill = ({ child }: { child: { pid?: number | undefined } }) => {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const items = (run: SharedRun) => readdirSync(join(run.dir, 'exchange/items')).sort();
const built = (said: string) => [...said.matchAll(/^(\S+): built in/gm)].map(([, name]) => name as string);

describe('three shards of a run', () => {
  it('build each package once, and merge makes of it what one job would', async () => {
    const run = await runOf(tinyPackages());
    const { plan, shards, merge } = await run.whole(3);
    expect(plan.code, plan.said).toBe(0);
    expect(JSON.parse(plan.outputs['matrix'] as string).shard.length).toBeGreaterThan(2);
    for (const one of shards) expect(one.code, one.said).toBe(0);
    const all = shards.flatMap(({ said }) => built(said));
    expect(all.sort()).toEqual(['alpha', 'beta', 'delta', 'gamma', 'tiny-macros']);
    expect(merge.code, merge.said).toBe(0);
    expect(merge.outputs).toMatchObject({ built: '5', left: '0' });
    expect(digests(run.merged(), published)).toEqual(alone);
    expect(items(run)).toEqual([]);
    expect(leftBehind(run.dir)).toEqual([]);
  });

  it('make of the example distribution what one job made', async () => {
    const single = digests(repository, published);
    expect(Object.keys(single).length, 'this compares with what `make image` left in out/').toBeGreaterThan(
      40,
    );
    const dir = workspace();
    cpSync(join(repository, 'examples/distro'), dir, { recursive: true });
    const sources = join(toolchainDir, '../sources');
    mkdirSync(join(dir, 'build/cache'), { recursive: true });
    if (existsSync(sources)) cpSync(sources, join(dir, 'build/cache/sources'), { recursive: true });
    const run = new SharedRun(dir, { 'toolchain-dir': toolchainDir });
    const { shards, merge } = await run.whole(3);
    expect(merge.code, merge.said).toBe(0);
    for (const { said } of shards) expect(built(said).length, said).toBeGreaterThan(0);
    expect(digests(run.merged(), published)).toEqual(single);
  });
});

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
    expect(digests(run.merged(), published)).toEqual(alone);
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
    expect(digests(run.merged(), published)).toEqual(alone);
  });

  it('by its disk, which is full, says so and ends; another builds what it could not', async () => {
    const fill = 'head -c 60000000 /dev/zero > big; echo built';
    const run = await runOf({ ...building('big', fill), ...building('fine', 'true') });
    await run.plan(2);
    const small = await run.shard(1, 1, { 'cache-dir': '../cache' }, 40).ended;
    expect(small.code, small.said).toBe(1);
    expect(small.said).toContain('The disk is full');
    const other = await run.shard(2).ended;
    expect(other.code, other.said).toBe(0);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(statesOf(run.merged())).toEqual({ big: 'built', fine: 'built' });
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
    expect(merge.said).toContain('✗ killer: 3 shards that built it gave no sign of life any more');
    expect(statesOf(run.merged())).toEqual({ killer: 'failed', fine: 'built' });
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
    expect(built(again.said)).toEqual([]);
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

  it('because it would take longer than a whole shard has says so, and how to mend it', async () => {
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
    const run = await runOf(tinyPackages());
    await run.plan(3);
    const only = run.shard(1);
    await expect
      .poll(() => items(run).some((name) => /^azl-alive-1-1-[1-9]/.test(name)), { timeout: 60_000 })
      .toBe(true);
    kill(only);
    await only.ended;
    const first = await run.merge(1);
    expect(first.code).toBe(1);
    expect(Number(first.outputs['left'])).toBeGreaterThan(0);
    const second = await run.merge(2);
    expect(second.code, second.said).toBe(0);
    expect(built(second.said).length).toBeLessThan(5);
    expect(digests(run.merged(2), published)).toEqual(alone);
  });

  it('of all jobs starts with nothing', async () => {
    const run = await runOf(tinyPackages());
    await run.plan(2);
    await run.shard(1).ended;
    rmSync(join(run.dir, 'exchange'), { recursive: true });
    await run.shard(1, 2).ended;
    const merge = await run.merge(2);
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(2), published)).toEqual(alone);
  });
});

describe('what other jobs hand over', () => {
  /** A run in which shard 1 built everything, and its last sign. */
  async function finished(packages = tinyPackages()) {
    const run = await runOf(packages);
    await run.plan(2);
    await run.shard(1).ended;
    const name = items(run).find((one) => one.startsWith('azl-alive-')) as string;
    const file = join(run.dir, 'exchange/items', name, 'files/alive.json');
    return { run, file, alive: JSON.parse(readFileSync(file, 'utf8')) as Alive };
  }
  const artifactOf = (run: SharedRun, alive: Alive, name: string) => {
    const told = alive.told.find((one) => one.package === name);
    const key = told?.key as string;
    return join(run.dir, 'exchange/items', told?.artifact as string, 'files', key.slice(0, 2), key);
  };

  it('does not count when its bytes are not those of its manifest: it is left, so the run is red', async () => {
    const { run, alive } = await finished();
    const folder = artifactOf(run, alive, 'delta');
    const [rpm] = readdirSync(folder).filter((file) => !file.endsWith('.src.rpm'));
    writeFileSync(join(folder, rpm as string), 'forged');
    const merge = await run.merge();
    expect(merge.code).toBe(1);
    expect(merge.said).toMatch(/the stored result of delta .* is damaged/);
    expect(statesOf(run.merged())).toMatchObject({ alpha: 'built', delta: 'left' });
    expect(readdirSync(join(run.merged(), 'out/RPMS/x86_64')).join()).not.toContain('delta');
  });

  it('is built again by the next attempt when it is gone', async () => {
    const { run, alive } = await finished();
    rmSync(artifactOf(run, alive, 'alpha'), { recursive: true });
    expect((await run.merge()).code).toBe(1);
    const second = await run.merge(2);
    expect(second.code, second.said).toBe(0);
    expect(digests(run.merged(2), published)).toEqual(alone);
  });

  it('is built again in the middle of a run when its bytes are not those of its manifest', async () => {
    const { run, file, alive } = await finished();
    const folder = artifactOf(run, alive, 'alpha');
    for (const rpm of readdirSync(folder)) writeFileSync(join(folder, rpm), 'forged');
    // What was built on it was never told: another shard has to build it.
    alive.told = alive.told.filter((one) => ['tiny-macros', 'alpha'].includes(one.package));
    writeFileSync(file, JSON.stringify(alive));
    const shard = await run.shard(2).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(shard.said).toMatch(/the stored result of alpha .* is damaged: .* It is built again/);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone);
  });

  it('is no way out: a link, or a name that is a path', async () => {
    const { run, file, alive } = await finished();
    const folder = artifactOf(run, alive, 'delta');
    const [rpm] = readdirSync(folder).filter((one) => !one.endsWith('.src.rpm')) as [string];
    rmSync(join(folder, rpm));
    symlinkSync('/etc/hostname', join(folder, rpm));
    const first = await run.merge();
    expect(first.said).toContain('is no plain file');
    expect(first.code).toBe(1);
    const told = alive.told.find((one) => one.package === 'alpha');
    Object.assign(told?.result?.srpm as object, { file: '../../../../escaped.rpm' });
    writeFileSync(file, JSON.stringify(alive));
    const second = await run.merge();
    expect(second.code).toBe(1);
    expect(second.said).toContain('is left out: its \'file\' is "../../../../escaped.rpm"');
  });

  it('is refused from another worker, another tree or another commit', async () => {
    const run = await runOf(tinyPackages());
    await run.plan(2);
    const plan = join(run.dir, 'plan/plan.json');
    const text = readFileSync(plan, 'utf8');
    writeFileSync(plan, text.replace(/"workerDigest": "\w+"/, '"workerDigest": "another"'));
    expect((await run.shard(1).ended).said).toContain('The plan was made for the worker another');
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
  cpSync(join(other.dir, 'exchange/items'), join(run.dir, 'exchange/items'), { recursive: true });
  const merge = await run.merge(2);
  expect(merge.code, merge.said).toBe(0);
  expect(merge.said).toContain('dice is not reproducible');
  expect(statesOf(run.merged(2))).toEqual({ dice: 'built', player: 'built' });
});

describe('over the artifacts of a workflow run', () => {
  let services: Services;
  beforeAll(async () => {
    services = await startServices();
  });
  afterAll(async () => {
    await services.close();
  });

  async function runThere(packages = tinyPackages()): Promise<SharedRun> {
    const dir = workspace();
    await writeTree(join(dir, 'SPECS'), packages);
    return new SharedRun(dir, { 'toolchain-dir': toolchainDir }, services);
  }

  it('three shards make what one job makes, and merge leaves the plan alone', async () => {
    const run = await runThere();
    const { plan, shards, merge } = await run.whole(3);
    expect(plan.outputs['plan']).toBe('azl-plan-1');
    for (const one of shards) expect(one.code, one.said).toBe(0);
    expect(merge.code, merge.said).toBe(0);
    expect(shards.flatMap(({ said }) => built(said)).sort()).toHaveLength(5);
    expect(digests(run.merged(), published)).toEqual(alone);
    expect(services.artifacts.names(run.run).sort()).toEqual(['azl-plan-1', 'azl-rpms-x86_64', 'azl-srpms']);
    for (const { said } of [...shards, merge]) {
      expect(said.replace(/^::add-mask::.*$/gm, '')).not.toContain('signature');
      expect(said).not.toContain('Found 1 artifact');
    }
  });

  it('the toolchain goes from the plan’s job to the others, which make none', async () => {
    const dir = workspace();
    await writeTree(join(dir, 'SPECS'), tinyPackages());
    const run = new SharedRun(dir, { 'toolchain-dir': toolchainDir }, services);
    const plan = await run.plan(1, { 'share-toolchain': 'y' });
    expect(plan.outputs['toolchain']).toBe('azl-toolchain-1');
    const shared = { 'toolchain-dir': '', toolchain: 'azl-toolchain-1' };
    const shard = await run.shard(1, 1, shared).ended;
    expect(shard.code, shard.said).toBe(0);
    expect(shard.said).not.toContain('Converting');
    const merge = await run.merge(1, shared);
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone);
  });

  it('a killed shard costs nothing but time, also in the middle of an upload', async () => {
    const run = await runThere();
    await run.plan(2);
    services.fail({ call: 'PUT blob', times: 1, delay: 4000 });
    const victim = run.shard(1);
    await expect.poll(() => services.calls.get('PUT blob') ?? 0, { timeout: 60_000 }).toBeGreaterThan(1);
    kill(victim);
    const other = await run.shard(2).ended;
    expect(other.code, other.said).toBe(0);
    const merge = await run.merge();
    expect(merge.code, merge.said).toBe(0);
    expect(digests(run.merged(), published)).toEqual(alone);
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
    expect(digests(run.merged(), published)).toEqual(alone);
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
    expect(shard.said).not.toContain('a fault of azl itself');
  });
});
