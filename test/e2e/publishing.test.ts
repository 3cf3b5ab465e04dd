import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchArtifact } from '../../src/shared/github/artifacts/fetch.ts';
import type { BuildJson } from '../../src/shared/report/build-json.ts';
import { type Services, startServices } from '../services/server.ts';
import { type Inputs, runBundle, startBundle } from '../support/bundle.ts';
import { SharedRun } from '../support/shards.ts';
import { tinyPackages, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { digests, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

const workspaces: string[] = [];
const before = { ...process.env };
let services: Services;
let toolchainDir: string;

beforeAll(async () => {
  services = await startServices();
  toolchainDir = (await testWorker()).dir;
});
afterAll(async () => {
  process.env = before;
  await services.close();
  for (const dir of workspaces) await removeWorkspace(dir);
});

/** A package whose `%build` runs these lines. */
const building = (name: string, lines: string, files = '') => ({
  [name]: {
    spec: `Summary: x
Name: ${name}
Version: 1
Release: 1
License: MIT
%description
x
%build
${lines}
%files
${files}
`,
  },
});
/** A package of ten megabytes, half of them for people who look for faults. */
const large = (name: string) => {
  const half = (file: string) => `head -c 5000000 /dev/urandom > %{buildroot}/usr/share/${file}`;
  const { [name]: plain } = building(
    name,
    `true\n%install\nmkdir -p %{buildroot}/usr/share\n${half(name)}\n${half(`${name}.debug`)}`,
    `/usr/share/${name}`,
  );
  const more = `%package debuginfo\nSummary: x\n%description debuginfo\nx\n%files debuginfo\n/usr/share/${name}.debug\n`;
  return { [name]: { spec: `${plain?.spec}${more}` } };
};
/** The RPMs among files, with their digests. */
const rpmsOf = (files: Record<string, string>) =>
  Object.entries(files).flatMap(([path, digest]) =>
    path.endsWith('.rpm') ? [`${path.replace(/^.*\//, '')} ${digest}`] : [],
  );
const broken = building('broken', 'echo error: this is why >&2; false');

async function runThere(packages = tinyPackages()): Promise<SharedRun> {
  const dir = newWorkspace();
  workspaces.push(dir);
  await writeTree(join(dir, 'SPECS'), packages);
  return new SharedRun(dir, { 'toolchain-dir': toolchainDir }, services);
}

/** The files of an artifact of a run, by path, with their digests. */
async function filesOf(run: SharedRun, name: string): Promise<Record<string, string>> {
  Object.assign(process.env, services.environment(run.run, 'reader'));
  const dir = newWorkspace();
  workspaces.push(dir);
  expect(await fetchArtifact(name, join(dir, 'got')), name).toBe(true);
  return digests(join(dir, 'got'), ['.']);
}

const names = (run: SharedRun) => services.artifacts.names(run.run).sort();
const packagesOf = (dir: string) =>
  (JSON.parse(readFileSync(join(dir, 'out/build.json'), 'utf8')) as BuildJson).packages;

describe('merge in a workflow run', () => {
  it('publishes the repository and the SRPMs, and removes what the jobs exchanged', async () => {
    const run = await runThere();
    const { merge } = await run.whole(2);
    expect(merge.code, merge.said).toBe(0);
    expect(merge.outputs).toMatchObject({
      'rpms-artifact': 'azl-rpms-x86_64',
      'srpms-artifact': 'azl-srpms',
    });
    expect(names(run)).toEqual(['azl-plan-1', 'azl-rpms-x86_64', 'azl-srpms']);
    const published = await filesOf(run, 'azl-rpms-x86_64');
    expect(published).toEqual(digests(join(run.merged(), 'out/RPMS'), ['.']));
    expect(Object.keys(published)).toContain('repodata/repomd.xml');
    expect(await filesOf(run, 'azl-srpms')).toEqual(digests(join(run.merged(), 'out/SRPMS'), ['.']));
    expect(merge.summary).toContain('Artifacts: `azl-rpms-x86_64`, `azl-srpms`');
    expect(merge.summary).toContain('#### Time line');
    expect(merge.summary).toMatch(/^shard 1 .*█/m);
    expect(merge.summary).toMatch(/times the least that is possible/);
  });

  it('tells where the log of a failure of another job is, on which line, and publishes what was built', async () => {
    const run = await runThere({ ...tinyPackages(), ...broken });
    const { shards, merge } = await run.whole(1);
    expect(shards[0]?.code, shards[0]?.said).toBe(0);
    expect(shards[0]?.said).toContain('::error file=SPECS/broken/broken.spec,line=8::');
    expect(shards[0]?.summary).toMatch(/^#### ✗ broken \S+: %build failed/m);
    expect(merge.code).toBe(1);
    expect(merge.said).toContain('log: broken.log in the artifact azl-logs-1-1');
    expect(merge.summary).toContain('Its log: `broken.log` in the artifact `azl-logs-1-1`');
    expect(packagesOf(run.merged()).find(({ name }) => name === 'broken')?.logArtifact).toBe('azl-logs-1-1');
    expect(Object.keys(await filesOf(run, 'azl-logs-1-1'))).toEqual(['broken.log']);
    expect(names(run)).toContain('azl-rpms-x86_64');
    // What was built is kept for the next attempt.
    expect(names(run).some((name) => name.startsWith('azl-result-'))).toBe(true);
    const again = await run.merge(2);
    expect(again.code).toBe(1);
    expect(packagesOf(run.merged(2)).find(({ name }) => name === 'broken')?.logArtifact).toBe(
      'azl-logs-2-job',
    );
    expect(names(run).filter((name) => name === 'azl-rpms-x86_64')).toHaveLength(1);
  });

  it('with repository-content: built holds what the run built and nothing else', async () => {
    const run = await runThere();
    const cache = join(run.dir, 'cache');
    const inputs = { 'toolchain-dir': toolchainDir, 'cache-dir': cache };
    expect((await runBundle('build-packages', inputs, run.dir)).code).toBe(0);
    appendFileSync(join(run.dir, 'SPECS/delta/delta.spec'), '\n# changed\n');
    const plan = await run.plan(1, { 'cache-dir': cache });
    expect(plan.code, plan.said).toBe(0);
    await run.shard(1, 1, { 'cache-dir': cache }).ended;
    const merge = await run.merge(1, {
      ...{ 'cache-dir': cache, 'repository-content': 'built', 'retention-days': '5' },
    });
    expect(merge.code, merge.said).toBe(0);
    expect(merge.outputs).toMatchObject({ built: '1', reused: '4', failed: '0' });
    const rpms = Object.keys(await filesOf(run, 'azl-rpms-x86_64')).filter((path) => path.endsWith('.rpm'));
    expect(rpms.length).toBeGreaterThan(0);
    for (const path of rpms) expect(path).toContain('/delta-');
    expect(Object.keys(await filesOf(run, 'azl-srpms'))).toHaveLength(1);
    for (const name of ['azl-rpms-x86_64', 'azl-srpms'])
      expect(services.artifacts.daysKept(run.run, name), name).toBe(5);
    const told = packagesOf(run.merged());
    expect(told.filter((one) => one.rpms.length > 0).map(({ name }) => name)).toEqual(['delta']);
    for (const { path } of told.flatMap((one) => one.rpms))
      expect(existsSync(join(run.merged(), 'out', path)), path).toBe(true);
  });

  it('says before it fetches anything that the disk is too small, and by how much', async () => {
    const fill =
      'mkdir -p %{buildroot}/usr/share; head -c 20000000 /dev/urandom > %{buildroot}/usr/share/big';
    const run = await runThere(building('big', `true\n%install\n${fill}`, '/usr/share/big'));
    await run.plan(1);
    expect((await run.shard(1).ended).said).toContain('big: built');
    const merge = await run.merge(1, {}, 15);
    expect(merge.code).toBe(1);
    expect(merge.said).toMatch(
      /The repository needs 4\d MB in \S+build\/cache, where 1\d MB are free\. Free some/,
    );
    expect((await run.merge(1, {}, 60)).code).toBe(0);
  });

  it('publishes part after part where the disk does not hold all', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const run = await runThere(Object.assign({}, ...names.map((name) => large(name))));
    await run.plan(1);
    // Each is published alone, at once: no sign comes between. Two in one artifact would need 60 MB.
    const alone = { 'batch-size': '1', 'heartbeat-interval': '300', 'claim-lease': '600' };
    expect((await run.shard(1, 1, alone).ended).code).toBe(0);
    expect(services.artifacts.names(run.run).filter((name) => /^azl-result-/.test(name))).toHaveLength(4);
    const merge = await run.merge(1, {}, 48);
    expect(merge.code, merge.said).toBe(0);
    expect(merge.said).toMatch(/does not hold all of the repository, 4\d MB: it is published in parts/);
    expect(merge.outputs).toMatchObject({
      'rpms-artifact': 'azl-rpms-x86_64',
      'debuginfo-artifact': 'azl-debuginfo-x86_64',
      'srpms-artifact': 'azl-srpms',
    });
    const parts = ['azl-rpms-x86_64', 'azl-debuginfo-x86_64', 'azl-srpms'];
    const published = await Promise.all(parts.map((part) => filesOf(run, part)));
    const count = (part: number) => rpmsOf(published[part] ?? {}).length;
    expect([count(0), count(1), count(2)]).toEqual([4, 4, 4]);
    for (const part of [0, 1]) expect(published[part]).toHaveProperty('repodata/repomd.xml');
    const made = digests(join(run.dir, 'jobs/shard-1-1'), ['build/cache/store']);
    expect(published.flatMap(rpmsOf).sort()).toEqual(rpmsOf(made).sort());
    expect(digests(run.merged(), ['out/RPMS', 'out/SRPMS'])).toEqual({});
  });

  it('is red when the repository cannot be published, says why, and keeps what was exchanged', async () => {
    const run = await runThere();
    await run.plan(1);
    await run.shard(1).ended;
    services.fail({ call: 'CreateArtifact', times: 50, status: 403 });
    const merge = await run.merge();
    services.heal();
    expect(merge.code).toBe(1);
    expect(merge.said).toContain("The artifact 'azl-rpms-x86_64' cannot be uploaded");
    expect(Object.values(statesOf(run.merged()))).not.toContain('left');
    expect(merge.summary).toContain('### Packages: **5 built**');
    const again = await run.merge(2);
    expect(again.code, again.said).toBe(0);
    expect(names(run)).toEqual(['azl-plan-1', 'azl-rpms-x86_64', 'azl-srpms']);
  });
});

describe('one job that builds all, in a workflow run', () => {
  const alone = async (run: SharedRun, inputs: Inputs = {}) => {
    const environment = { ...services.environment(run.run, 'build'), GITHUB_JOB: 'build' };
    const given = { 'toolchain-dir': toolchainDir, ...inputs };
    return await startBundle('build-packages', given, run.dir, [], environment).ended;
  };

  it('publishes the logs of what failed', async () => {
    const run = await runThere(broken);
    const ended = await alone(run);
    expect(ended.code).toBe(1);
    expect(names(run)).toEqual(['azl-logs-1-build']);
    expect(packagesOf(run.dir)[0]?.logArtifact).toBe('azl-logs-1-build');
    expect(ended.summary).toContain('Its log: `broken.log` in the artifact `azl-logs-1-build`');
  });

  it('which another entry of its matrix leaves alone', async () => {
    const run = await runThere(broken);
    await alone(run);
    const other = await alone(run);
    expect(names(run)).toEqual(['azl-logs-1-build', 'azl-logs-1-build-2']);
    expect(other.summary).toContain('Its log: `broken.log` in the artifact `azl-logs-1-build-2`');
  });

  it('and those of checks that failed', async () => {
    const run = await runThere(building('rude', 'true', '\n%check\necho error: rude >&2; false'));
    const ended = await alone(run, { 'run-check': 'y' });
    expect(ended.code).toBe(1);
    expect(ended.said).toMatch(/^::error file=SPECS\/rude\/rude.spec,line=\d+::.*rude: %25check failed/m);
    expect(Object.keys(await filesOf(run, 'azl-logs-1-build'))).toEqual(['rude.check.log']);
    expect(packagesOf(run.dir)[0]).toMatchObject({ check: 'failed', logArtifact: 'azl-logs-1-build' });
  });
});
